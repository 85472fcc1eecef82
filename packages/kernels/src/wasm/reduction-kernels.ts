import { checkSums } from '../checks/reductions.js';
import type { ReductionKernels } from '../contract/reductions.js';
import type { WasmHeap } from './wasm-heap.js';

/** Exports of `assembly/reductions.ts`. */
export interface ReductionExports {
  sumRows(rows: number, columns: number, xPtr: number, outPtr: number): void;
  sumColumns(
    rows: number,
    columns: number,
    xPtr: number,
    outPtr: number,
    workspacePtr: number,
  ): void;
}

/** Sums on a heap. */
export function reductionKernels(module: ReductionExports, heap: WasmHeap): ReductionKernels {
  return {
    sumRows(args) {
      const { rows, columns, x, out } = args;
      checkSums(args, rows);
      heap.call({ read: [x], write: [out] }, (xPtr, outPtr) => {
        module.sumRows(rows, columns, xPtr, outPtr);
      });
    },
    sumColumns(args) {
      const { rows, columns, x, out } = args;
      checkSums(args, columns);
      heap.call({ read: [x], write: [out] }, (xPtr, outPtr) => {
        module.sumColumns(rows, columns, xPtr, outPtr, heap.workspace);
      });
    },
  };
}
