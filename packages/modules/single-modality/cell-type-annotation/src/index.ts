import { registerModel } from '@dance-ts/core';
import { ACTINN } from './actinn.js';

export {
  ACTINN,
  type ACTINNFitParams,
  type ACTINNParams,
  type ACTINNPreprocessParams,
} from './actinn.js';
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

registerModel({
  spec: ACTINN.spec,
  model: ACTINN,
  datasets: ['sim-annotation', 'actinn_train_1000', 'pbmc_facs', 'baron_mouse'],
});
