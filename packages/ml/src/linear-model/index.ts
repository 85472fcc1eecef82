export { LogisticRegression, type LogisticRegressionOptions } from './logistic-regression.js';
export type { ClassifierFitOptions } from '../supervised/training-set.js';
export type { ClassWeight } from '../supervised/options.js';
