import {
  checkBiasActivation,
  checkBiasGradient,
  checkScaleRows,
  checkSquaredError,
  checkTranspose,
} from '../checks/dense.js';
import type { DenseKernels } from '../contract/dense.js';
import type { WasmHeap } from './wasm-heap.js';

/** Exports of `assembly/dense.ts`. */
export interface DenseExports {
  biasActivation(
    rows: number,
    columns: number,
    valuesPtr: number,
    biasPtr: number,
    relu: boolean,
  ): void;
  biasGradient(
    rows: number,
    columns: number,
    gradientsPtr: number,
    outputsPtr: number,
    passedPtr: number,
    biasOutPtr: number,
  ): void;
  scaleRows(
    rows: number,
    columns: number,
    valuesPtr: number,
    factorsPtr: number,
    outPtr: number,
  ): void;
  transpose(rows: number, columns: number, xPtr: number, outPtr: number): void;
  squaredError(
    count: number,
    predictionPtr: number,
    targetPtr: number,
    scale: number,
    gradientPtr: number,
  ): number;
}

/** What dense layers need beside the product, on a heap. */
export function denseKernels(module: DenseExports, heap: WasmHeap): DenseKernels {
  return {
    biasActivation(args) {
      checkBiasActivation(args);
      const { rows, columns, values, bias, relu = false } = args;
      heap.call({ read: [bias], write: [values] }, (biasPtr, valuesPtr) => {
        module.biasActivation(rows, columns, valuesPtr, biasPtr, relu);
      });
    },
    biasGradient(args) {
      checkBiasGradient(args);
      const { rows, columns, gradients, outputs, passed, biasGradient } = args;
      const write = [outputs && passed, biasGradient];
      heap.call({ read: [gradients, outputs], write }, (from, outputsPtr, to, bias) => {
        module.biasGradient(rows, columns, from, outputsPtr, to, bias);
      });
    },
    scaleRows(args) {
      checkScaleRows(args);
      const { rows, columns, values, factors, out } = args;
      heap.call({ read: [values, factors], write: [out] }, (valuesPtr, factorsPtr, outPtr) => {
        module.scaleRows(rows, columns, valuesPtr, factorsPtr, outPtr);
      });
    },
    transpose(args) {
      checkTranspose(args);
      const { rows, columns, x, out } = args;
      heap.call({ read: [x], write: [out] }, (xPtr, outPtr) => {
        module.transpose(rows, columns, xPtr, outPtr);
      });
    },
    squaredError(args) {
      checkSquaredError(args);
      const { prediction, target, scale, gradient } = args;
      const lent = { read: [prediction, target], write: [gradient] };
      return heap.call(lent, (predictionPtr, targetPtr, gradientPtr) =>
        module.squaredError(prediction.length, predictionPtr, targetPtr, scale, gradientPtr),
      );
    },
  };
}
