import {
  DenseMatrix,
  defineParams,
  numericColumn,
  type AnnData,
  type Matrix,
  type ParamInput,
} from '@dance-ts/core';
import { columnMoments } from '@dance-ts/ml';
import { z } from 'zod';
import { deviationsToDivideBy } from '../../numeric/deviations.js';
import { BaseTransform, type TransformSpec } from '../../transform.js';

const params = defineParams({
  zeroCenter: z
    .boolean()
    .default(true)
    .describe('Subtract the mean; the result is then dense, 4 bytes a value'),
  maxValue: z
    .number()
    .positive()
    .optional()
    .describe('Clip beyond this many deviations (on both sides if centered)'),
});

/**
 * Genes are divided by their standard deviation (ddof 1; constant genes by 1), after subtracting
 * their mean unless `zeroCenter` is off. Writes `var.mean` and `var.std`.
 *
 * Centering makes a sparse matrix dense. Steps that only need principal components can do without:
 * `CellPca` centers implicitly.
 */
export class Scale extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'Scale',
    group: 'normalize',
    summary: 'Scales each gene to unit variance and, by default, zero mean.',
    formula: '(x_ig - mean_g) / sd_g, with n - 1 in sd_g',
    source: 'scanpy pp.scale (1.10 and later: clipping on both sides)',
    usedBy: ['Celltypist', 'ScDCC', 'ScDeepCluster', 'ScDSC', 'ScGPCL', 'ScTAG', 'ScTPF'],
    params,
  };

  /** @throws ParamError for a limit that is not positive */
  constructor(input?: ParamInput<typeof params>) {
    super(Scale.spec, input);
  }

  protected override transform(data: AnnData): AnnData {
    const { zeroCenter, maxValue = Infinity } = this.params;
    const moments = columnMoments(data.X, { ddof: 1 });
    const { mean } = moments;
    const deviations = deviationsToDivideBy(moments);
    const view = data.view();
    view.var.set('mean', numericColumn(mean));
    view.var.set('std', numericColumn(deviations));
    view.X = zeroCenter
      ? standardized(data.X, mean, deviations, maxValue)
      : dividedColumns(data.X, deviations, maxValue);
    return view;
  }
}

function standardized(
  X: Matrix,
  means: Float64Array,
  deviations: Float64Array,
  limit: number,
): DenseMatrix {
  const dense = X.kind === 'csr' ? X.toDense() : X.copy();
  for (let i = 0; i < dense.nRows; i++) {
    const row = dense.row(i);
    for (let j = 0; j < row.length; j++) {
      const value = (row[j]! - means[j]!) / deviations[j]!;
      row[j] = Math.max(-limit, Math.min(limit, value));
    }
  }
  return dense;
}

function dividedColumns(X: Matrix, deviations: Float64Array, limit: number): Matrix {
  const copy = X.copy();
  const { data } = copy;
  for (let e = 0; e < data.length; e++) {
    const j = copy.kind === 'csr' ? copy.indices[e]! : e % copy.nCols;
    data[e] = Math.min(limit, data[e]! / deviations[j]!);
  }
  return copy;
}
