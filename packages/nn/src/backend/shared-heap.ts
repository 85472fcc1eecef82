import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { BackendError, errorMessage } from '@dance-ts/core';

const PACKAGE = '@tensorflow/tfjs-backend-wasm';
const BINARY = 'tfjs-backend-wasm-simd.wasm';
/** All names that TensorFlow.js wants an address for; on this way it loads the one with SIMD. */
const NAMES = ['tfjs-backend-wasm.wasm', BINARY, 'tfjs-backend-wasm-threaded-simd.wasm'];

/** Parts of WebAssembly's binary format. */
const HEADER_BYTES = 8;
const MEMORY_SECTION = 5;
const HAS_MAXIMUM = 1;
const SHARED_WITH_MAXIMUM = 3;

interface Host {
  readonly process?: { readonly versions?: { readonly node?: string } };
  readonly WebAssembly?: { validate(bytes: Uint8Array): boolean };
}

/**
 * Lets TensorFlow.js start its WebAssembly backend on a memory that threads can share. To be called
 * before that backend is started. In a browser nothing is to be done: TensorFlow.js does so itself on
 * a cross-origin isolated page.
 *
 * In Node it has threads switched off, and its build for threads would bring workers of its own that
 * serve no kernel of ours. So it gets its build for one thread with one byte changed, the one which
 * says that the memory is not shared.
 *
 * @throws `BackendError` if that is not possible here; the backend then starts as ever
 */
export async function shareStockHeap(): Promise<void> {
  const { process, WebAssembly } = globalThis as Host;
  if (process?.versions?.node === undefined) return;
  try {
    const binary = withSharedMemory(await readStockBinary());
    if (WebAssembly?.validate(binary) !== true) throw new Error('shared memory is not supported');
    const address = `data:application/wasm;base64,${Buffer.from(binary).toString('base64')}`;
    // Were it refused to TensorFlow.js, that would wait for ever.
    await fetch(address);
    setWasmPaths(Object.fromEntries(NAMES.map((name) => [name, address])), true);
  } catch (cause) {
    throw new BackendError('TensorFlow.js has no memory that threads can share', {
      got: errorMessage(cause),
      remedy: 'Use one thread.',
      cause,
    });
  }
}

/**
 * A WebAssembly module whose own memory is shared.
 *
 * @throws `Error` if the module has no memory with a maximum, which a shared one must have
 */
export function withSharedMemory(binary: Uint8Array): Uint8Array {
  for (let at = HEADER_BYTES; at < binary.length;) {
    const section = binary[at]!;
    const { value: size, next } = unsigned(binary, at + 1);
    if (section === MEMORY_SECTION) {
      const limits = unsigned(binary, next).next;
      if (binary[limits] !== HAS_MAXIMUM) break;
      const changed = Uint8Array.from(binary);
      changed[limits] = SHARED_WITH_MAXIMUM;
      return changed;
    }
    at = next + size;
  }
  throw new Error('the module has no memory of its own with a maximum');
}

/** A number in LEB128, and where it ends. */
function unsigned(bytes: Uint8Array, start: number): { value: number; next: number } {
  let value = 0;
  for (let next = start, scale = 1; ; scale *= 128) {
    const byte = bytes[next++] ?? 0;
    value += (byte & 127) * scale;
    if (byte < 128) return { value, next };
  }
}

/** Node's modules that are needed, by names that bundlers for browsers do not look for. */
interface NodeModules {
  readonly 'node:module': {
    readonly createRequire: (from: string) => { resolve(name: string): string };
  };
  readonly 'node:fs/promises': { readonly readFile: (path: string) => Promise<Uint8Array> };
}

async function load<Name extends keyof NodeModules>(name: Name): Promise<NodeModules[Name]> {
  return (await import(name)) as NodeModules[Name];
}

async function readStockBinary(): Promise<Uint8Array> {
  const { createRequire } = await load('node:module');
  const { readFile } = await load('node:fs/promises');
  return readFile(createRequire(import.meta.url).resolve(`${PACKAGE}/dist/${BINARY}`));
}
