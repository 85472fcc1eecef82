import { describe, expect, test } from '@jest/globals';
import { AbortError, CsrMatrix, DataError, ParamError, Rng } from '@dance-ts/core';
import { adjustedRand } from '../testing/adjusted-rand.js';
import { goldenCases } from '../testing/golden.js';
import { communityGraph, communityQuality } from './community-graph.js';
import { leiden } from './leiden.js';
import { louvain } from './louvain.js';

interface CommunityCase {
  name: string;
  n: number;
  edges: [number, number][];
  weights: number[] | null;
  resolution: number;
  best_known: number;
  required_lower_bound_single_run: number;
  required_lower_bound_best_of_10: number;
  n_communities_best_leiden: number;
  truth: number[];
  truth_modularity: number;
  required_ari_vs_truth_best_of_10_by_modularity: number;
  fixed_partition: number[];
  fixed_partition_modularity: number;
  'fixed_partition_modularity_resolution_0.5': number;
  all_in_one_modularity: number;
  singletons_modularity: number;
}

const CASES = (goldenCases('community') as CommunityCase[]).map((c) => [c.name, c] as const);

function undirected(n: number, edges: [number, number][], weights?: number[] | null): CsrMatrix {
  const w = weights ?? edges.map(() => 1);
  return CsrMatrix.fromTriplets(
    n,
    n,
    [...edges.map(([a]) => a), ...edges.map(([, b]) => b)],
    [...edges.map(([, b]) => b), ...edges.map(([a]) => a)],
    [...w, ...w],
  );
}

function adjacencyOf(c: CommunityCase): CsrMatrix {
  return undirected(c.n, c.edges, c.weights);
}

describe('modularity of fixed partitions equals networkx', () => {
  test.each(CASES)('%s', (_, c) => {
    const graph = communityGraph(adjacencyOf(c));
    const { n, resolution } = c;
    const fixed = Int32Array.from(c.fixed_partition);
    const quality = (labels: Int32Array, r = resolution): number =>
      communityQuality(graph, labels, r);
    expect(quality(fixed)).toBeCloseTo(c.fixed_partition_modularity, 6);
    expect(quality(Int32Array.from(c.truth))).toBeCloseTo(c.truth_modularity, 6);
    expect(quality(fixed, 0.5)).toBeCloseTo(c['fixed_partition_modularity_resolution_0.5'], 6);
    expect(quality(new Int32Array(n), 1)).toBeCloseTo(c.all_in_one_modularity, 6);
    const alone = Int32Array.from({ length: n }, (__, i) => i);
    expect(quality(alone, 1)).toBeCloseTo(c.singletons_modularity, 6);
  });
});

describe.each([
  ['leiden', leiden],
  ['louvain', louvain],
] as const)('%s', (method, detect) => {
  test.each(CASES)('%s: as good as the reference', async (_, c) => {
    const adjacency = adjacencyOf(c);
    const found: number[] = [];
    let best: Int32Array = new Int32Array(0);
    for (let seed = 0; seed < 10; seed++) {
      const rng = Rng.fromSeed(seed);
      const { labels, modularity } = await detect(adjacency, { rng, resolution: c.resolution });
      expect(modularity).toBeCloseTo(
        communityQuality(communityGraph(adjacency), labels, c.resolution),
        12,
      );
      if (modularity > Math.max(...found)) best = labels;
      found.push(modularity);
    }
    // graphology's Louvain may stop a little below networkx's; Leiden may not.
    const slack = method === 'leiden' ? 0 : 0.005;
    expect(Math.min(...found)).toBeGreaterThanOrEqual(c.required_lower_bound_single_run - slack);
    expect(Math.max(...found)).toBeGreaterThanOrEqual(c.required_lower_bound_best_of_10 - slack);
    expect(Math.max(...found)).toBeLessThanOrEqual(c.best_known + 1e-6);
    expect(adjustedRand(c.truth, best)).toBeGreaterThanOrEqual(
      c.required_ari_vs_truth_best_of_10_by_modularity,
    );
    if (method === 'leiden') expect(new Set(best).size).toBe(c.n_communities_best_leiden);
  });

  test('same seed, same labels; larger communities come first', async () => {
    const adjacency = adjacencyOf(CASES[2]![1]);
    const run = async (): Promise<number[]> => [
      ...(await detect(adjacency, { rng: Rng.fromSeed(3) })).labels,
    ];
    const labels = await run();
    expect(await run()).toEqual(labels);
    const sizes = labels.reduce<number[]>((counts, label) => {
      counts[label] = (counts[label] ?? 0) + 1;
      return counts;
    }, []);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  });

  test('a graph without edges has only single nodes', async () => {
    const { labels, modularity } = await detect(undirected(4, []), { rng: Rng.fromSeed(0) });
    expect([...labels].sort()).toEqual([0, 1, 2, 3]);
    expect(modularity).toBe(0);
  });

  test('refuses what is no undirected graph', async () => {
    const rng = Rng.fromSeed(0);
    const oneWay = CsrMatrix.fromTriplets(2, 2, [0], [1], [1]);
    const negative = undirected(2, [[0, 1]], [-1]);
    const oblong = CsrMatrix.fromTriplets(2, 3, [], [], []);
    for (const graph of [oneWay, negative, oblong]) {
      await expect(detect(graph, { rng })).rejects.toThrow(DataError);
    }
  });
});

describe('leiden', () => {
  test('every community is connected', async () => {
    for (let seed = 0; seed < 5; seed++) {
      const adjacency = randomGraph(400, 900, Rng.fromSeed(seed));
      const { labels } = await leiden(adjacency, { rng: Rng.fromSeed(seed) });
      expect(disconnectedCommunities(adjacency, labels)).toEqual([]);
    }
  });

  test('not below Louvain on random graphs', async () => {
    for (let seed = 0; seed < 5; seed++) {
      const adjacency = randomGraph(300, 1200, Rng.fromSeed(10 + seed));
      const ours = await leiden(adjacency, { rng: Rng.fromSeed(seed) });
      const theirs = await louvain(adjacency, { rng: Rng.fromSeed(seed) });
      expect(ours.modularity).toBeGreaterThan(theirs.modularity - 0.005);
    }
  });

  test('a higher resolution gives more communities', async () => {
    const adjacency = randomGraph(300, 1500, Rng.fromSeed(5));
    const counts = [];
    for (const resolution of [0.3, 1, 3]) {
      const { labels } = await leiden(adjacency, { rng: Rng.fromSeed(0), resolution });
      counts.push(new Set(labels).size);
    }
    expect(counts[0]).toBeLessThan(counts[1]!);
    expect(counts[1]).toBeLessThan(counts[2]!);
  });

  test('refuses a resolution that is not positive, and stops when asked to', async () => {
    const adjacency = randomGraph(50, 100, Rng.fromSeed(0));
    const rng = Rng.fromSeed(0);
    await expect(leiden(adjacency, { rng, resolution: 0 })).rejects.toThrow(ParamError);
    const signal = AbortSignal.abort();
    await expect(leiden(adjacency, { rng, signal })).rejects.toThrow(AbortError);
  });
});

function randomGraph(n: number, nEdges: number, rng: Rng): CsrMatrix {
  const edges = new Map<string, [number, number]>();
  while (edges.size < nEdges) {
    const a = rng.int(n);
    const b = rng.int(n);
    if (a < b) edges.set(`${a}-${b}`, [a, b]);
  }
  return undirected(n, [...edges.values()]);
}

function disconnectedCommunities(adjacency: CsrMatrix, labels: Int32Array): number[] {
  const seen = new Uint8Array(labels.length);
  const begun = new Set<number>();
  const disconnected: number[] = [];
  labels.forEach((label, start) => {
    if (seen[start]) return;
    if (begun.has(label)) disconnected.push(label);
    begun.add(label);
    const stack = [start];
    seen[start] = 1;
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      for (const other of adjacency.row(node).indices) {
        if (labels[other] === label && !seen[other]) {
          seen[other] = 1;
          stack.push(other);
        }
      }
    }
  });
  return disconnected;
}
