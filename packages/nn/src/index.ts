export { diagnoseDevices, type DeviceReport, type Diagnosis } from './backend/diagnose.js';
export {
  currentBackend,
  DEVICES,
  selectBackend,
  TFJS_VERSION,
  type Backend,
  type BackendOptions,
  type Device,
} from './backend/select-backend.js';
export { loadSystemBlas, type BlasOptions, type SystemBlas } from './backend/system-blas.js';
export * from './explain/index.js';
export { torchLinear, uniform, xavierNormal, xavierUniform } from './init/initializers.js';
export {
  ACTIVATIONS,
  activation,
  type Activation,
  type ActivationName,
} from './layers/activation.js';
export { BatchNorm } from './layers/batch-norm.js';
export { dropout, dropoutMatrix, fillDropoutMask } from './layers/dropout.js';
export * from './layers/graph/index.js';
export {
  CountHeads,
  GaussianHead,
  sampleGaussian,
  type CountLogits,
  type Gaussian,
} from './layers/heads.js';
export { LayerNorm } from './layers/layer-norm.js';
export { Linear, type LinearOptions } from './layers/linear.js';
export { Mlp, type MlpOptions, type Mode } from './layers/mlp.js';
export { applyToFeatures, type Features, type SparseFeatures } from './layers/sparse-features.js';
export {
  aggregateMessages,
  columnDegrees,
  rowDegrees,
  targetScale,
  WeightedBipartiteConv,
  type MessageArgs,
  type WeightedBipartiteConvOptions,
} from './layers/weighted-bipartite-conv.js';
export * from './losses/index.js';
export {
  ZINB_ACTIVATIONS,
  ZinbAutoencoder,
  type EncoderNoise,
  type ZinbAutoencoderOptions,
} from './layers/zinb-autoencoder.js';
export { dense } from './ops/dense.js';
export * from './ops/graph/index.js';
export { batchNorm, batchNormFixed, layerNorm, type Normalized } from './ops/normalization.js';
export { normalNoise } from './ops/random.js';
export { gatherRows, segmentSum } from './ops/rows.js';
export { SparseOperand, spmm } from './ops/spmm.js';
export * from './optim/index.js';
export { Parameter, ParameterSet } from './parameters.js';
export { BatchBuffer } from './train/batch-buffer.js';
export { BipartiteSampler, type BipartiteSample } from './train/bipartite-sampler.js';
export { EarlyStopping, type EarlyStoppingOptions } from './train/early-stopping.js';
export {
  shuffledBatches,
  trainEpochs,
  type Terms,
  type TrainOptions,
} from './train/train-epochs.js';
export { TrainingState, type ProgressStore } from './train/training-state.js';
