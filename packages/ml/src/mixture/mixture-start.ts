import { DataError } from '@dance-ts/core';
import { checkFinite } from '../stats/float64-matrix.js';
import type { CovarianceLaw } from './covariance-law.js';
import type { MixtureParameters } from './expectation-maximization.js';

/** Parameters to start from; what is left out comes from k-means. */
export interface MixtureStart {
  /** Shares of the components, >= 0 with sum 1, [k] */
  readonly weightsInit?: ArrayLike<number> | undefined;
  /** Row-major [k * d] */
  readonly meansInit?: ArrayLike<number> | undefined;
  /** Inverse covariances, row-major in the shape of the covariances. */
  readonly precisionsInit?: ArrayLike<number> | undefined;
}

/**
 * The parameters that are given, about `center`.
 *
 * @param center - what is subtracted from the data, [d]
 * @throws DataError if they do not fit
 */
export function givenParameters(
  { weightsInit, meansInit, precisionsInit }: MixtureStart,
  law: CovarianceLaw,
  k: number,
  center: Float64Array,
): Partial<MixtureParameters> {
  const d = center.length;
  const size = law.shape(k, d).reduce((total, length) => total * length, 1);
  return {
    ...(weightsInit && { weights: checkedWeights(weightsInit, k) }),
    ...(meansInit && {
      means: checked('meansInit', meansInit, k * d).map((value, e) => value - center[e % d]!),
    }),
    ...(precisionsInit && {
      covariances: law.invert(checked('precisionsInit', precisionsInit, size), k),
    }),
  };
}

function checkedWeights(weightsInit: ArrayLike<number>, k: number): Float64Array {
  const weights = checked('weightsInit', weightsInit, k);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (weights.every((weight) => weight >= 0) && Math.abs(total - 1) < 1e-6) return weights;
  throw new DataError('GaussianMixture: weightsInit', {
    got: `values with sum ${total}`,
    expected: 'values >= 0 with sum 1',
  });
}

function checked(name: string, values: ArrayLike<number>, length: number): Float64Array {
  if (values.length !== length) {
    throw new DataError(`GaussianMixture: length of ${name}`, {
      got: String(values.length),
      expected: String(length),
    });
  }
  checkFinite(`GaussianMixture: ${name}`, values);
  return Float64Array.from(values);
}
