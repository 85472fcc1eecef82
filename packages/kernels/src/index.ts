export { UNARY_FUNCTIONS } from './contract/elementwise.js';
export type * from './contract/dense.js';
export type * from './contract/random.js';
export type * from './contract/elementwise.js';
export { getKernels, type KernelsOptions } from './get-kernels.js';
export type * from './contract/graph.js';
export type * from './contract/graph-reconstruction.js';
export type * from './contract/likelihood.js';
export type * from './contract/matrix.js';
export type * from './contract/optimizers.js';
export type * from './contract/normalization.js';
export type * from './contract/clustering.js';
export type * from './contract/reductions.js';
export type { Kernels, KernelsId } from './kernels.js';
export { plainKernels } from './plain/plain-kernels.js';
export { instantiateOnMemory, type Allocator, type OnMemoryOptions } from './wasm/on-memory.js';
export {
  isSharedMemory,
  isVariantSupported,
  type WasmMemory,
  type WasmVariant,
} from './web-assembly.js';
