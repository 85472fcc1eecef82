export {
  currentBackend,
  DEVICES,
  selectBackend,
  TFJS_VERSION,
  type Backend,
  type BackendOptions,
  type Device,
} from './backend/select-backend.js';
export { torchLinear, uniform, xavierNormal, xavierUniform } from './init/initializers.js';
export {
  ACTIVATIONS,
  activation,
  type Activation,
  type ActivationName,
} from './layers/activation.js';
export { BatchNorm } from './layers/batch-norm.js';
export { dropout, dropoutMatrix, fillDropoutMask } from './layers/dropout.js';
export { Linear } from './layers/linear.js';
export { bceWithLogits, selfLinkLoss, type BceOptions } from './losses/inner-product.js';
export { gatherRows, segmentSum } from './ops/rows.js';
export { SparseOperand, spmm } from './ops/spmm.js';
export * from './optim/index.js';
export { Parameter, ParameterSet } from './parameters.js';
export {
  shuffledBatches,
  trainEpochs,
  type Terms,
  type TrainOptions,
} from './train/train-epochs.js';
export { TrainingState } from './train/training-state.js';
export {
  aggregateMessages,
  columnDegrees,
  rowDegrees,
  targetScale,
  WeightedBipartiteConv,
  type MessageArgs,
  type WeightedBipartiteConvOptions,
} from './layers/weighted-bipartite-conv.js';
