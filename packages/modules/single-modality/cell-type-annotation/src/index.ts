export { AnnotationModel, annotationFitParams, type LabelledBlock } from './annotation-model.js';
export type {
  AnnotationOptions,
  AnnotationReport,
  AnnotationScoreOptions,
  ScoredCells,
  UnassignedRule,
} from './annotation-scoring.js';
export type { LabelledCells } from './labelled-cells.js';
export type { Classified } from './query-blocks.js';
