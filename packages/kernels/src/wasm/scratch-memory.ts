import { BackendError } from '@dance-ts/core';
import type { WasmMemory } from '../web-assembly.js';
import type { ScratchSource } from './wasm-heap.js';

const PAGE_BYTES = 65536;
const ALIGNMENT = 64;
const LIMIT_BYTES = 2 ** 32;

type Elements = Float32Array | Int32Array;

/**
 * A WebAssembly memory used afresh by each kernel call: laid out, filled, read, forgotten. A fixed
 * workspace comes first.
 */
export class ScratchMemory implements ScratchSource {
  /** Address of the workspace. */
  readonly workspace = ALIGNMENT;
  private readonly start: number;

  constructor(
    private readonly memory: WasmMemory,
    workspaceBytes = 0,
  ) {
    this.start = ALIGNMENT + Math.ceil(workspaceBytes / ALIGNMENT) * ALIGNMENT;
    this.ensure(this.start);
  }

  /** Lends one region, whose address no nested call may ask for. */
  withRegion<T>(bytes: number, run: (address: number) => T): T {
    return run(this.layout(bytes)[0]);
  }

  /**
   * Addresses of regions of the given sizes, aligned to 64 bytes and never 0; earlier regions are
   * given up. Grows the memory, which never shrinks.
   *
   * @throws BackendError if the regions need more than a memory can hold
   */
  layout<const Sizes extends readonly number[]>(...bytes: Sizes): { [I in keyof Sizes]: number } {
    let end = this.start;
    const addresses = bytes.map((size) => {
      const address = end;
      end += Math.ceil(size / ALIGNMENT) * ALIGNMENT;
      return address;
    });
    this.ensure(end);
    return addresses as { [I in keyof Sizes]: number };
  }

  /** Copies `source` to `address`. */
  write(address: number, source: Elements): void {
    new Uint8Array(this.memory.buffer, address, source.byteLength).set(bytesOf(source));
  }

  /** Fills `target` from `address`. */
  read(address: number, target: Elements): void {
    bytesOf(target).set(new Uint8Array(this.memory.buffer, address, target.byteLength));
  }

  private ensure(bytes: number): void {
    const missing = bytes - this.memory.buffer.byteLength;
    if (missing <= 0) return;
    try {
      this.memory.grow(Math.ceil(missing / PAGE_BYTES));
    } catch (cause) {
      throw new BackendError('A kernel needs more memory than WebAssembly can give', {
        got: `${bytes} bytes`,
        expected: `less than ${LIMIT_BYTES}`,
        remedy: "Work on smaller blocks, or use the 'plain' kernels.",
        cause,
      });
    }
  }
}

function bytesOf(array: Elements): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
