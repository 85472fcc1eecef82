import type { Kernels, KernelsId } from './kernels.js';
import { plainKernels } from './plain/plain-kernels.js';
import { createWasmKernels } from './wasm/wasm-kernels.js';
import { isVariantSupported, type WasmVariant } from './web-assembly.js';

/** Options of {@link getKernels}. */
export interface KernelsOptions {
  /**
   * `auto` (default): `wasm-baseline`, whose results are the same bytes on every machine, or
   * `plain` where the engine has no WebAssembly SIMD. A name: that one or an error.
   */
  readonly variant?: KernelsId | 'auto';
}

const instances = new Map<WasmVariant, Promise<Kernels>>();

/**
 * The kernels to use on this machine; every call with the same variant gives the same object.
 *
 * @throws `BackendError` if a WebAssembly variant was named that the engine cannot run
 */
export function getKernels(options: KernelsOptions = {}): Promise<Kernels> {
  const variant = chooseVariant(options.variant ?? 'auto');
  if (variant === 'plain') return Promise.resolve(plainKernels);
  let instance = instances.get(variant);
  if (instance === undefined) {
    instance = createWasmKernels(variant);
    instances.set(variant, instance);
  }
  return instance;
}

function chooseVariant(wanted: KernelsId | 'auto'): KernelsId {
  if (wanted !== 'auto') return wanted;
  return isVariantSupported('wasm-baseline') ? 'wasm-baseline' : 'plain';
}
