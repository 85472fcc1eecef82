import { errorMessage } from '@dance-ts/core';

/** Parts of WebAssembly's binary format. */
const HEADER_BYTES = 8;
const MEMORY_SECTION = 5;
const HAS_MAXIMUM = 1;
const SHARED_WITH_MAXIMUM = 3;

type Instantiate = (source: unknown, imports?: object) => Promise<unknown>;

interface Host {
  readonly SharedArrayBuffer?: unknown;
  readonly WebAssembly?: { instantiate: Instantiate };
}

let isStarting = false;

/**
 * Lets TensorFlow.js start its WebAssembly backend on a memory that threads can share. In a browser
 * it does so itself on a cross-origin isolated page. In Node it has threads switched off, and its
 * build for threads would bring workers of its own that serve no kernel of ours. So it gets its build
 * for one thread with one byte changed, the one which says that the memory is not shared; where that
 * fails, the build as it is.
 *
 * @param start - starts the backend; for so long the function that instantiates modules is another
 * @returns why the memory is not shared, undefined if it is or if nothing was instantiated
 */
export async function shareStockHeap(start: () => Promise<void>): Promise<string | undefined> {
  const { WebAssembly, SharedArrayBuffer } = globalThis as Host;
  if (WebAssembly === undefined || SharedArrayBuffer === undefined) {
    await start();
    return 'this environment has no shared memory';
  }
  if (isStarting) {
    // Of two starts at a time TensorFlow.js keeps one.
    await start();
    return undefined;
  }
  isStarting = true;
  let problem: string | undefined;
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = async (source, imports) => {
    const binary = isStockImport(imports) ? bytesOf(source) : undefined;
    if (binary !== undefined) {
      try {
        return await instantiate.call(WebAssembly, withSharedMemory(binary), imports);
      } catch (error) {
        problem = errorMessage(error);
      }
    }
    return instantiate.call(WebAssembly, source, imports);
  };
  try {
    await start();
  } finally {
    WebAssembly.instantiate = instantiate;
    isStarting = false;
  }
  return problem;
}

/** Whether these are for a module made by Emscripten, as no module of ours is. */
function isStockImport(imports: object | undefined): boolean {
  return imports !== undefined && 'wasi_snapshot_preview1' in imports;
}

/** Undefined for a module that is compiled already. */
function bytesOf(source: unknown): Uint8Array | undefined {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (!ArrayBuffer.isView(source)) return undefined;
  return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
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
