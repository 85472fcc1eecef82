import {
  checkGatherRows,
  checkGemm,
  checkNearest,
  checkSegmentSum,
  checkSpmm,
  checkSquaredDistances,
} from '../checks/matrix.js';
import type { MatrixKernels } from '../contract/matrix.js';
import type { ModuleExports } from './module-exports.js';
import type { WasmHeap } from './wasm-heap.js';

/** Products, distances and rows on a heap. */
export function matrixKernels(module: ModuleExports, heap: WasmHeap): MatrixKernels {
  return {
    gemm(args) {
      checkGemm(args);
      const { m, n, k, a, transposeA = false, b, transposeB = false, out } = args;
      const { accumulate = false } = args;
      heap.call({ read: [a, b], write: [out] }, (aPtr, bPtr, outPtr) => {
        const { workspace } = heap;
        module.gemm(m, n, k, aPtr, transposeA, bPtr, transposeB, outPtr, accumulate, workspace);
      });
    },
    spmm(args) {
      checkSpmm(args);
      const { nRows, indptr, indices, values, x, width, out } = args;
      const lent = { read: [indptr, indices, values, x], write: [out] };
      heap.call(lent, (indptrPtr, indicesPtr, valuesPtr, xPtr, outPtr) => {
        module.spmm(nRows, indptrPtr, indicesPtr, valuesPtr, xPtr, width, outPtr);
      });
    },
    squaredDistances(args) {
      checkSquaredDistances(args);
      const { a, nA, b, nB, dim, out } = args;
      heap.call({ read: [a, b], write: [out] }, (aPtr, bPtr, outPtr) => {
        module.squaredDistances(nA, nB, dim, aPtr, bPtr, outPtr, heap.workspace);
      });
    },
    nearest(args) {
      checkNearest(args);
      const { nQueries, nPoints, dim, k, firstQuery = -1 } = args;
      const lent = {
        read: [args.queries, args.points],
        write: [args.outIndices, args.outDistances],
      };
      heap.call(lent, (queries, points, indices, distances) => {
        const { workspace } = heap;
        module.nearest(
          nQueries,
          queries,
          nPoints,
          points,
          dim,
          k,
          firstQuery,
          indices,
          distances,
          workspace,
        );
      });
    },
    gatherRows(args) {
      checkGatherRows(args);
      const { indices, source, width, out } = args;
      heap.call({ read: [indices, source], write: [out] }, (indicesPtr, sourcePtr, outPtr) => {
        module.gatherRows(indices.length, width, indicesPtr, sourcePtr, outPtr);
      });
    },
    segmentSum(args) {
      checkSegmentSum(args);
      const { segmentIds, values, width, nSegments, out } = args;
      heap.call({ read: [segmentIds, values], write: [out] }, (idsPtr, valuesPtr, outPtr) => {
        module.segmentSum(segmentIds.length, width, idsPtr, valuesPtr, nSegments, outPtr);
      });
    },
  };
}
