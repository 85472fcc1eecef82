import {
  checkSameShape,
  columnReader,
  maskMatrix,
  rowReader,
  type EntryOptions,
  type LineReader,
  type ValueMatrix,
  type ValueMetric,
} from './values.js';

/**
 * A score of each row (cell).
 *
 * @param metric - such as `pearson` or `rmse`
 * @param options - `mask`: the entries to evaluate
 * @returns [nRows]; NaN for a row without an entry to evaluate
 * @throws DataError if the shapes differ
 */
export function perCell(
  metric: ValueMetric,
  truth: ValueMatrix,
  prediction: ValueMatrix,
  options: EntryOptions = {},
): Float64Array {
  checkSameShape(truth, prediction);
  const mask = options.mask === undefined ? undefined : maskMatrix(options.mask, truth);
  const { nRows, nCols } = truth;
  return perLine(
    metric,
    nRows,
    nCols,
    [rowReader(truth), rowReader(prediction)],
    (i) => mask?.row(i).indices,
  );
}

/**
 * A score of each column (gene).
 *
 * @param metric - such as `pearson` or `rmse`
 * @param options - `mask`: the entries to evaluate
 * @returns [nCols]; NaN for a column without an entry to evaluate
 * @throws DataError if the shapes differ
 */
export function perGene(
  metric: ValueMetric,
  truth: ValueMatrix,
  prediction: ValueMatrix,
  options: EntryOptions = {},
): Float64Array {
  checkSameShape(truth, prediction);
  const mask = options.mask === undefined ? undefined : maskMatrix(options.mask, truth).transpose();
  const { nRows, nCols } = truth;
  return perLine(
    metric,
    nCols,
    nRows,
    [columnReader(truth), columnReader(prediction)],
    (j) => mask?.row(j).indices,
  );
}

/** Mean of the values that are not NaN; NaN if there is none. */
export function meanDefined(values: ArrayLike<number>): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue;
    sum += values[i]!;
    count += 1;
  }
  return count === 0 ? NaN : sum / count;
}

function perLine(
  metric: ValueMetric,
  nLines: number,
  length: number,
  [readTruth, readPrediction]: readonly [LineReader, LineReader],
  chosen: (line: number) => Int32Array | undefined,
): Float64Array {
  const truth = new Float64Array(length);
  const prediction = new Float64Array(length);
  return Float64Array.from({ length: nLines }, (_, line) => {
    const places = chosen(line);
    if (places?.length === 0) return NaN;
    readTruth(line, truth);
    readPrediction(line, prediction);
    if (places === undefined) return metric(truth, prediction);
    return metric(
      Float64Array.from(places, (place) => truth[place]!),
      Float64Array.from(places, (place) => prediction[place]!),
    );
  });
}
