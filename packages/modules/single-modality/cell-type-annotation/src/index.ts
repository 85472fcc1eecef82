import { registerModel } from '@dance-ts/core';
import { ACTINN } from './actinn.js';
import { ScDeepSort } from './scdeepsort.js';
import { ScHeteroNet } from './scheteronet.js';
import { SVM } from './svm.js';
import { Celltypist } from './celltypist.js';
import { SingleCellNet } from './singlecellnet.js';

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
export { SVM, type SVMFitParams, type SVMParams, type SVMPreprocessParams } from './svm.js';
export {
  Celltypist,
  type CelltypistFitParams,
  type CelltypistParams,
  type CelltypistPreprocessParams,
  type ModelFileOptions,
} from './celltypist.js';
export { ExplainableModel } from './explainable-model.js';
export type { GeneWeight } from './graph-cells.js';
export { joinQuery, type JoinedCells } from './join-query.js';
export { markerEvidence, type Marker, type MarkerOptions } from './marker-evidence.js';
export type { LabelledCells } from './labelled-cells.js';
export type { Classified } from './query-blocks.js';
export {
  SingleCellNet,
  type SingleCellNetFitParams,
  type SingleCellNetParams,
  type SingleCellNetPreprocessParams,
} from './singlecellnet.js';

export {
  ScDeepSort,
  type ScDeepSortFitParams,
  type ScDeepSortParams,
  type ScDeepSortPreprocessParams,
} from './scdeepsort.js';
export {
  ScHeteroNet,
  type OodParams,
  type ScHeteroNetFitParams,
  type ScHeteroNetParams,
  type ScHeteroNetPreprocessParams,
} from './scheteronet.js';

registerModel({
  spec: ACTINN.spec,
  model: ACTINN,
  datasets: [
    'sim-annotation',
    'actinn_train_1000',
    'pbmc_facs',
    'baron_mouse',
    'pancreas_xin_wang',
  ],
});

registerModel({
  spec: SingleCellNet.spec,
  model: SingleCellNet,
  datasets: ['sim-annotation', 'pbmc_facs', 'baron_mouse', 'actinn_train_1000'],
});
registerModel({
  spec: SVM.spec,
  model: SVM,
  datasets: [
    'sim-annotation',
    'actinn_train_1000',
    'pbmc_facs',
    'baron_mouse',
    'pancreas_xin_wang',
  ],
});

registerModel({
  spec: ScDeepSort.spec,
  model: ScDeepSort,
  datasets: [
    'sim-annotation',
    'actinn_train_1000',
    'pbmc_facs',
    'baron_mouse',
    'pancreas_xin_wang',
  ],
});
registerModel({
  spec: Celltypist.spec,
  model: Celltypist,
  datasets: [
    'sim-annotation',
    'actinn_train_1000',
    'pbmc_facs',
    'baron_mouse',
    'pancreas_xin_wang',
  ],
});

registerModel({
  spec: ScHeteroNet.spec,
  model: ScHeteroNet,
  datasets: [
    'sim-annotation',
    'actinn_train_1000',
    'pbmc_facs',
    'baron_mouse',
    'pancreas_xin_wang',
  ],
});
