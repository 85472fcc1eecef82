export { nnls, nnlsFromGram, nnlsMany, type NnlsManyResult, type NnlsResult } from './nnls.js';
export { Ridge, type RidgeFitOptions, type RidgeOptions } from './ridge.js';
export { LogisticRegression, type LogisticRegressionOptions } from './logistic-regression.js';
export {
  SGDClassifier,
  type PartialFitOptions,
  type SGDClassifierOptions,
} from './sgd-classifier.js';
export type { ClassifierFitOptions } from '../supervised/training-set.js';
export type { ClassWeight } from '../supervised/options.js';
export type { ShiftedFitOptions } from './shift.js';
