import {
  defineParams,
  DenseMatrix,
  type AnnData,
  type Matrix,
  type ParamInput,
} from '@dance-ts/core';
import { z } from 'zod';
import { quantile } from '../../numeric/quantile.js';
import { BaseTransform, type TransformSpec } from '../../transform.js';

/** Key of `obsm` under which batch features are kept unless another is asked for. */
export const BATCH_FEATURES_KEY = 'batch_features';

const N_FEATURES = 9;

const params = defineParams({
  batchKey: z.string().min(1).default('batch').describe('Column of obs with the batches'),
  out: z.string().min(1).default(BATCH_FEATURES_KEY).describe('Key of obsm for the features'),
});

/**
 * Nine numbers that describe the batch of each cell, [cells, 9] in `obsm[out]`: for each cell the mean
 * and population deviation of its values, quartiles 1, 2 and 3 of those that are not 0 (linear
 * interpolation), the maximum, the number of those that are not 0 divided by 1000, and their mean and
 * deviation; then the mean of each over the cells of the batch. All cells enter, those of a test split,
 * too. A cell of zeros counts with zeros (DANCE fails), cells without a batch are one batch.
 *
 * Source: Wen et al., KDD 2022 (scMoGNN); DANCE (BatchFeature). Used by: scMoGNN.
 */
export class BatchFeature extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'BatchFeature',
    group: 'feature',
    summary: 'Statistics of the values of the cells, averaged over each batch.',
    formula: 'mean over the batch of mean, sd, quartiles, max, count, mean and sd of non-zeros',
    source: 'Wen et al., KDD 2022; DANCE',
    usedBy: ['ScMoGNN'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(BatchFeature.spec, input);
  }

  /** @throws DataError without the column */
  protected override transform(data: AnnData): AnnData {
    const { codes, categories } = data.labels(this.params.batchKey);
    const view = data.view();
    view.obsm.set(this.params.out, batchMeans(data.X, codes, categories.length));
    return view;
  }
}

function batchMeans(X: Matrix, codes: Int32Array, nBatches: number): DenseMatrix {
  const groups = nBatches + 1;
  const sums = new Float64Array(groups * N_FEATURES);
  const sizes = new Int32Array(groups);
  const groupOf = (cell: number): number => codes[cell]! + 1;
  for (let i = 0; i < X.nRows; i++) {
    const group = groupOf(i);
    sizes[group]! += 1;
    cellStatistics(X, i).forEach((value, f) => {
      sums[group * N_FEATURES + f]! += value;
    });
  }
  const features = DenseMatrix.zeros(X.nRows, N_FEATURES);
  for (let i = 0; i < X.nRows; i++) {
    const group = groupOf(i);
    const row = features.row(i);
    for (let f = 0; f < N_FEATURES; f++) row[f] = sums[group * N_FEATURES + f]! / sizes[group]!;
  }
  return features;
}

function cellStatistics(X: Matrix, cell: number): number[] {
  const stored = X.kind === 'csr' ? X.row(cell).data : X.row(cell);
  const values = Float64Array.from(stored.filter((value) => value !== 0)).sort();
  if (values.length === 0) return new Array<number>(N_FEATURES).fill(0);
  const all = moments(values, X.nCols);
  const nonZero = moments(values, values.length);
  const largest = values[values.length - 1]!;
  return [
    all.mean,
    all.deviation,
    quantile(values, 0.25),
    quantile(values, 0.5),
    quantile(values, 0.75),
    values.length < X.nCols ? Math.max(0, largest) : largest,
    values.length / 1000,
    nonZero.mean,
    nonZero.deviation,
  ];
}

/** Mean and population deviation of n values, of which those not listed are 0. */
function moments(values: Float64Array, n: number): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt((squares + (n - values.length) * mean * mean) / n) };
}
