import { checkZinb } from '../checks/likelihood.js';
import type { LikelihoodKernels } from '../contract/likelihood.js';
import type { WasmHeap } from './wasm-heap.js';

/** Exports of `assembly/likelihood.ts`. */
export interface LikelihoodExports {
  zinb(
    rows: number,
    columns: number,
    countsPtr: number,
    meanPtr: number,
    dispersionPtr: number,
    dropoutPtr: number,
    sizeFactorsPtr: number,
    activate: boolean,
    ridge: number,
    rowLossPtr: number,
    meanGradientPtr: number,
    dispersionGradientPtr: number,
    dropoutGradientPtr: number,
    workspacePtr: number,
  ): void;
}

/** Likelihoods of counts on a heap. */
export function likelihoodKernels(module: LikelihoodExports, heap: WasmHeap): LikelihoodKernels {
  return {
    zinb(args) {
      checkZinb(args);
      const { rows, columns, counts, mean, dispersion, dropout, sizeFactors } = args;
      const { activate = false, ridge = 0 } = args;
      const lent = {
        read: [counts, mean, dispersion, dropout, sizeFactors],
        write: [
          args.rowLoss,
          args.meanGradient,
          args.dispersionGradient,
          dropout && args.dropoutGradient,
        ],
      };
      heap.call(lent, (x, m, t, p, factors, loss, byMean, byDispersion, byDropout) => {
        module.zinb(
          rows,
          columns,
          x,
          m,
          t,
          p,
          factors,
          activate,
          ridge,
          loss,
          byMean,
          byDispersion,
          byDropout,
          heap.workspace,
        );
      });
    },
  };
}
