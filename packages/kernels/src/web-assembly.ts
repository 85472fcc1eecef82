import { BackendError } from '@dance-ts/core';
import { WASM_BASELINE } from './generated/wasm-baseline.js';
import { WASM_RELAXED } from './generated/wasm-relaxed.js';

/**
 * The part of `WebAssembly.Memory` that is needed. Declared here because neither the language
 * library nor Node's types name WebAssembly; the real class fits it.
 */
export interface WasmMemory {
  readonly buffer: ArrayBufferLike;
  /** Adds pages of 64 KiB, which detaches all views of the old buffer; returns the old size. */
  grow(pages: number): number;
}

/**
 * The two builds of the kernels: `wasm-baseline` uses only SIMD that is exactly specified,
 * `wasm-relaxed` fused multiply-add where the processor has it.
 */
export type WasmVariant = 'wasm-baseline' | 'wasm-relaxed';

interface WasmModule {
  readonly moduleBrand?: never;
}

interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<WasmModule>;
  instantiate(module: WasmModule, imports: object): Promise<{ readonly exports: unknown }>;
  readonly Memory: new (options: { initial: number }) => WasmMemory;
}

const BINARIES: Readonly<Record<WasmVariant, string>> = {
  'wasm-baseline': WASM_BASELINE,
  'wasm-relaxed': WASM_RELAXED,
};

const modules = new Map<WasmVariant, Promise<WasmModule>>();

/** Whether this engine can run the variant; false where there is no WebAssembly at all. */
export function isVariantSupported(variant: WasmVariant): boolean {
  return webAssembly()?.validate(binary(variant)) ?? false;
}

/**
 * Instantiates the variant on `memory`, which it does not touch until a kernel is called.
 *
 * @returns the exports of `assembly/index.ts`
 * @throws BackendError if the engine does not support the variant
 */
export async function instantiateVariant(
  variant: WasmVariant,
  memory: WasmMemory,
): Promise<unknown> {
  const api = requireVariant(variant);
  let module = modules.get(variant);
  if (module === undefined) {
    module = api.compile(binary(variant));
    modules.set(variant, module);
  }
  const instance = await api.instantiate(await module, { env: { memory } });
  return instance.exports;
}

/**
 * A new memory of one page.
 *
 * @throws BackendError if the engine does not support the variant it is meant for
 */
export function createMemory(variant: WasmVariant): WasmMemory {
  return new (requireVariant(variant).Memory)({ initial: 1 });
}

function requireVariant(variant: WasmVariant): WebAssemblyApi {
  const api = webAssembly();
  if (api === undefined || !isVariantSupported(variant)) {
    throw new BackendError(`This JavaScript engine cannot run the ${variant} kernels`, {
      expected: 'WebAssembly with SIMD, and relaxed SIMD for wasm-relaxed (Node 22 or later)',
      remedy: "Use the variant 'auto'.",
    });
  }
  return api;
}

function webAssembly(): WebAssemblyApi | undefined {
  return (globalThis as { readonly WebAssembly?: WebAssemblyApi }).WebAssembly;
}

function binary(variant: WasmVariant): Uint8Array {
  return Uint8Array.from(atob(BINARIES[variant]), (character) => character.charCodeAt(0));
}
