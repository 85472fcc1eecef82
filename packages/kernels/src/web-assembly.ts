import { BackendError } from '@dance-ts/core';
import { WASM_BASELINE_SHARED } from './generated/wasm-baseline-shared.js';
import { WASM_BASELINE } from './generated/wasm-baseline.js';
import { WASM_RELAXED_SHARED } from './generated/wasm-relaxed-shared.js';
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

/** A compiled module. */
export interface WasmModule {
  readonly moduleBrand?: never;
}

interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<WasmModule>;
  instantiate(module: WasmModule, imports: object): Promise<{ readonly exports: unknown }>;
  readonly Memory: new (options: {
    initial: number;
    maximum?: number;
    shared?: boolean;
  }) => WasmMemory;
}

const BINARIES: Readonly<Record<WasmVariant, string>> = {
  'wasm-baseline': WASM_BASELINE,
  'wasm-relaxed': WASM_RELAXED,
};

/** The same for a memory that threads share. */
const SHARED_BINARIES: Readonly<Record<WasmVariant, string>> = {
  'wasm-baseline': WASM_BASELINE_SHARED,
  'wasm-relaxed': WASM_RELAXED_SHARED,
};

const MAXIMUM_PAGES = 65536;

const modules = new Map<string, Promise<WasmModule>>();

/** Variants that were validated, by the engine that did it; validating again takes milliseconds. */
const validated = new WeakMap<WebAssemblyApi, Map<WasmVariant, boolean>>();

/** Whether this engine can run the variant; false where there is no WebAssembly at all. */
export function isVariantSupported(variant: WasmVariant): boolean {
  const api = webAssembly();
  if (api === undefined) return false;
  const known = validated.get(api) ?? new Map<WasmVariant, boolean>();
  validated.set(api, known);
  const isSupported = known.get(variant) ?? api.validate(bytesOf(BINARIES[variant]));
  known.set(variant, isSupported);
  return isSupported;
}

/**
 * Instantiates the variant on `memory`, shared by threads or not, which it does not touch until a
 * kernel is called.
 *
 * @returns the exports of `assembly/index.ts`
 * @throws BackendError if the engine does not support the variant
 */
export async function instantiateVariant(
  variant: WasmVariant,
  memory: WasmMemory,
): Promise<unknown> {
  const module = await compileFor(memory, variant);
  const instance = await requireVariant(variant).instantiate(module, { env: { memory } });
  return instance.exports;
}

/** Whether threads can share the memory. */
export function isSharedMemory({ buffer }: WasmMemory): boolean {
  return Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]';
}

/** The module that fits the memory; one of a shared memory can be sent to threads. */
export function compileFor(memory: WasmMemory, variant: WasmVariant): Promise<WasmModule> {
  return isSharedMemory(memory)
    ? compile(`${variant}-shared`, SHARED_BINARIES[variant], variant)
    : compile(variant, BINARIES[variant]);
}

function compile(key: string, binary: string, variant = key as WasmVariant): Promise<WasmModule> {
  let module = modules.get(key);
  if (module === undefined) {
    module = requireVariant(variant).compile(bytesOf(binary));
    modules.set(key, module);
  }
  return module;
}

/**
 * A new memory of one page.
 *
 * @param shared - whether threads can share it
 * @throws BackendError if the engine does not support the variant it is meant for
 */
export function createMemory(variant: WasmVariant, shared = false): WasmMemory {
  const { Memory } = requireVariant(variant);
  if (!shared) return new Memory({ initial: 1 });
  return new Memory({ initial: 1, maximum: MAXIMUM_PAGES, shared: true });
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

function bytesOf(binary: string): Uint8Array {
  const characters = atob(binary);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
