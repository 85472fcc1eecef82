import { checkElementwise } from '../checks/elementwise.js';
import { UNARY_FUNCTIONS, type ElementwiseKernels } from '../contract/elementwise.js';
import type { WasmHeap } from './wasm-heap.js';

/** Exports of `assembly/elementwise.ts`. */
export interface ElementwiseExports {
  unary(f: number, count: number, xPtr: number, outPtr: number): void;
  power(count: number, xPtr: number, exponent: number, outPtr: number): void;
}

/** Functions of each element on a heap. */
export function elementwiseKernels(module: ElementwiseExports, heap: WasmHeap): ElementwiseKernels {
  return {
    unary(args) {
      checkElementwise(args);
      const { f, x, out } = args;
      heap.call({ read: [x], write: [out] }, (xPtr, outPtr) => {
        module.unary(UNARY_FUNCTIONS.indexOf(f), x.length, xPtr, outPtr);
      });
    },
    power(args) {
      checkElementwise(args);
      const { x, exponent, out } = args;
      heap.call({ read: [x], write: [out] }, (xPtr, outPtr) => {
        module.power(x.length, xPtr, exponent, outPtr);
      });
    },
  };
}
