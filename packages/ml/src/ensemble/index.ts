export { RandomForestClassifier, type RandomForestOptions } from './random-forest-classifier.js';
export type { ClassificationTree } from './classification-tree.js';
export { IsolationForest, type IsolationForestOptions } from './isolation-forest.js';
