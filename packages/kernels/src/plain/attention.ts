import {
  checkEdgeSoftmax,
  checkEdgeSoftmaxGradient,
  checkGatAggregate,
  checkGatAggregateGradient,
} from '../checks/graph.js';
import type {
  EdgeSoftmaxArgs,
  EdgeSoftmaxGradientArgs,
  GatAggregateArgs,
  GatAggregateGradientArgs,
} from '../contract/graph.js';
import { plainEdgeAggregate, plainSddmm } from './sddmm.js';

/** Softmax over the edges of each row and head; `out` may be `logits`. */
export function plainEdgeSoftmax(args: EdgeSoftmaxArgs): void {
  checkEdgeSoftmax(args);
  const { nRows, indptr, heads, logits, out } = args;
  for (let row = 0; row < nRows; row++) {
    const end = indptr[row + 1]! * heads;
    for (let head = 0; head < heads; head++) {
      const first = indptr[row]! * heads + head;
      let maximum = -Infinity;
      for (let e = first; e < end; e += heads) maximum = Math.max(maximum, logits[e]!);
      let sum = 0;
      for (let e = first; e < end; e += heads) {
        out[e] = Math.exp(logits[e]! - maximum);
        sum += out[e]!;
      }
      for (let e = first; e < end; e += heads) out[e]! /= sum;
    }
  }
}

/** `dLogits = p (dOut - sum of p dOut)` for each row and head; `dLogits` may be `dOut`. */
export function plainEdgeSoftmaxGradient(args: EdgeSoftmaxGradientArgs): void {
  checkEdgeSoftmaxGradient(args);
  const { nRows, indptr, heads, probabilities, dOut, dLogits } = args;
  for (let row = 0; row < nRows; row++) {
    const end = indptr[row + 1]! * heads;
    for (let head = 0; head < heads; head++) {
      const first = indptr[row]! * heads + head;
      let dot = 0;
      for (let e = first; e < end; e += heads) dot += probabilities[e]! * dOut[e]!;
      for (let e = first; e < end; e += heads) dLogits[e] = probabilities[e]! * (dOut[e]! - dot);
    }
  }
}

/** Graph attention, one step after the other. */
export function plainGatAggregate(args: GatAggregateArgs): void {
  checkGatAggregate(args);
  const { nRows, indptr, indices, heads, width, z, attention, out } = args;
  for (let row = 0; row < nRows; row++) {
    for (let entry = indptr[row]!; entry < indptr[row + 1]!; entry++) scoreEdge(args, row, entry);
  }
  plainEdgeSoftmax({ nRows, indptr, heads, logits: attention, out: attention });
  plainEdgeAggregate({ nRows, indptr, indices, weights: attention, x: z, heads, width, out });
}

/** Puts f(source + target) of an edge into `attention`, f' into `slopes`. */
function scoreEdge(args: GatAggregateArgs, row: number, entry: number): void {
  const { indices, heads, source, target, activation, negativeSlope = 0.2 } = args;
  for (let head = 0; head < heads; head++) {
    const edge = entry * heads + head;
    const score = Math.fround(
      source[indices[entry]! * heads + head]! + target[row * heads + head]!,
    );
    if (activation === 'sigmoid') {
      const e = Math.exp(-Math.abs(score));
      args.attention[edge] = (score < 0 ? e : 1) / (1 + e);
      args.slopes[edge] = e / (1 + e) ** 2;
    } else {
      const slope = score > 0 ? 1 : negativeSlope;
      args.attention[edge] = slope * score;
      args.slopes[edge] = slope;
    }
  }
}

/** Gradients of graph attention, one step after the other. */
export function plainGatAggregateGradient(args: GatAggregateGradientArgs): void {
  checkGatAggregateGradient(args);
  const { nRows, nColumns, indptr, indices, byColumn, heads, width } = args;
  const { z, attention, slopes, dOut, dAttention, dScores } = args;
  plainSddmm({ nRows, indptr, indices, a: dOut, b: z, heads, width, out: dScores });
  const [first, end] = nRows === 0 ? [0, 0] : [indptr[0]! * heads, indptr[nRows]! * heads];
  if (dAttention !== undefined) {
    for (let e = first; e < end; e++) dScores[e]! += dAttention[e]!;
  }
  const probabilities = attention;
  plainEdgeSoftmaxGradient({
    ...{ nRows, indptr, heads, probabilities, dOut: dScores, dLogits: dScores },
  });
  for (let e = first; e < end; e++) dScores[e]! *= slopes[e]!;
  sumEdges(nRows, indptr, heads, undefined, dScores, args.dTarget);
  sumEdges(nColumns, byColumn.indptr, heads, byColumn.entries, dScores, args.dSource);
  plainEdgeAggregate({
    ...{ nRows: nColumns, indptr: byColumn.indptr, indices: byColumn.rows },
    ...{ entries: byColumn.entries, weights: attention, x: dOut, heads, width, out: args.dZ },
  });
}

function sumEdges(
  n: number,
  indptr: Int32Array,
  heads: number,
  entries: Int32Array | undefined,
  values: Float32Array,
  out: Float32Array,
): void {
  for (let node = 0; node < n; node++) {
    for (let head = 0; head < heads; head++) {
      let sum = 0;
      for (let t = indptr[node]!; t < indptr[node + 1]!; t++) {
        sum += values[(entries === undefined ? t : entries[t]!) * heads + head]!;
      }
      out[node * heads + head] = sum;
    }
  }
}
