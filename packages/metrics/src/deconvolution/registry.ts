import { CORRELATION, ERROR, metricNamed, type MetricInfo } from '../metric.js';
import { mae, mse, rmse } from '../regression/errors.js';
import type { DenseValues } from '../regression/values.js';
import { meanDivergence, meanTypeCorrelation } from './proportions.js';

/** A score of cell type proportions. */
export interface DeconvolutionMetric extends MetricInfo {
  /** The score of proportions, both [nSpots, nTypes] with the same order of types. */
  readonly compute: (truth: DenseValues, prediction: DenseValues) => number;
}

/**
 * The metrics of deconvolution by their short names; the first is the task's default. Put
 * `proportionBaselines` beside them: without it an error cannot be judged.
 */
export const deconvolutionMetrics: readonly DeconvolutionMetric[] = [
  { ...ERROR, name: 'mse', longName: 'mean squared error of proportions', compute: mse },
  { ...ERROR, name: 'rmse', longName: 'root mean squared error of proportions', compute: rmse },
  { ...ERROR, name: 'mae', longName: 'mean absolute error of proportions', compute: mae },
  {
    range: [0, 1],
    higherIsBetter: false,
    name: 'jsd',
    longName: 'Jensen-Shannon divergence (base 2), mean of the spots',
    compute: meanDivergence,
  },
  {
    ...CORRELATION,
    name: 'pcc',
    longName: 'Pearson correlation over spots, mean of the cell types',
    compute: meanTypeCorrelation,
  },
];

/**
 * The deconvolution metric of that name.
 *
 * @throws ParamError naming those there are
 */
export function deconvolutionMetric(name: string): DeconvolutionMetric {
  return metricNamed(deconvolutionMetrics, name, 'deconvolution');
}
