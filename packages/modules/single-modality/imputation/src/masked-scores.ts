import { DataError, ParamError } from '@dance-ts/core';
import {
  cosineSimilarity,
  mae,
  meanDefined,
  meanRelativeError,
  mse,
  pearson,
  rmse,
  spearman,
} from '@dance-ts/metrics';

/** True and predicted values of some entries of a cells x genes matrix. */
export interface EntryPairs {
  /** Shape of the matrix. */
  readonly nRows: number;
  readonly nCols: number;
  /** [n] cell of each entry. */
  readonly rows: Int32Array;
  /** [n] gene of each entry. */
  readonly columns: Int32Array;
  /** [n] true values. */
  readonly truth: Float64Array;
  /** [n] predicted values, on the same scale. */
  readonly prediction: Float64Array;
}

/** Options of {@link maskedScores}. */
export interface MaskedScoreOptions {
  /**
   * Divide squared errors by all entries of the matrix, as where the entries that are not evaluated
   * are set to the truth (DANCE's way); `rmse` and `mse` only. Default false.
   */
  readonly diluted?: boolean;
  /** Fewest entries of a gene or cell for a correlation of its own; default 3. */
  readonly minEntries?: number;
}

type Compute = (truth: Float64Array, prediction: Float64Array) => number;

const POOLED: Readonly<Record<string, Compute>> = {
  rmse,
  mse,
  mae,
  pcc: pearson,
  spearman,
  cosine: cosineSimilarity,
  mre: meanRelativeError,
};

const PER_LINE: Readonly<Record<string, Compute>> = { rmse, pcc: pearson, spearman, mae };

/** Names of the scores of {@link maskedScores}; the first is the default one. */
export const MASKED_SCORES: readonly string[] = [
  ...Object.keys(POOLED),
  ...Object.keys(PER_LINE).flatMap((name) => [`${name}_gene`, `${name}_cell`]),
];

/** Scores that fall as the prediction gets better. */
export const MASKED_ERRORS: ReadonlySet<string> = new Set(
  MASKED_SCORES.filter((name) => /^(rmse|mse|mae|mre)/.test(name)),
);

/**
 * Every score of predicted values on the given entries, by name: `rmse`, `mse`, `mae`, `pcc`
 * (Pearson), `spearman`, `cosine` and `mre` of all entries pooled; `<name>_gene` and `<name>_cell`
 * are means over the genes, or cells, with enough entries (correlations also need some spread).
 * NaN where a score is not defined.
 *
 * @throws DataError if there are no entries or the lists differ in length
 */
export function maskedScores(
  entries: EntryPairs,
  options: MaskedScoreOptions = {},
): Record<string, number> {
  const scores: Record<string, number> = {};
  for (const name of MASKED_SCORES) scores[name] = maskedScore(entries, name, options);
  return scores;
}

/**
 * One of the {@link maskedScores}.
 *
 * @throws ParamError for an unknown name; DataError as there
 */
export function maskedScore(
  entries: EntryPairs,
  metric: string,
  { diluted = false, minEntries = 3 }: MaskedScoreOptions = {},
): number {
  if (!MASKED_SCORES.includes(metric)) {
    throw new ParamError(`there is no imputation metric "${metric}"`, {
      expected: `one of ${MASKED_SCORES.join(', ')}`,
    });
  }
  assertEntries(entries);
  const pooled = POOLED[metric];
  if (pooled !== undefined) {
    const score = pooled(entries.truth, entries.prediction);
    return diluted ? score * dilution(metric, entries) : score;
  }
  const [name = '', line] = metric.split('_');
  const values = lineScores(entries, line as 'gene' | 'cell', PER_LINE[name]!, minEntries);
  return meanDefined(values);
}

/**
 * A score of each gene, or each cell; NaN for one with fewer than `minEntries` entries.
 *
 * @param compute - such as `pearson` of `@dance-ts/metrics`
 * @returns [nCols] for genes, [nRows] for cells
 */
export function lineScores(
  { nRows, nCols, rows, columns, truth, prediction }: EntryPairs,
  line: 'gene' | 'cell',
  compute: Compute,
  minEntries = 3,
): Float64Array {
  const [keys, nLines] = line === 'gene' ? [columns, nCols] : [rows, nRows];
  const ends = new Int32Array(nLines + 1);
  for (const key of keys) ends[key + 1]! += 1;
  for (let k = 0; k < nLines; k++) ends[k + 1]! += ends[k]!;
  const next = ends.slice(0, nLines);
  const [t, p] = [new Float64Array(keys.length), new Float64Array(keys.length)];
  keys.forEach((key, e) => {
    const place = next[key]!++;
    t[place] = truth[e]!;
    p[place] = prediction[e]!;
  });
  return Float64Array.from({ length: nLines }, (_, k) => {
    const [start, end] = [ends[k]!, ends[k + 1]!];
    if (end - start < Math.max(1, minEntries)) return NaN;
    return compute(t.subarray(start, end), p.subarray(start, end));
  });
}

function dilution(metric: string, { nRows, nCols, truth }: EntryPairs): number {
  const share = truth.length / (nRows * nCols);
  if (metric === 'mse') return share;
  return metric === 'rmse' ? Math.sqrt(share) : 1;
}

function assertEntries({ rows, columns, truth, prediction }: EntryPairs): void {
  const lengths = [rows, columns, truth, prediction].map((list) => list.length);
  if (lengths.every((length) => length === lengths[0] && length > 0)) return;
  throw new DataError('there are no entries to score, or not one value for each', {
    got: `${lengths.join(', ')} rows, columns, true and predicted values`,
    remedy: 'Hold out more entries, or keep more genes in preprocessing.',
  });
}
