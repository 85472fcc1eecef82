export { getKernels } from './get-kernels.js';
export type {
  AdamArgs,
  GatherRowsArgs,
  GemmArgs,
  Kernels,
  KernelsId,
  NearestArgs,
  SegmentSumArgs,
  SpmmArgs,
  SquaredDistanceArgs,
} from './kernels.js';
export { plainKernels } from './plain/plain-kernels.js';
