import {
  checkEdgeAggregate,
  checkEdgeSoftmax,
  checkEdgeSoftmaxGradient,
  checkGatAggregate,
  checkGatAggregateGradient,
  checkSddmm,
  checkSegmentMax,
  checkSegmentMaxGradient,
} from '../checks/graph.js';
import type { GraphKernels } from '../contract/graph.js';
import type { WasmHeap } from './wasm-heap.js';

/**
 * Exports of `assembly/sddmm.ts`, `assembly/attention.ts` and `assembly/segments.ts`: sizes, then
 * addresses in the order they are lent below.
 */
export interface GraphExports {
  sddmm(nRows: number, heads: number, width: number, ...pointers: number[]): void;
  /** Address 0 of `entries`: each entry has its own weight. */
  edgeAggregate(nRows: number, heads: number, width: number, ...pointers: number[]): void;
  edgeSoftmax(nRows: number, heads: number, ...pointers: number[]): void;
  edgeSoftmaxGradient(nRows: number, heads: number, ...pointers: number[]): void;
  /** Last come whether f is the sigmoid (1 or 0) and the slope of the LeakyReLU it is otherwise. */
  gatAggregate(nRows: number, heads: number, width: number, ...pointers: number[]): void;
  /** Address 0 of `dAttention`: none. */
  gatAggregateGradient(
    nRows: number,
    nColumns: number,
    heads: number,
    width: number,
    ...pointers: number[]
  ): void;
  segmentMax(nSegments: number, width: number, ...pointers: number[]): void;
  segmentMaxGradient(nSegments: number, width: number, nRows: number, ...pointers: number[]): void;
}

/** Computations along the edges of a graph, on a heap. */
export function graphKernels(module: GraphExports, heap: WasmHeap): GraphKernels {
  return {
    sddmm(args) {
      checkSddmm(args);
      const { nRows, heads, width, indptr, indices, a, b, out } = args;
      heap.call({ read: [indptr, indices, a, b], write: [out] }, (...pointers) => {
        module.sddmm(nRows, heads, width, ...pointers);
      });
    },
    edgeAggregate(args) {
      checkEdgeAggregate(args);
      const { nRows, heads, width, indptr, indices, entries, weights, x, out } = args;
      const lent = { read: [indptr, indices, entries, weights, x], write: [out] };
      heap.call(lent, (...pointers) => {
        module.edgeAggregate(nRows, heads, width, ...pointers);
      });
    },
    edgeSoftmax(args) {
      checkEdgeSoftmax(args);
      const { nRows, heads, indptr, logits, out } = args;
      heap.call({ read: [indptr, logits], write: [out] }, (...pointers) => {
        module.edgeSoftmax(nRows, heads, ...pointers);
      });
    },
    edgeSoftmaxGradient(args) {
      checkEdgeSoftmaxGradient(args);
      const { nRows, heads, indptr, probabilities, dOut, dLogits } = args;
      const lent = { read: [indptr, probabilities, dOut], write: [dLogits] };
      heap.call(lent, (...pointers) => {
        module.edgeSoftmaxGradient(nRows, heads, ...pointers);
      });
    },
    gatAggregate(args) {
      checkGatAggregate(args);
      const { nRows, heads, width, indptr, indices, z, source, target } = args;
      const { activation, negativeSlope = 0.2, attention, slopes, out } = args;
      const lent = { read: [indptr, indices, z, source, target], write: [attention, slopes, out] };
      const f = [activation === 'sigmoid' ? 1 : 0, negativeSlope];
      heap.call(lent, (...pointers) => {
        module.gatAggregate(nRows, heads, width, ...pointers, ...f);
      });
    },
    gatAggregateGradient(args) {
      checkGatAggregateGradient(args);
      const { nRows, nColumns, heads, width, indptr, indices, byColumn } = args;
      const { z, attention, slopes, dOut, dAttention, dScores, dZ, dSource, dTarget } = args;
      const { indptr: columnIndptr, rows, entries } = byColumn;
      const edges = [indptr, indices, columnIndptr, rows, entries];
      const lent = {
        read: [...edges, z, attention, slopes, dOut, dAttention],
        write: [dScores, dZ, dSource, dTarget],
      };
      heap.call(lent, (...pointers) => {
        module.gatAggregateGradient(nRows, nColumns, heads, width, ...pointers);
      });
    },
    segmentMax(args) {
      checkSegmentMax(args);
      const { nSegments, width, indptr, indices, x, out, argmax } = args;
      heap.call({ read: [indptr, indices, x], write: [out, argmax] }, (...pointers) => {
        module.segmentMax(nSegments, width, ...pointers);
      });
    },
    segmentMaxGradient(args) {
      checkSegmentMaxGradient(args);
      const { nSegments, nRows, width, argmax, dOut, dX } = args;
      heap.call({ read: [argmax, dOut], write: [dX] }, (...pointers) => {
        module.segmentMaxGradient(nSegments, width, nRows, ...pointers);
      });
    },
  };
}
