export { getKernels, type KernelsOptions } from './get-kernels.js';
export { instantiateOnMemory, type AdamPointers, type HeapKernels } from './heap-kernels.js';
export type {
  AdamArgs,
  AdamSettings,
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
export { isVariantSupported, type WasmMemory, type WasmVariant } from './web-assembly.js';
