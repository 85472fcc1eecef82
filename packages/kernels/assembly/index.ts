// Exports of the kernel module. Written in AssemblyScript: a TypeScript dialect that compiles to
// WebAssembly. `usize` parameters are addresses in bytes; the module owns no memory and keeps no
// state, so it can work on any WebAssembly.Memory.
export { edgeSoftmax, edgeSoftmaxGradient, gatAggregate, gatAggregateGradient } from './attention';
export { dropoutMask } from './dropout';
export { biasActivation, biasGradient, scaleRows, squaredError } from './dense';
export { gemm, gemmPart, squaredDistances, tileWorkspaceBytes } from './blocked-tiles';
export {
  graphReconstruction,
  graphReconstructionBlock,
  graphReconstructionBlockSize,
  graphReconstructionLinks,
} from './graph-reconstruction';
export { likelihoodWorkspaceBytes, zinb } from './likelihood';
export { nearest, nearestWorkspaceBytes } from './nearest';
export { normalNoise } from './noise';
export { power, unary } from './elementwise';
export { adadelta, adagrad, adam, rmsprop, sgd } from './optimizers';
export { layerNorm, layerNormGradient } from './layer-normalization';
export { batchNorm, batchNormFixed, batchNormGradient } from './normalization';
export { softAssign, softAssignGradient } from './soft-assign';
export { softmax, softmaxGradient } from './softmax';
export { sumColumns, sumRows } from './reductions';
export { gatherRows, segmentSum } from './rows';
export { edgeAggregate, sddmm } from './sddmm';
export { segmentMax, segmentMaxGradient } from './segments';
export { spmm } from './spmm';
export { transpose } from './transpose';
