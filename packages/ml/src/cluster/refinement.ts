import { compactLabels, countParts, type CommunityGraph } from './community-graph.js';
import { NeighborWeights, type MovingSettings } from './local-moving.js';

/** Settings of {@link refinePartition}. */
export interface RefinementSettings extends MovingSettings {
  /** Randomness of the merges, \> 0. */
  readonly theta: number;
}

/**
 * Refinement phase of Leiden: within each community, nodes start alone and single nodes that are
 * well connected to their community are merged into well-connected parts, drawn with probability
 * proportional to exp(gain / theta) among the merges that do not lower the quality.
 *
 * A set S of a community C is well connected if w(S, C - S) \>= r K_S (K_C - K_S) / 2m.
 *
 * @param partition - community of each node, 0..K-1
 * @returns part of each node, 0..K'-1; each part lies within one community and is connected
 */
export async function refinePartition(
  graph: CommunityGraph,
  partition: Int32Array,
  settings: RefinementSettings,
): Promise<Int32Array> {
  const { n, strength, total } = graph;
  const { resolution, theta, rng, pacer } = settings;
  const part = Int32Array.from({ length: n }, (_, node) => node);
  const isSingle = new Uint8Array(n).fill(1);
  const volume = strength.slice();
  const communityVolume = new Float64Array(countParts(partition));
  const cut = new Float64Array(n); // weight from each part to the rest of its community
  partition.forEach((c, node) => {
    communityVolume[c]! += strength[node]!;
    cut[node] = weightWithin(graph, node, partition);
  });
  const isWellConnected = (p: number, c: number): boolean => {
    const rest = communityVolume[c]! - volume[p]!;
    return cut[p]! >= (resolution * volume[p]! * rest) / total;
  };
  const neighbors = new NeighborWeights(n);
  for (const [step, node] of rng.permutation(n).entries()) {
    if (step % 512 === 0) await pacer.tick();
    const c = partition[node]!;
    if (!isSingle[node] || total === 0 || !isWellConnected(node, c)) continue;
    neighbors.collect(graph, node, part, (other) => partition[other] === c);
    const candidates: number[] = [];
    const gains: number[] = [];
    for (const p of neighbors.labels()) {
      const gain = neighbors.to(p) - (resolution * strength[node]! * volume[p]!) / total;
      if (p !== node && gain >= 0 && isWellConnected(p, c)) {
        candidates.push(p);
        gains.push(gain);
      }
    }
    const chosen = candidates[drawByExponential(gains, theta, rng)];
    if (chosen !== undefined) {
      cut[chosen]! += cut[node]! - 2 * neighbors.to(chosen);
      volume[chosen]! += strength[node]!;
      part[node] = chosen;
      isSingle[chosen] = 0;
      isSingle[node] = 0;
    }
    neighbors.clear();
  }
  return compactLabels(part);
}

function weightWithin(graph: CommunityGraph, node: number, partition: Int32Array): number {
  let sum = 0;
  for (let e = graph.indptr[node]!; e < graph.indptr[node + 1]!; e++) {
    if (partition[graph.indices[e]!] === partition[node]) sum += graph.weights[e]!;
  }
  return sum;
}

/** Index drawn with probability proportional to exp(gain / theta); -1 if there is none. */
function drawByExponential(
  gains: readonly number[],
  theta: number,
  rng: RefinementSettings['rng'],
): number {
  if (gains.length === 0) return -1;
  const largest = Math.max(...gains);
  const weights = gains.map((gain) => Math.exp((gain - largest) / theta));
  let rest = rng.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of weights.entries()) {
    rest -= weight;
    if (rest < 0) return i;
  }
  return gains.length - 1;
}
