import { CORRELATION, ERROR, metricNamed, type MetricInfo } from '../metric.js';
import { cosineSimilarity, pearson, spearman } from './correlation.js';
import { mae, meanRelativeError, mse, r2, rmse } from './errors.js';
import { meanDefined, perCell, perGene } from './per-line.js';
import type { EntryOptions, ValueMatrix, ValueMetric } from './values.js';

/** A score of a predicted matrix, cells x genes or features. */
export interface MatrixMetric extends MetricInfo {
  /** The score of all entries, or of those of the mask. */
  readonly compute: (truth: ValueMatrix, prediction: ValueMatrix, options?: EntryOptions) => number;
}

const errors: readonly MatrixMetric[] = [
  { ...ERROR, name: 'rmse', longName: 'root mean squared error', compute: rmse },
  { ...ERROR, name: 'mse', longName: 'mean squared error', compute: mse },
  { ...ERROR, name: 'mae', longName: 'mean absolute error', compute: mae },
];

const pooled: MatrixMetric = {
  ...CORRELATION,
  name: 'pcc',
  longName: 'Pearson correlation of all entries pooled',
  compute: pearson,
};

/** The metrics of imputation by their short names; the first is the task's default. */
export const imputationMetrics: readonly MatrixMetric[] = [
  ...errors,
  pooled,
  { ...CORRELATION, name: 'cosine', longName: 'cosine similarity', compute: cosineSimilarity },
  { ...ERROR, name: 'mre', longName: 'mean relative error', compute: meanRelativeError },
];

/** The metrics of modality prediction by their short names; the first is the task's default. */
export const modalityPredictionMetrics: readonly MatrixMetric[] = [
  ...errors,
  {
    range: [-Infinity, 1],
    higherIsBetter: true,
    name: 'r2',
    longName: 'coefficient of determination',
    compute: r2,
  },
  pooled,
  ...lineCorrelations('pcc', 'Pearson correlation', pearson),
  ...lineCorrelations('spearman', 'Spearman correlation', spearman),
];

/**
 * The imputation metric of that name.
 *
 * @throws ParamError naming those there are
 */
export function imputationMetric(name: string): MatrixMetric {
  return metricNamed(imputationMetrics, name, 'imputation');
}

/**
 * The modality prediction metric of that name.
 *
 * @throws ParamError naming those there are
 */
export function modalityPredictionMetric(name: string): MatrixMetric {
  return metricNamed(modalityPredictionMetrics, name, 'modality prediction');
}

/** Mean over the cells, and over the features, for which a correlation is defined. */
function lineCorrelations(name: string, longName: string, metric: ValueMetric): MatrixMetric[] {
  return [
    {
      ...CORRELATION,
      name: `${name}_cell`,
      longName: `${longName}, mean of the cells`,
      compute: (...given) => meanDefined(perCell(metric, ...given)),
    },
    {
      ...CORRELATION,
      name: `${name}_feature`,
      longName: `${longName}, mean of the features`,
      compute: (...given) => meanDefined(perGene(metric, ...given)),
    },
  ];
}
