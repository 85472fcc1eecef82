import {
  assertCounts,
  DataError,
  defineParams,
  numericColumn,
  Table,
  type AnnData,
  type Matrix,
  type ParamInput,
} from '@dance-ts/core';
import { columnMoments } from '@dance-ts/ml';
import { z } from 'zod';
import { BaseTransform, type TransformSpec } from '../../transform.js';

const STATISTICS = [
  'mu',
  'alpha',
  'mean_all',
  'cov_all',
  'fano_all',
  'max_all',
  'std_all',
] as const;

const params = defineParams({
  genestatsSelect: z
    .array(z.enum(['all', ...STATISTICS]))
    .min(1)
    .default(['all'])
    .describe('Columns of the table'),
  fillNa: z.number().optional().describe('In place of undefined values; NaN if left out'),
  threshold: z.number().min(0).default(0).describe('A cell expresses a gene above this'),
  pseudo: z
    .boolean()
    .default(false)
    .describe('Add 1 to the expressing cells and to all cells for alpha'),
  splitName: z
    .enum(['train', 'all'])
    .default('train')
    .describe('Cells that count; all cells train unless the data are split'),
  out: z.string().min(1).default('GeneStats').describe('Key of varm for the table'),
});

/**
 * Statistics of the genes, a table in `varm[out]`: `mu`, the mean of the values above the threshold;
 * `alpha`, the share of cells above it; and, of all values, `mean_all`, the coefficient of variation
 * `cov_all` = sd / mean, the Fano factor `fano_all` = var / mean, `max_all` and `std_all` (population
 * deviation). `mu`, `cov_all` and `fano_all` of a gene without counts are undefined.
 *
 * Source: Tan & Cahan, Cell Syst. 9, 2019 (SingleCellNet); DANCE (GeneStats). Used by: search spaces.
 */
export class GeneStats extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'GeneStats',
    group: 'feature',
    summary: 'Means, variation and share of expressing cells of the genes.',
    formula: 'mean of x > t; #{x > t} / N; mean; sd / mean; var / mean; max; sd',
    source: 'Tan & Cahan, Cell Syst. 9, 2019; DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(GeneStats.spec, input);
  }

  /** @throws DataError for negative or non-finite values, or without cells */
  protected override transform(data: AnnData): AnnData {
    assertCounts(data.X);
    const { genestatsSelect, fillNa = NaN, splitName, threshold, pseudo, out } = this.params;
    const X = splitName === 'train' ? data.X.selectRows(data.splits.train) : data.X;
    if (X.nRows === 0) {
      throw new DataError(`${this.name} needs cells`, {
        got: 'none',
        remedy: 'Set the training cells, or take splitName "all".',
      });
    }
    const all = statistics(X, threshold, pseudo ? 1 : 0);
    const names = genestatsSelect.includes('all')
      ? STATISTICS
      : genestatsSelect.filter((name) => name !== 'all');
    const view = data.view();
    view.varm.set(
      out,
      new Table(
        data.varNames,
        names.map((name) => {
          const values = all[name].map((value) => (Number.isNaN(value) ? fillNa : value));
          return [name, numericColumn(values)] as const;
        }),
      ),
    );
    return view;
  }
}

function statistics(
  X: Matrix,
  threshold: number,
  pseudo: 0 | 1,
): Record<(typeof STATISTICS)[number], Float64Array> {
  const above = new Float64Array(X.nCols);
  const sums = new Float64Array(X.nCols);
  const largest = new Float64Array(X.nCols);
  for (let e = 0; e < X.data.length; e++) {
    const j = X.kind === 'csr' ? X.indices[e]! : e % X.nCols;
    const value = X.data[e]!;
    largest[j] = Math.max(largest[j]!, value);
    if (value <= threshold) continue;
    above[j]! += 1;
    sums[j]! += value;
  }
  const { mean, variance } = columnMoments(X);
  const deviation = variance.map(Math.sqrt);
  return {
    mu: sums.map((sum, j) => sum / above[j]!),
    alpha: above.map((n) => (n + pseudo) / (X.nRows + pseudo)),
    mean_all: mean,
    cov_all: deviation.map((value, j) => value / mean[j]!),
    fano_all: variance.map((value, j) => value / mean[j]!),
    max_all: largest,
    std_all: deviation,
  };
}
