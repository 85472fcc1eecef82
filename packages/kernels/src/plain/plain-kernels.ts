import type { Kernels } from '../kernels.js';
import {
  plainEdgeSoftmax,
  plainEdgeSoftmaxGradient,
  plainGatAggregate,
  plainGatAggregateGradient,
} from './attention.js';
import {
  plainBiasActivation,
  plainBiasGradient,
  plainScaleRows,
  plainSquaredError,
  plainTranspose,
} from './dense.js';
import { plainDropoutMask } from './dropout.js';
import { plainPower, plainUnary } from './elementwise.js';
import { plainGemm } from './gemm.js';
import { plainGraphReconstruction } from './graph-reconstruction.js';
import { plainZinb } from './likelihood.js';
import { plainNearest } from './nearest.js';
import { plainNormalNoise } from './noise.js';
import { plainAdadelta, plainAdagrad, plainAdam, plainRmsprop, plainSgd } from './optimizers.js';
import {
  plainBatchNorm,
  plainBatchNormFixed,
  plainBatchNormGradient,
  plainLayerNorm,
  plainLayerNormGradient,
} from './normalization.js';
import {
  plainSoftAssign,
  plainSoftAssignGradient,
  plainSoftmax,
  plainSoftmaxGradient,
} from './clustering.js';
import { plainSumColumns, plainSumRows } from './reductions.js';
import { plainGatherRows, plainSegmentSum } from './rows.js';
import { plainEdgeAggregate, plainSddmm } from './sddmm.js';
import { plainSegmentMax, plainSegmentMaxGradient } from './segment-reduce.js';
import { plainSpmm } from './spmm.js';
import { plainSquaredDistances } from './squared-distances.js';

/** The kernels in plain TypeScript: available everywhere, and the reference for the others. */
export const plainKernels: Kernels = {
  id: 'plain',
  unary: plainUnary,
  power: plainPower,
  zinb: plainZinb,
  graphReconstruction: plainGraphReconstruction,
  gemm: plainGemm,
  biasActivation: plainBiasActivation,
  biasGradient: plainBiasGradient,
  scaleRows: plainScaleRows,
  transpose: plainTranspose,
  dropoutMask: plainDropoutMask,
  normalNoise: plainNormalNoise,
  squaredError: plainSquaredError,
  batchNorm: plainBatchNorm,
  batchNormFixed: plainBatchNormFixed,
  batchNormGradient: plainBatchNormGradient,
  layerNorm: plainLayerNorm,
  layerNormGradient: plainLayerNormGradient,
  softmax: plainSoftmax,
  softmaxGradient: plainSoftmaxGradient,
  softAssign: plainSoftAssign,
  softAssignGradient: plainSoftAssignGradient,
  sumColumns: plainSumColumns,
  sumRows: plainSumRows,
  spmm: plainSpmm,
  squaredDistances: plainSquaredDistances,
  nearest: plainNearest,
  gatherRows: plainGatherRows,
  segmentSum: plainSegmentSum,
  sddmm: plainSddmm,
  edgeAggregate: plainEdgeAggregate,
  edgeSoftmax: plainEdgeSoftmax,
  edgeSoftmaxGradient: plainEdgeSoftmaxGradient,
  gatAggregate: plainGatAggregate,
  gatAggregateGradient: plainGatAggregateGradient,
  segmentMax: plainSegmentMax,
  segmentMaxGradient: plainSegmentMaxGradient,
  adam: plainAdam,
  sgd: plainSgd,
  rmsprop: plainRmsprop,
  adadelta: plainAdadelta,
  adagrad: plainAdagrad,
};
