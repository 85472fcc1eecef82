import { setFlagsFromString } from 'node:v8';
import { Rng } from '@dance-ts/core';
import { getKernels } from '../get-kernels.js';
import type { Kernels, KernelsId } from '../kernels.js';
import { createWasmKernels } from '../wasm/wasm-kernels.js';

// Node 20 has relaxed SIMD behind a flag; the library never sets flags, the tests may.
setFlagsFromString('--experimental-wasm-relaxed-simd');

/** Every implementation. */
export const VARIANTS: readonly KernelsId[] = ['plain', 'wasm-baseline', 'wasm-relaxed'];

export function loadVariant(variant: KernelsId): Promise<Kernels> {
  return getKernels({ variant });
}

/** Baseline kernels that copy as little as possible at once, to run through many blocks. */
export function loadTinyBlocks(): Promise<Kernels> {
  return createWasmKernels('wasm-baseline', { blockBytes: 64 });
}

/** Numbers in [-1, 1). */
export function uniform(count: number, seed: number): Float32Array {
  const rng = Rng.fromSeed(seed);
  return Float32Array.from({ length: count }, () => 2 * rng.uniform() - 1);
}

/** Whole numbers in [0, bound). */
export function integers(count: number, bound: number, seed: number): Int32Array {
  const rng = Rng.fromSeed(seed);
  return Int32Array.from({ length: count }, () => rng.int(bound));
}

/** The largest |actual - expected| / (scale or 1) over all elements; NaN if any is NaN. */
export function largestError(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  scale?: ArrayLike<number>,
): number {
  let largest = actual.length < expected.length ? NaN : 0;
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!) / (scale?.[i] ?? 1);
    largest = Number.isNaN(error) ? NaN : Math.max(largest, error);
  }
  return largest;
}
