import { ParamError } from '@dance-ts/core';
import type { Kernels, KernelsId } from './kernels.js';
import { plainKernels } from './plain/plain-kernels.js';
import { createWasmKernels } from './wasm/wasm-kernels.js';
import { isVariantSupported } from './web-assembly.js';

/** Options of {@link getKernels}. */
export interface KernelsOptions {
  /**
   * `auto` (default): `wasm-baseline`, whose results are the same bytes on every machine, or
   * `plain` where the engine has no WebAssembly SIMD. A name: that one or an error.
   */
  readonly variant?: KernelsId | 'auto';
  /**
   * Threads the large WebAssembly kernels may use, of which results do not depend; default the
   * environment variable DANCE_THREADS, else 1. Ignored by `plain`.
   */
  readonly threads?: number;
}

const instances = new Map<string, Promise<Kernels>>();

/**
 * The kernels to use on this machine; every call with the same variant gives the same object.
 *
 * @throws `BackendError` if a WebAssembly variant was named that the engine cannot run, or threads
 * are asked for that it does not have; `ParamError` for a number of threads below 1
 */
export function getKernels(options: KernelsOptions = {}): Promise<Kernels> {
  const variant = chooseVariant(options.variant ?? 'auto');
  if (variant === 'plain') return Promise.resolve(plainKernels);
  const isGiven = options.threads !== undefined;
  const threads = options.threads ?? threadsFromEnvironment();
  if (!Number.isInteger(threads) || threads < 1) {
    throw new ParamError(isGiven ? 'threads' : 'environment variable DANCE_THREADS', {
      got: String(threads),
      expected: 'a whole number above 0',
    });
  }
  const key = `${variant}/${threads}`;
  let instance = instances.get(key);
  if (instance === undefined) {
    instance = createWasmKernels(variant, { threads });
    instances.set(key, instance);
  }
  return instance;
}

function threadsFromEnvironment(): number {
  const host = globalThis as { process?: { env?: Record<string, string | undefined> } };
  const text = host.process?.env?.['DANCE_THREADS'];
  return text === undefined || text === '' ? 1 : Number(text);
}

function chooseVariant(wanted: KernelsId | 'auto'): KernelsId {
  if (wanted !== 'auto') return wanted;
  return isVariantSupported('wasm-baseline') ? 'wasm-baseline' : 'plain';
}
