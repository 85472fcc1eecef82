import { registerModel } from '@dance-ts/core';
import { DeepImpute } from './deepimpute.js';
import { GraphSCI } from './graphsci.js';
import { MAGIC } from './magic.js';
import { ScGNN } from './scgnn.js';
import { ScGNN2 } from './scgnn2.js';

export {
  DeepImpute,
  type DeepImputeFitParams,
  type DeepImputeParams,
  type DeepImputePreprocessParams,
} from './deepimpute.js';
export type { KeepObserved } from './complete-matrix.js';
export { toLogNormalized, type ExpressionScale } from './expression-scale.js';
export {
  GraphSCI,
  type GraphSCIFitParams,
  type GraphSCIParams,
  type GraphSCIPreprocessParams,
} from './graphsci.js';
export { heldOutScores, type HeldOutScoreOptions, type Seen } from './held-out-scores.js';
export {
  holdOutCounts,
  holdOutEntries,
  type HeldOut,
  type HeldOutCounts,
  type HeldOutEntries,
  type HoldOutOptions,
  validationEntries,
  VALIDATION_LAYER,
} from './held-out.js';
export {
  ImputationModel,
  type AnyImputationModel,
  type Imputation,
  type ImputationScoreOptions,
  type ImputeOptions,
} from './imputation-model.js';
export {
  MAGIC,
  type MAGICFitParams,
  type MAGICParams,
  type MAGICPreprocessParams,
} from './magic.js';
export { lineScores, maskedScore, maskedScores, type EntryPairs } from './masked-scores.js';
export {
  ScGNN,
  type ScGNNFitParams,
  type ScGNNParams,
  type ScGNNPreprocessParams,
} from './scgnn.js';
export {
  ScGNN2,
  type ScGNN2FitParams,
  type ScGNN2Params,
  type ScGNN2PreprocessParams,
} from './scgnn2.js';
export {
  structureScores,
  type StructureOptions,
  type StructureScores,
} from './structure-scores.js';

registerModel({
  spec: DeepImpute.spec,
  model: DeepImpute,
  datasets: ['sim-imputation', 'pbmc4k_top2000', 'zeisel_saver_200', 'grun_mesc_251'],
});
registerModel({
  spec: GraphSCI.spec,
  model: GraphSCI,
  datasets: ['sim-imputation', 'pbmc4k_top2000', 'mouse_es_klein_1000x900', 'zeisel_saver_200'],
});
registerModel({
  spec: MAGIC.spec,
  model: MAGIC,
  datasets: ['sim-imputation', 'pbmc4k_top2000', 'zeisel_saver_200', 'grun_mesc_251'],
});
registerModel({
  spec: ScGNN.spec,
  model: ScGNN,
  datasets: ['sim-imputation', 'pbmc4k_top2000', 'mouse_es_klein_1000x900', 'zeisel_saver_200'],
});
registerModel({
  spec: ScGNN2.spec,
  model: ScGNN2,
  datasets: ['sim-imputation', 'pbmc4k_top2000', 'mouse_es_klein_1000x900', 'zeisel_saver_200'],
});
