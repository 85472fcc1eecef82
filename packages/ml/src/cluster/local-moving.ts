import type { Pacer, Rng } from '@dance-ts/core';
import { compactLabels, type CommunityGraph } from './community-graph.js';

/** What a pass needs beside graph and partition. */
export interface MovingSettings {
  readonly resolution: number;
  readonly rng: Rng;
  readonly pacer: Pacer;
}

/**
 * Fast local moving: nodes are taken from a queue and moved to the community (or a new one) that
 * gains most; when one moves, its neighbors outside the new community are queued again.
 *
 * @param start - community of each node
 * @returns community of each node, 0..K-1
 */
export async function moveNodes(
  graph: CommunityGraph,
  start: Int32Array,
  { resolution, rng, pacer }: MovingSettings,
): Promise<Int32Array> {
  const { n, indptr, indices, strength, total } = graph;
  const community = compactLabels(start);
  const volume = new Float64Array(n);
  const size = new Int32Array(n);
  community.forEach((c, node) => {
    volume[c]! += strength[node]!;
    size[c]! += 1;
  });
  const empty: number[] = [];
  for (let c = n - 1; c >= 0; c--) if (size[c] === 0) empty.push(c);
  const neighbors = new NeighborWeights(n);
  const queue = new NodeQueue(rng.permutation(n));
  for (let step = 0; queue.length > 0; step++) {
    if (step % 512 === 0) await pacer.tick();
    const node = queue.take();
    const own = community[node]!;
    volume[own]! -= strength[node]!;
    size[own]! -= 1;
    neighbors.collect(graph, node, community);
    const factor = total > 0 ? (resolution * strength[node]!) / total : 0;
    let best = own;
    let bestGain = neighbors.to(own) - factor * volume[own]!;
    for (const c of neighbors.labels()) {
      const gain = neighbors.to(c) - factor * volume[c]!;
      if (gain > bestGain) {
        best = c;
        bestGain = gain;
      }
    }
    if (bestGain < 0 && size[own]! > 0) best = empty.pop() ?? own;
    neighbors.clear();
    volume[best]! += strength[node]!;
    size[best]! += 1;
    if (best === own) continue;
    if (size[own] === 0) empty.push(own);
    community[node] = best;
    for (let e = indptr[node]!; e < indptr[node + 1]!; e++) {
      const other = indices[e]!;
      if (community[other] !== best) queue.add(other);
    }
  }
  return compactLabels(community);
}

/** Weights from one node to the labels around it; reused without being allocated again. */
export class NeighborWeights {
  private readonly sums: Float64Array;
  private readonly touched: Int32Array;
  private count = 0;

  constructor(n: number) {
    this.sums = new Float64Array(n);
    this.touched = new Int32Array(n);
  }

  /** Adds up the edges of `node` by the label of their other end. */
  collect(
    graph: CommunityGraph,
    node: number,
    labels: Int32Array,
    include: (other: number) => boolean = () => true,
  ): void {
    for (let e = graph.indptr[node]!; e < graph.indptr[node + 1]!; e++) {
      const other = graph.indices[e]!;
      if (!include(other)) continue;
      const label = labels[other]!;
      if (this.sums[label] === 0) this.touched[this.count++] = label;
      this.sums[label]! += graph.weights[e]!;
    }
  }

  /** Labels met, in the order of the edges. */
  labels(): Int32Array {
    return this.touched.subarray(0, this.count);
  }

  /** Weight to a label. */
  to(label: number): number {
    return this.sums[label]!;
  }

  /** Forgets the node. */
  clear(): void {
    for (const label of this.labels()) this.sums[label] = 0;
    this.count = 0;
  }
}

/** First in, first out; a node waits at most once. */
class NodeQueue {
  private head = 0;
  private readonly waiting: Uint8Array;
  length: number;

  constructor(private readonly nodes: Int32Array) {
    this.length = nodes.length;
    this.waiting = new Uint8Array(nodes.length).fill(1);
  }

  take(): number {
    const node = this.nodes[this.head]!;
    this.head = (this.head + 1) % this.nodes.length;
    this.length -= 1;
    this.waiting[node] = 0;
    return node;
  }

  add(node: number): void {
    if (this.waiting[node]) return;
    this.waiting[node] = 1;
    this.nodes[(this.head + this.length) % this.nodes.length] = node;
    this.length += 1;
  }
}
