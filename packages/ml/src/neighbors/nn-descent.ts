import type { DenseMatrix, Pacer, Rng, RunOptions } from '@dance-ts/core';
import type { Kernels } from '@dance-ts/kernels';
import type { NeighborLists } from './neighbor-lists.js';

/** What {@link descend} needs to know. */
export interface DescentOptions extends RunOptions {
  readonly kernels: Kernels;
  readonly pacer: Pacer;
  readonly rng: Rng;
}

/** Neighbors of a point, and points it is a neighbor of, that meet in one round. */
const CANDIDATES = 40;
const MAX_ROUNDS = 12;
/** Share of all neighbors; when fewer change in a round, it was the last. */
const ENOUGH = 0.001;
/** Points between two ticks of the pacer. */
const BLOCK = 256;

/**
 * Improves lists of neighbors until few change: NN-descent (Dong, Charikar & Li, "Efficient
 * k-nearest neighbor graph construction for generic similarity measures", WWW 2011, algorithm 2).
 * In each round the neighbors of a point and those it is a neighbor of are compared with each
 * other, as a neighbor's neighbor is likely to be one; pairs that have met before are left out.
 *
 * @param X - [n, d], finite
 * @param lists - k different neighbors of each row, nearest first; changed in place
 * @throws AbortError
 */
export async function descend(
  X: DenseMatrix,
  lists: NeighborLists,
  { kernels, pacer, rng, reporter }: DescentOptions,
): Promise<void> {
  const { nRows: n, nCols: dim } = X;
  const graph = new NeighborGraph(lists, n);
  const fresh = new CandidateSets(n);
  const known = new CandidateSets(n);
  const rows = new Float32Array(2 * CANDIDATES * dim);
  const distances = new Float32Array(2 * CANDIDATES * CANDIDATES);
  const members = new Int32Array(2 * CANDIDATES);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    graph.drawCandidates(fresh, known, rng);
    let nChanges = 0;
    for (let point = 0; point < n; point++) {
      if (point % BLOCK === 0) await pacer.tick();
      const nFresh = fresh.appendTo(members, 0, point);
      const nAll = known.appendTo(members, nFresh, point);
      if (nFresh === 0 || nAll < 2) continue;
      for (let m = 0; m < nAll; m++) {
        const start = members[m]! * dim;
        rows.set(X.data.subarray(start, start + dim), m * dim);
      }
      kernels.squaredDistances({ a: rows, nA: nFresh, b: rows, nB: nAll, dim, out: distances });
      for (let a = 0; a < nFresh; a++) {
        for (let b = a + 1; b < nAll; b++) {
          nChanges += graph.meet(members[a]!, members[b]!, distances[a * nAll + b]!);
        }
      }
    }
    reporter?.progress({ task: 'neighbors', done: round + 1, total: MAX_ROUNDS });
    if (nChanges < ENOUGH * lists.indices.length) return;
  }
}

/** Lists of neighbors, and which of them their point has not been compared through yet. */
class NeighborGraph {
  private readonly indices: Int32Array;
  private readonly squared: Float32Array;
  private readonly isFresh: Uint8Array;
  private readonly k: number;

  constructor(
    lists: NeighborLists,
    private readonly n: number,
  ) {
    this.indices = lists.indices;
    this.squared = lists.squared;
    this.isFresh = new Uint8Array(lists.indices.length).fill(1);
    this.k = lists.indices.length / n;
  }

  /** Draws who meets at each point, in both directions of the links. */
  drawCandidates(fresh: CandidateSets, known: CandidateSets, rng: Rng): void {
    const { indices, isFresh, k, n } = this;
    fresh.clear();
    known.clear();
    for (let e = 0; e < n * k; e++) {
      const sets = isFresh[e] === 1 ? fresh : known;
      const point = Math.floor(e / k);
      sets.offer(point, indices[e]!, rng);
      sets.offer(indices[e]!, point, rng);
    }
    for (let e = 0; e < n * k; e++) {
      if (isFresh[e] === 1 && fresh.has(Math.floor(e / k), indices[e]!)) isFresh[e] = 0;
    }
  }

  /** Lets two points know each other; how many of their lists change. */
  meet(a: number, b: number, squared: number): number {
    if (a === b) return 0;
    return this.insert(a, b, squared) + this.insert(b, a, squared);
  }

  private insert(point: number, other: number, squared: number): 0 | 1 {
    const first = point * this.k;
    const last = first + this.k - 1;
    if (!(squared < this.squared[last]!)) return 0;
    for (let e = first; e <= last; e++) if (this.indices[e] === other) return 0;
    let e = last;
    for (; e > first && squared < this.squared[e - 1]!; e--) {
      this.indices[e] = this.indices[e - 1]!;
      this.squared[e] = this.squared[e - 1]!;
      this.isFresh[e] = this.isFresh[e - 1]!;
    }
    this.indices[e] = other;
    this.squared[e] = squared;
    this.isFresh[e] = 1;
    return 1;
  }
}

/** A sample of at most {@link CANDIDATES} points for each point. */
class CandidateSets {
  private readonly members: Int32Array;
  /** How many were offered. */
  private readonly offered: Int32Array;

  constructor(n: number) {
    this.members = new Int32Array(n * CANDIDATES);
    this.offered = new Int32Array(n);
  }

  clear(): void {
    this.offered.fill(0);
  }

  /** Takes a candidate, or not: all offered are as likely to stay (reservoir sampling). */
  offer(point: number, candidate: number, rng: Rng): void {
    const count = this.offered[point]!;
    this.offered[point]! += 1;
    const place = count < CANDIDATES ? count : rng.int(count + 1);
    if (place < CANDIDATES) this.members[point * CANDIDATES + place] = candidate;
  }

  has(point: number, candidate: number): boolean {
    const start = point * CANDIDATES;
    for (let e = start; e < start + this.count(point); e++) {
      if (this.members[e] === candidate) return true;
    }
    return false;
  }

  /** Writes the candidates of a point that are not among the first `end` of `out`; the new end. */
  appendTo(out: Int32Array, end: number, point: number): number {
    const start = point * CANDIDATES;
    let next = end;
    for (let e = start; e < start + this.count(point); e++) {
      const candidate = this.members[e]!;
      let m = 0;
      while (m < next && out[m] !== candidate) m++;
      if (m === next) out[next++] = candidate;
    }
    return next;
  }

  private count(point: number): number {
    return Math.min(CANDIDATES, this.offered[point]!);
  }
}
