import { CORRELATION, ERROR, metricNamed, SHARE, type MetricInfo } from '../metric.js';
import { accuracy, balancedAccuracy, cohenKappa, matthewsCorrelation } from './accuracy.js';
import type { ClassLabels } from './confusion.js';
import { precisionRecallF1 } from './precision-recall.js';
import {
  expectedCalibrationError,
  logLoss,
  rocAucOneVsRest,
  topAnswers,
  topKAccuracy,
  type ClassProbabilities,
} from './probabilities.js';
import { riskCoverage } from './rejection.js';

/** A score of predicted labels. */
export interface ClassificationMetric extends MetricInfo {
  /** The score of predicted labels; null, on either side, is wrong. */
  readonly compute: (truth: ClassLabels, prediction: ClassLabels) => number;
}

/** A score of predicted class probabilities. */
export interface ProbabilityMetric extends MetricInfo {
  /** The score of predicted class probabilities. */
  readonly compute: (truth: ClassLabels, prediction: ClassProbabilities) => number;
}

/** The metrics of predicted labels by their short names; the first is the task's default. */
export const classificationMetrics: readonly ClassificationMetric[] = [
  { ...SHARE, name: 'acc', longName: 'accuracy', compute: accuracy },
  { ...SHARE, name: 'balanced_acc', longName: 'balanced accuracy', compute: balancedAccuracy },
  {
    ...SHARE,
    name: 'f1_macro',
    longName: 'F1, mean of the classes',
    compute: (truth, prediction) => precisionRecallF1(truth, prediction, 'macro').f1,
  },
  {
    ...SHARE,
    name: 'f1_weighted',
    longName: 'F1, classes weighted by their cells',
    compute: (truth, prediction) => precisionRecallF1(truth, prediction, 'weighted').f1,
  },
  {
    ...SHARE,
    name: 'f1_micro',
    longName: 'F1, cells pooled',
    compute: (truth, prediction) => precisionRecallF1(truth, prediction, 'micro').f1,
  },
  {
    ...SHARE,
    name: 'precision_macro',
    longName: 'precision, mean of the classes',
    compute: (truth, prediction) => precisionRecallF1(truth, prediction, 'macro').precision,
  },
  {
    ...SHARE,
    name: 'recall_macro',
    longName: 'recall, mean of the classes',
    compute: (truth, prediction) => precisionRecallF1(truth, prediction, 'macro').recall,
  },
  { ...CORRELATION, name: 'kappa', longName: "Cohen's kappa", compute: cohenKappa },
  {
    ...CORRELATION,
    name: 'mcc',
    longName: 'Matthews correlation coefficient',
    compute: matthewsCorrelation,
  },
];

/** The metrics of class probabilities by their short names. */
export const probabilityMetrics: readonly ProbabilityMetric[] = [
  {
    ...SHARE,
    name: 'auroc',
    longName: 'area under the ROC curve, mean of one class against the rest',
    compute: rocAucOneVsRest,
  },
  {
    ...SHARE,
    name: 'top3_acc',
    longName: 'accuracy of the three best classes',
    compute: (truth, prediction) => topKAccuracy(truth, prediction, 3),
  },
  { ...ERROR, name: 'log_loss', longName: 'log loss in nats', compute: logLoss },
  {
    range: [0, 1],
    higherIsBetter: false,
    name: 'ece',
    longName: 'expected calibration error',
    compute: (truth, prediction) => expectedCalibrationError(truth, prediction),
  },
  {
    range: [0, 1],
    higherIsBetter: false,
    name: 'aurc',
    longName: 'area under the risk-coverage curve',
    compute: (truth, prediction) => {
      const { correct, confidence } = topAnswers(truth, prediction);
      return riskCoverage(correct, confidence).area;
    },
  },
];

/**
 * The metric of predicted labels of that name.
 *
 * @throws ParamError naming those there are
 */
export function classificationMetric(name: string): ClassificationMetric {
  return metricNamed(classificationMetrics, name, 'classification');
}

/**
 * The metric of class probabilities of that name.
 *
 * @throws ParamError naming those there are
 */
export function probabilityMetric(name: string): ProbabilityMetric {
  return metricNamed(probabilityMetrics, name, 'class probability');
}
