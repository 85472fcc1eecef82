import { Pacer, ParamError, type CsrMatrix, type Rng, type RunOptions } from '@dance-ts/core';
import {
  aggregateGraph,
  communityGraph,
  communityQuality,
  compactLabels,
  countParts,
  labelsBySize,
  type CommunityGraph,
} from './community-graph.js';
import { moveNodes } from './local-moving.js';
import { refinePartition } from './refinement.js';

/** Options of {@link leiden} and of `louvain`. */
export interface CommunityOptions extends RunOptions {
  readonly rng: Rng;
  /** Higher values give more communities, default 1. */
  readonly resolution?: number;
}

/** Options of {@link leiden}. */
export interface LeidenOptions extends CommunityOptions {
  /** Passes over all levels; -1 (default) repeats until the quality no longer grows. */
  readonly nIterations?: number;
  /** Randomness of the refinement in units of edge weight, \> 0, default 0.01. */
  readonly theta?: number;
}

/** Communities of a graph. */
export interface Communities {
  /** Community of each node, 0..K-1 by decreasing size. */
  readonly labels: Int32Array;
  /** Modularity at the resolution used. */
  readonly modularity: number;
}

const GAIN_TOLERANCE = 1e-10;

/**
 * Leiden communities (Traag, Waltman & van Eck, From Louvain to Leiden, Scientific Reports 9,
 * 2019) of a weighted undirected graph, maximizing modularity with resolution: fast local moving,
 * refinement by randomized merges within well-connected communities, aggregation of the refined
 * parts. Every community is connected.
 *
 * @param adjacency - symmetric, weights \>= 0
 * @throws DataError if it is not; AbortError
 */
export async function leiden(adjacency: CsrMatrix, options: LeidenOptions): Promise<Communities> {
  const { rng, resolution = 1, nIterations = -1, theta = 0.01 } = options;
  if (!(resolution > 0) || !(theta > 0)) {
    throw new ParamError('leiden: resolution and theta', {
      got: `${resolution} and ${theta}`,
      expected: 'numbers > 0',
    });
  }
  const graph = communityGraph(adjacency);
  const settings = { resolution, theta, rng, pacer: new Pacer(options.signal) };
  let labels: Int32Array = Int32Array.from({ length: graph.n }, (_, i) => i);
  let reached = communityQuality(graph, labels, resolution);
  for (let iteration = 0; iteration !== nIterations; iteration++) {
    const next = await oneIteration(graph, labels, settings);
    const quality = communityQuality(graph, next, resolution);
    if (quality < reached) break;
    labels = next;
    if (quality - reached < GAIN_TOLERANCE) break;
    reached = quality;
  }
  return {
    labels: labelsBySize(labels),
    modularity: communityQuality(graph, labels, resolution),
  };
}

interface Settings {
  readonly resolution: number;
  readonly theta: number;
  readonly rng: Rng;
  readonly pacer: Pacer;
}

/** Moves, refines and aggregates until each community is a single node. */
async function oneIteration(
  base: CommunityGraph,
  start: Int32Array,
  settings: Settings,
): Promise<Int32Array> {
  let graph = base;
  let partition: Int32Array = start;
  let nodeOf = Int32Array.from({ length: base.n }, (_, i) => i);
  for (;;) {
    partition = await moveNodes(graph, partition, settings);
    if (countParts(partition) === graph.n) break;
    const refined = await refinePartition(graph, partition, settings);
    const coarse = aggregateGraph(graph, refined);
    if (coarse.n === graph.n) break;
    const coarsePartition = new Int32Array(coarse.n);
    refined.forEach((part, node) => {
      coarsePartition[part] = partition[node]!;
    });
    nodeOf = nodeOf.map((node) => refined[node]!);
    graph = coarse;
    partition = coarsePartition;
  }
  return compactLabels(nodeOf.map((node) => partition[node]!));
}
