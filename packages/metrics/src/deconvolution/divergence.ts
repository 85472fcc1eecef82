import { DataError } from '@dance-ts/core';

/**
 * Jensen-Shannon divergence of two distributions, each scaled to sum 1: 0 if equal, 1 (in base 2)
 * if disjoint; NaN if one of them is all zero. Its square root is the distance of the same name.
 *
 * @param base - of the logarithm, default 2
 * @throws DataError if the lengths differ, or a value is negative, NaN or infinite
 */
export function jensenShannonDivergence(
  truth: ArrayLike<number>,
  prediction: ArrayLike<number>,
  base = 2,
): number {
  if (truth.length !== prediction.length) {
    throw new DataError('distributions differ in length', {
      got: `${truth.length} and ${prediction.length}`,
    });
  }
  const [totalT, totalP] = [totalOf(truth), totalOf(prediction)];
  if (totalT === 0 || totalP === 0) return NaN;
  let nats = 0;
  for (let k = 0; k < truth.length; k++) {
    const t = truth[k]! / totalT;
    const p = prediction[k]! / totalP;
    const middle = (t + p) / 2;
    if (t > 0) nats += (t * Math.log(t / middle)) / 2;
    if (p > 0) nats += (p * Math.log(p / middle)) / 2;
  }
  return Math.max(0, nats) / Math.log(base);
}

function totalOf(values: ArrayLike<number>): number {
  let total = 0;
  for (let k = 0; k < values.length; k++) {
    const value = values[k]!;
    if (!(value >= 0 && value < Infinity)) {
      throw new DataError('a distribution holds a value that is no probability', {
        got: `${value} at place ${k}`,
        expected: 'finite values >= 0',
      });
    }
    total += value;
  }
  return total;
}
