import { ParamError } from '@dance-ts/core';
import { imputationMetric } from './registry.js';
import { maskMatrix, type EntryOptions, type ValueMatrix } from './values.js';

/** Options of {@link imputationScore}. */
export interface ImputationScoreOptions extends EntryOptions {
  /** `rmse` (default), `mse`, `mae`, `pcc`, `cosine` or `mre`. */
  readonly metric?: string;
  /** Take log(1 + x) of the imputed values first, for a truth that is so already; default false. */
  readonly log1p?: boolean;
  /**
   * Divide the squared error by all entries of the matrix, not by those evaluated, as where the
   * others are set to the truth; `mse` and `rmse` only. Default false.
   */
  readonly diluted?: boolean;
}

/**
 * Score of imputed expression on held-out entries. The mask names the entries **to evaluate**
 * (DANCE's marks those to leave out).
 *
 * @param truth - [nCells, nGenes]
 * @param imputed - [nCells, nGenes]
 * @throws DataError if the shapes differ or the mask is empty; ParamError for an unknown metric, or
 * a diluted one other than mse and rmse
 */
export function imputationScore(
  truth: ValueMatrix,
  imputed: ValueMatrix,
  options: ImputationScoreOptions = {},
): number {
  const { metric = 'rmse', log1p = false, diluted = false, mask } = options;
  const { compute } = imputationMetric(metric);
  const prediction = log1p ? log1pOf(imputed) : imputed;
  if (mask === undefined) return compute(truth, prediction);
  const entries = maskMatrix(mask, truth);
  const score = compute(truth, prediction, { mask: entries });
  return diluted ? score * dilution(metric, entries.nnz / (truth.nRows * truth.nCols)) : score;
}

function dilution(metric: string, share: number): number {
  if (metric === 'mse') return share;
  if (metric === 'rmse') return Math.sqrt(share);
  throw new ParamError('only squared errors can be diluted', {
    got: metric,
    expected: 'mse or rmse',
  });
}

function log1pOf(matrix: ValueMatrix): ValueMatrix {
  if (matrix.kind === 'csr') return matrix.mapData(Math.log1p);
  const { kind, nRows, nCols, data } = matrix;
  return { kind, nRows, nCols, data: Float64Array.from(data, Math.log1p) };
}
