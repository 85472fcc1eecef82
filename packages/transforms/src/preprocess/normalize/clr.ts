import {
  assertCounts,
  defineParams,
  ParamError,
  type AnnData,
  type Matrix,
  type ParamInput,
} from '@dance-ts/core';
import { z } from 'zod';
import { scaledColumns } from '../../numeric/normalized-columns.js';
import { BaseTransform, type TransformSpec } from '../../transform.js';

const params = defineParams({
  per: z
    .enum(['cell', 'feature'])
    .default('cell')
    .describe('Geometric mean over the features of a cell (margin 2) or cells of a feature (1)'),
  variant: z
    .enum(['seurat', 'nonzero'])
    .default('seurat')
    .describe('seurat: exp(mean of ln(1 + x)); nonzero: geometric mean of the counts above 0'),
});

/**
 * Centered log ratios of counts, for surface proteins (ADT):
 *   ln(1 + x / g),
 * g being a kind of geometric mean of the counts of the cell, or of the feature over cells:
 * exp(sum of ln(1 + x) over those with x > 0, divided by the number of all), as Seurat has it, or with
 * `variant: 'nonzero'` exp(mean of ln x over those with x > 0), as scMM has it. Values on the two scales
 * are not comparable. Sparse stays sparse; cells (or features) without counts stay zero.
 *
 * Source: Stoeckius et al., Nat. Methods 14, 2017; Seurat NormalizeData(method = 'CLR', margin);
 * Minoura et al., Cell Rep. Methods 1, 2021 (scMM). Used by: scMM.
 */
export class CLR extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'CLR',
    group: 'normalize',
    summary: 'Centered log ratios of protein counts, per cell or per feature.',
    formula: 'ln(1 + x / exp(mean ln(1 + x)))',
    source: 'Stoeckius et al., Nat. Methods 14, 2017; Seurat',
    usedBy: ['ScMM'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter, or for features with `nonzero` */
  constructor(input?: ParamInput<typeof params>) {
    super(CLR.spec, input);
    if (this.params.variant === 'seurat' || this.params.per === 'cell') return;
    throw new ParamError('CLR: parameter "per"', {
      got: 'feature',
      expected: 'cell, with the variant "nonzero"',
    });
  }

  /** @throws DataError for negative or non-finite values */
  protected override transform(data: AnnData): AnnData {
    const view = data.view();
    view.X = centeredLogRatios(data.X, this.params);
    return view;
  }
}

/**
 * The work of {@link CLR} on a matrix.
 *
 * @param X - counts, cells x features
 * @throws DataError for negative or non-finite values
 */
export function centeredLogRatios(
  X: Matrix,
  {
    per = 'cell',
    variant = 'seurat',
  }: { per?: 'cell' | 'feature'; variant?: 'seurat' | 'nonzero' },
): Matrix {
  assertCounts(X);
  const logs = X.mapData((x) => (x > 0 ? (variant === 'seurat' ? Math.log1p(x) : Math.log(x)) : 0));
  const scaled =
    per === 'feature'
      ? scaledColumns(
          X,
          inverseExponentials(logs.columnSums(), () => X.nRows),
        )
      : X.scaleRows(
          inverseExponentials(logs.rowSums(), (i) =>
            variant === 'seurat' ? X.nCols : positiveInRow(X, i),
          ),
        );
  return scaled.mapData((value) => Math.log1p(value));
}

function inverseExponentials(sums: Float64Array, sizeOf: (i: number) => number): Float64Array {
  return sums.map((sum, i) => {
    const size = sizeOf(i);
    return size === 0 ? 1 : Math.exp(-sum / size);
  });
}

function positiveInRow(X: Matrix, i: number): number {
  const values = X.kind === 'csr' ? X.row(i).data : X.row(i);
  return values.reduce((count, value) => count + (value > 0 ? 1 : 0), 0);
}
