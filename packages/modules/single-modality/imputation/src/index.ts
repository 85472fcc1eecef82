export type { KeepObserved } from './complete-matrix.js';
export { toLogNormalized, type ExpressionScale } from './expression-scale.js';
export { heldOutScores, type HeldOutScoreOptions, type Seen } from './held-out-scores.js';
export {
  holdOutCounts,
  holdOutEntries,
  type HeldOut,
  type HeldOutCounts,
  type HeldOutEntries,
  type HoldOutOptions,
} from './held-out.js';
export {
  ImputationModel,
  type Imputation,
  type ImputationScoreOptions,
  type ImputeOptions,
} from './imputation-model.js';
export { lineScores, maskedScore, maskedScores, type EntryPairs } from './masked-scores.js';
