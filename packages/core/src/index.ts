export {
  AbortError,
  BackendError,
  DanceError,
  DataError,
  errorMessage,
  FormatError,
  IoError,
  NotFittedError,
  ParamError,
  type ErrorCode,
  type ErrorDetail,
} from './errors.js';
export { CsrMatrix } from './matrix/csr-matrix.js';
export { DenseMatrix } from './matrix/dense-matrix.js';
export { stackRows } from './matrix/stack-rows.js';
export { assertCounts, matrixBytes, toCsr, type Matrix } from './matrix/matrix.js';
export {
  asCategorical,
  booleanColumn,
  categoricalColumn,
  categoricalFromStrings,
  columnLength,
  columnValue,
  compareText,
  copyColumn,
  numericColumn,
  selectColumnRows,
  stringColumn,
  type BooleanColumn,
  type CategoricalColumn,
  type Category,
  type Column,
  type NumericArray,
  type NumericColumn,
  type NumericDtype,
  type StringColumn,
} from './table/column.js';
export { Table } from './table/table.js';
export { AnnData, type Aligned, type AnnDataParts, type RawData } from './data/anndata.js';
export { nearNames } from './near-names.js';
export { uniqueNames, withUniqueObsNames, withUniqueVarNames } from './data/unique-names.js';
export { MuData } from './data/mudata.js';
export { concat, type ConcatOptions } from './data/concat.js';
export type { MergeStrategy } from './data/concat-merge.js';
export type { Join } from './data/concat-names.js';
export { copyUns, type NdArray, type UnsDict, type UnsValue } from './data/uns.js';
export { channelName, type Channel, type ChannelConfig, type Splits } from './data/channels.js';
export { randomSplits, type SplitFractions } from './data/splits.js';
export { Rng, type RngState } from './random/rng.js';
export { Pacer, throwIfAborted, yieldToEventLoop } from './progress/abort.js';
export {
  defaultReporter,
  JsonLinesReporter,
  silentReporter,
  TextReporter,
  type MessageLevel,
  type ProgressUpdate,
  type Reporter,
} from './progress/reporter.js';
export {
  defineParams,
  describeParams,
  parseParams,
  type ParamDescription,
  type ParamInput,
  type ParamSchema,
  type ParamValues,
} from './params/params.js';
export { MemoryStore, type ArtifactStore } from './artifacts/artifact-store.js';
export {
  loadBundle,
  saveBundle,
  sha256Hex,
  type Bundle,
  type BundleArray,
  type Json,
  type SavedTensor,
} from './artifacts/bundle.js';
export { moduleOf, TASKS, type Task, type TaskModule } from './model/task.js';
export { CellRoster } from './model/cell-roster.js';
export {
  BaseModel,
  Checkpointer,
  loadModelBundle,
  type CheckpointOptions,
  type FitContext,
  type FitRunOptions,
  type History,
  type ModelSpec,
  type Paper,
  type Preprocessor,
  type RunContext,
  type RunOptions,
} from './model/model.js';
export type {
  Baseline,
  Classifier,
  Clusterer,
  Deconvolver,
  DeconvolutionPair,
  DomainFinder,
  Explainable,
  ExplainOptions,
  Explanation,
  Imputer,
  JointEmbedder,
  LabelledCells,
  ModalityMatcher,
  ModalityPair,
  ModalityPredictor,
  ScoreOptions,
} from './model/contracts.js';
export {
  getModel,
  listModels,
  registerModel,
  type ModelClass,
  type RegisteredModel,
} from './model/registry.js';
