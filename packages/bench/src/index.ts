export { clusteringControls, type ClusteringControlOptions } from './clustering-controls.js';
export { loadRunData, type DataSource, type RunData } from './run-data.js';
export {
  RESULT_SCHEMA,
  summarizeRuns,
  type DatasetRecord,
  type RunResult,
  type RunSeconds,
  type RunSeries,
  type ScoreSummary,
} from './result.js';
export { runClustering, type ClusteringRunOptions } from './run-clustering.js';
export { runAnnotation, type AnnotationRunOptions } from './run-annotation.js';
export {
  runImputation,
  type HoldOutProtocol,
  type ImputationRunOptions,
} from './run-imputation.js';
export type { AnnotationSource } from './annotation/annotation-data.js';
export type { AnyAnnotationModel, ModelParams } from './annotation/model-answers.js';
