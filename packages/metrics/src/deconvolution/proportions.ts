import { pearson } from '../regression/correlation.js';
import { mse } from '../regression/errors.js';
import { meanDefined, perCell, perGene } from '../regression/per-line.js';
import { checkSameShape, columnReader, type DenseValues } from '../regression/values.js';
import { jensenShannonDivergence } from './divergence.js';

/**
 * Jensen-Shannon divergence (base 2) of each spot's cell type proportions.
 *
 * @param truth - [nSpots, nTypes], >= 0
 * @param prediction - [nSpots, nTypes], >= 0
 * @returns [nSpots]; NaN for a spot whose proportions are all zero
 * @throws DataError if the shapes differ or a proportion is negative
 */
export function divergencePerSpot(truth: DenseValues, prediction: DenseValues): Float64Array {
  // Vectors are all that perCell hands over.
  return perCell(
    (t, p) => jensenShannonDivergence(t as ArrayLike<number>, p as ArrayLike<number>),
    truth,
    prediction,
  );
}

/**
 * Pearson correlation over spots of the proportions of each cell type.
 *
 * @returns [nTypes]; NaN for a type whose true or predicted proportion is constant
 * @throws DataError if the shapes differ
 */
export function correlationPerType(truth: DenseValues, prediction: DenseValues): Float64Array {
  return perGene(pearson, truth, prediction);
}

/**
 * Mean correlation over the cell types for which it is defined; NaN if there is none.
 *
 * @throws DataError if the shapes differ
 */
export function meanTypeCorrelation(truth: DenseValues, prediction: DenseValues): number {
  return meanDefined(correlationPerType(truth, prediction));
}

/**
 * Mean Jensen-Shannon divergence over the spots for which it is defined; NaN if there is none.
 *
 * @throws DataError if the shapes differ or a proportion is negative
 */
export function meanDivergence(truth: DenseValues, prediction: DenseValues): number {
  return meanDefined(divergencePerSpot(truth, prediction));
}

/** Squared errors of predictions that look at no spot; a model is worth what it gains on them. */
export interface ProportionBaselines {
  /** Every type has the share 1 / nTypes. */
  readonly uniform: number;
  /** Every spot has the mean of the true proportions. */
  readonly globalMean: number;
}

/**
 * Mean squared errors of the two constant predictions of proportions.
 *
 * @param truth - [nSpots, nTypes]
 * @throws DataError if there are no spots or types
 */
export function proportionBaselines(truth: DenseValues): ProportionBaselines {
  checkSameShape(truth, truth);
  const { nRows, nCols } = truth;
  const read = columnReader(truth);
  const column = new Float64Array(nRows);
  const means = Float64Array.from({ length: nCols }, (_, k) => {
    read(k, column);
    return column.reduce((sum, value) => sum + value, 0) / nRows;
  });
  const constant = (share: (type: number) => number): DenseValues => ({
    kind: 'dense',
    nRows,
    nCols,
    data: Float64Array.from({ length: nRows * nCols }, (_, e) => share(e % nCols)),
  });
  return {
    uniform: mse(
      truth,
      constant(() => 1 / nCols),
    ),
    globalMean: mse(
      truth,
      constant((type) => means[type]!),
    ),
  };
}
