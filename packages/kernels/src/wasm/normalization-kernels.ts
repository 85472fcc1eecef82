import { checkNormalization, checkNormalizationGradient } from '../checks/normalization.js';
import type { NormalizationArgs, NormalizationKernels } from '../contract/normalization.js';
import type { WasmHeap } from './wasm-heap.js';

type Forward = (
  rows: number,
  columns: number,
  xPtr: number,
  gammaPtr: number,
  betaPtr: number,
  epsilon: number,
  meanPtr: number,
  variancePtr: number,
  outPtr: number,
  workspacePtr: number,
) => void;

/** Exports of `assembly/normalization.ts`. */
export interface NormalizationExports {
  readonly batchNorm: Forward;
  readonly batchNormFixed: Forward;
  /** Needs no workspace. */
  readonly layerNorm: Forward;
  batchNormGradient(
    rows: number,
    columns: number,
    dyPtr: number,
    xPtr: number,
    gammaPtr: number,
    epsilon: number,
    meanPtr: number,
    variancePtr: number,
    training: boolean,
    dxPtr: number,
    dGammaPtr: number,
    dBetaPtr: number,
    workspacePtr: number,
  ): void;
  layerNormGradient(
    rows: number,
    columns: number,
    dyPtr: number,
    xPtr: number,
    gammaPtr: number,
    epsilon: number,
    meanPtr: number,
    variancePtr: number,
    dxPtr: number,
    dGammaPtr: number,
    dBetaPtr: number,
    workspacePtr: number,
  ): void;
}

/** Normalizations on a heap. */
export function normalizationKernels(
  module: NormalizationExports,
  heap: WasmHeap,
): NormalizationKernels {
  const forward = (run: Forward, args: NormalizationArgs): void => {
    const { rows, columns, x, gamma, beta, epsilon, mean, variance, out } = args;
    const lent = { read: [x, gamma, beta], write: [mean, variance, out] };
    heap.call(lent, (a, b, c, d, e, f) => {
      run(rows, columns, a, b, c, epsilon, d, e, f, heap.workspace);
    });
  };
  return {
    batchNorm(args) {
      checkNormalization(args, args.columns);
      forward(module.batchNorm, args);
    },
    batchNormFixed(args) {
      checkNormalization(args, args.columns);
      forward(module.batchNormFixed, args);
    },
    batchNormGradient(args) {
      checkNormalizationGradient(args, args.columns);
      const { rows, columns, dy, x, gamma, epsilon, mean, variance, training } = args;
      const write = [args.dx, args.dGamma, args.dBeta];
      heap.call({ read: [dy, x, gamma, mean, variance], write }, (a, b, c, d, e, f, g, h) => {
        const ends = [f, g, h, heap.workspace] as const;
        module.batchNormGradient(rows, columns, a, b, c, epsilon, d, e, training, ...ends);
      });
    },
    layerNorm(args) {
      checkNormalization(args, args.rows);
      forward(module.layerNorm, args);
    },
    layerNormGradient(args) {
      checkNormalizationGradient(args, args.rows);
      const { rows, columns, dy, x, gamma, epsilon, mean, variance } = args;
      const write = [args.dx, args.dGamma, args.dBeta];
      heap.call({ read: [dy, x, gamma, mean, variance], write }, (a, b, c, d, e, f, g, h) => {
        const ends = [f, g, h, heap.workspace] as const;
        module.layerNormGradient(rows, columns, a, b, c, epsilon, d, e, ...ends);
      });
    },
  };
}
