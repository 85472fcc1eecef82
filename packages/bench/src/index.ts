export { clusteringControls, type ClusteringControlOptions } from './clustering-controls.js';
export { loadRunData, type DataSource, type RunData } from './run-data.js';
export type { RunCheckpoint } from './run-checkpoint.js';
export {
  dictionary,
  type Explain,
  type FinishRun,
  type Found,
  type OutputOptions,
  type RunFindings,
} from './run-output.js';
export { runName } from './run-record.js';
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
