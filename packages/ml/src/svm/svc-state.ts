import { CsrMatrix, DenseMatrix, type Bundle, type Matrix, type SavedTensor } from '@dance-ts/core';
import { stateArray, stateFact, stateSize } from '../supervised/state.js';
import type { PlattSigmoid } from './platt.js';

/** A fitted support vector classifier. */
export interface SvcFit {
  /** Label codes that occurred in training, ascending. */
  readonly classes: Int32Array;
  readonly nClasses: number;
  readonly gamma: number;
  /** Row of each support vector in the training data, ascending. */
  readonly support: Int32Array;
  /** [nSupport, nFeatures] */
  readonly vectors: Matrix;
  /** [nPairs * nSupport] alpha y of each support vector in each pair */
  readonly coef: Float64Array;
  /** [nPairs] */
  readonly rho: Float64Array;
  /** One a pair, empty without probabilities. */
  readonly sigmoids: readonly PlattSigmoid[];
  readonly converged: boolean;
}

/** Arrays of a fit. */
export function svcTensors(fit: SvcFit): Map<string, SavedTensor> {
  const vector = (data: SavedTensor['data']): SavedTensor => ({ shape: [data.length], data });
  const tensors = new Map([
    ['classes', vector(fit.classes)],
    ['support', vector(fit.support)],
    ['coef', { shape: [fit.rho.length, fit.support.length], data: fit.coef }],
    ['rho', vector(fit.rho)],
    ['sigmoids', vector(Float64Array.from(fit.sigmoids.flatMap(({ A, B }) => [A, B])))],
  ]);
  const { vectors } = fit;
  if (vectors.kind === 'dense') {
    return tensors.set('vectors', { shape: vectors.shape, data: vectors.data });
  }
  return tensors
    .set('vectors.data', vector(vectors.data))
    .set('vectors.indices', vector(vectors.indices))
    .set('vectors.indptr', vector(vectors.indptr));
}

/**
 * The fit of a saved state.
 *
 * @throws FormatError or DataError if arrays are missing or do not fit together
 */
export function svcFitFromState(state: Bundle): SvcFit {
  const classes = stateArray(state, 'classes', Int32Array);
  const nPairs = (classes.length * (classes.length - 1)) / 2;
  const support = stateArray(state, 'support', Int32Array);
  const sigmoids = stateArray(state, 'sigmoids', Float64Array);
  return {
    classes,
    nClasses: stateSize(state, 'nClasses'),
    gamma: Number(stateFact(state, 'gamma')),
    support,
    vectors: vectorsFromState(state, support.length, stateSize(state, 'nFeatures')),
    coef: stateArray(state, 'coef', Float64Array, nPairs * support.length),
    rho: stateArray(state, 'rho', Float64Array, nPairs),
    sigmoids: Array.from({ length: sigmoids.length / 2 }, (_, pair) => ({
      A: sigmoids[2 * pair]!,
      B: sigmoids[2 * pair + 1]!,
    })),
    converged: stateFact(state, 'converged') === true,
  };
}

function vectorsFromState(state: Bundle, nRows: number, nCols: number): Matrix {
  if (state.tensors.has('vectors')) {
    return new DenseMatrix(nRows, nCols, stateArray(state, 'vectors', Float32Array));
  }
  return new CsrMatrix(
    nRows,
    nCols,
    stateArray(state, 'vectors.indptr', Int32Array),
    stateArray(state, 'vectors.indices', Int32Array),
    stateArray(state, 'vectors.data', Float32Array),
  );
}
