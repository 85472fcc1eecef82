export { UNARY_FUNCTIONS } from './contract/elementwise.js';
export type * from './contract/elementwise.js';
export { getKernels, type KernelsOptions } from './get-kernels.js';
export type * from './contract/matrix.js';
export type * from './contract/optimizers.js';
export type { Kernels, KernelsId } from './kernels.js';
export { plainKernels } from './plain/plain-kernels.js';
export { instantiateOnMemory, type Allocator } from './wasm/on-memory.js';
export { isVariantSupported, type WasmMemory, type WasmVariant } from './web-assembly.js';
