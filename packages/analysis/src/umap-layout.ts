import { Pacer, type CsrMatrix, type Reporter, type Rng } from '@dance-ts/core';
import type { SimilarityCurve } from './umap-curve.js';
import { attraction, repulsion, type DistanceTable } from './umap-forces.js';

// Looked up once: in a sandbox such as a test runner's, each look-up of a global is slow.
const { floor } = Math;

/** Settings of {@link optimizeLayout}. */
export interface LayoutOptions {
  /** Coordinates a point. */
  readonly nComponents: number;
  readonly nEpochs: number;
  readonly learningRate: number;
  /** Points pushed away for each neighbor drawn near. */
  readonly negativeSampleRate: number;
  readonly curve: SimilarityCurve;
  readonly rng: Rng;
  readonly signal?: AbortSignal | undefined;
  readonly reporter?: Reporter | undefined;
}

/** A step moves no coordinate by more than this times the learning rate. */
const LARGEST_FORCE = 4;
/** Edges between looks at the clock. */
const EDGES_PER_TICK = 8192;

/** The edges that are sampled at least once, and how many epochs pass between two samples. */
interface EdgeSchedule {
  readonly heads: Int32Array;
  readonly tails: Int32Array;
  readonly interval: Float64Array;
  /** Epoch of the next sample. */
  readonly next: Float64Array;
}

/**
 * Moves points by stochastic gradient descent on the cross entropy between the weights of a graph
 * and the similarities 1 / (1 + a d^(2b)) in the picture (McInnes, Healy & Melville, UMAP,
 * arXiv:1802.03426, algorithm 5): an edge of weight w is sampled in a share w / max(w) of the
 * epochs, draws its two points together and pushes its first from points chosen at random; the
 * learning rate falls to 0 linearly.
 *
 * @param graph - symmetric weights >= 0, [n, n]
 * @param points - [n * nComponents], moved in place
 * @throws AbortError
 */
export async function optimizeLayout(
  graph: CsrMatrix,
  points: Float64Array,
  options: LayoutOptions,
): Promise<void> {
  const { nEpochs, learningRate, signal, reporter } = options;
  const schedule = scheduleOf(graph, nEpochs);
  const mover = new Mover(points, options);
  const pacer = new Pacer(signal);
  const nEdges = schedule.heads.length;
  for (let epoch = 1; epoch <= nEpochs; epoch++) {
    const rate = learningRate * (1 - (epoch - 1) / nEpochs);
    for (let from = 0; from < nEdges; from += EDGES_PER_TICK) {
      await pacer.tick();
      mover.sampleEdges(schedule, from, Math.min(nEdges, from + EDGES_PER_TICK), epoch, rate);
    }
    reporter?.progress({ task: 'umap: epoch', done: epoch, total: nEpochs });
  }
}

function scheduleOf(graph: CsrMatrix, nEpochs: number): EdgeSchedule {
  const largest = graph.data.reduce((most, weight) => Math.max(most, weight), 0);
  const heads = new Int32Array(graph.nnz);
  const tails = new Int32Array(graph.nnz);
  const interval = new Float64Array(graph.nnz);
  let count = 0;
  for (let i = 0; i < graph.nRows; i++) {
    const { indices, data } = graph.row(i);
    for (let e = 0; e < indices.length; e++) {
      if (indices[e] === i || data[e]! * nEpochs < largest) continue;
      heads[count] = i;
      tails[count] = indices[e]!;
      interval[count++] = largest / data[e]!;
    }
  }
  return {
    heads: heads.subarray(0, count),
    tails: tails.subarray(0, count),
    interval: interval.subarray(0, count),
    next: interval.slice(0, count),
  };
}

/** Moves points by the forces between them. */
class Mover {
  private readonly n: number;
  private readonly dim: number;
  private readonly negatives: number;
  private readonly rng: Rng;
  private readonly near: DistanceTable;
  private readonly far: DistanceTable;

  constructor(
    private readonly points: Float64Array,
    { nComponents, negativeSampleRate, curve, rng }: LayoutOptions,
  ) {
    this.dim = nComponents;
    this.n = points.length / nComponents;
    this.negatives = negativeSampleRate;
    this.rng = rng;
    this.near = attraction(curve);
    this.far = repulsion(curve);
  }

  /** Samples those of the edges whose turn it is. */
  sampleEdges(
    { heads, tails, interval, next }: EdgeSchedule,
    from: number,
    to: number,
    epoch: number,
    rate: number,
  ): void {
    const { n, dim, negatives, rng } = this;
    for (let e = from; e < to; e++) {
      if (next[e]! > epoch) continue;
      next[e]! += interval[e]!;
      const head = heads[e]! * dim;
      this.drawTogether(head, tails[e]! * dim, rate);
      for (let s = 0; s < negatives; s++) {
        this.driveFrom(head, floor((rng.uint32() / 4294967296) * n) * dim, rate);
      }
    }
  }

  /** Both points move. */
  private drawTogether(p: number, q: number, rate: number): void {
    const { points, dim } = this;
    const squared = this.squaredDistance(p, q);
    if (!(squared > 0)) return;
    const factor = this.near.at(squared);
    for (let d = 0; d < dim; d++) {
      const step = clipped(factor * (points[p + d]! - points[q + d]!)) * rate;
      points[p + d]! += step;
      points[q + d]! -= step;
    }
  }

  /** Only the first point moves; points at the same place do not. */
  private driveFrom(p: number, q: number, rate: number): void {
    const { points, dim } = this;
    const squared = this.squaredDistance(p, q);
    if (!(squared > 0)) return;
    const factor = this.far.at(squared);
    for (let d = 0; d < dim; d++) {
      points[p + d]! += clipped(factor * (points[p + d]! - points[q + d]!)) * rate;
    }
  }

  private squaredDistance(p: number, q: number): number {
    const { points, dim } = this;
    let sum = 0;
    for (let d = 0; d < dim; d++) {
      const difference = points[p + d]! - points[q + d]!;
      sum += difference * difference;
    }
    return sum;
  }
}

function clipped(force: number): number {
  return force > LARGEST_FORCE ? LARGEST_FORCE : force < -LARGEST_FORCE ? -LARGEST_FORCE : force;
}
