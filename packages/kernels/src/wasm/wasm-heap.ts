import type { WasmMemory } from '../web-assembly.js';

/** What kernels work on. */
export type Elements = Float32Array | Int32Array | Uint32Array;

/**
 * Arrays of a kernel call by what the kernel does with them; an absent one has the address 0. Those
 * written to may be longer than what the kernel fills, so they are copied in, too.
 */
export interface Lent {
  readonly read?: readonly (Elements | undefined)[];
  readonly write?: readonly (Elements | undefined)[];
}

/** A source of scratch memory. */
export interface ScratchSource {
  /** Calls `run` with the address of `bytes` bytes that are its own until it returns. */
  withRegion<T>(bytes: number, run: (address: number) => T): T;
}

const ALIGNMENT = 16;

/**
 * A WebAssembly memory on which kernels run. Arrays that are views of it are worked on where they
 * lie; others are copied in before a call and, if the kernel changes them, copied out after it.
 */
export class WasmHeap {
  /**
   * @param workspace - address of the scratch bytes that blocked kernels need
   */
  constructor(
    private readonly memory: WasmMemory,
    private readonly scratch: ScratchSource,
    readonly workspace: number,
  ) {}

  /**
   * Calls `run` with the addresses of the arrays, in the order read, write.
   *
   * Views of the memory must be made after anything that may have let it grow.
   */
  call<T>({ read = [], write = [] }: Lent, run: (...addresses: number[]) => T): T {
    const addresses: number[] = [];
    const areViews = this.addViews(read, addresses) && this.addViews(write, addresses);
    return areViews ? run(...addresses) : this.callOnCopies(read, write, run);
  }

  /** Whether an array is a view of the memory. */
  holds(array: Elements): boolean {
    return array.buffer === this.memory.buffer;
  }

  /** Adds the addresses of arrays that are views, empty or absent (0); false if one is not. */
  private addViews(arrays: readonly (Elements | undefined)[], addresses: number[]): boolean {
    const heap = this.memory.buffer;
    for (const array of arrays) {
      if (array?.buffer === heap) addresses.push(array.byteOffset);
      else if (array === undefined || array.length === 0) addresses.push(0);
      else return false;
    }
    return true;
  }

  private callOnCopies<T>(
    read: NonNullable<Lent['read']>,
    write: NonNullable<Lent['write']>,
    run: (...addresses: number[]) => T,
  ): T {
    const arrays = [...read, ...write];
    const heap = this.memory.buffer;
    const addresses = arrays.map((array) => (array?.buffer === heap ? array.byteOffset : 0));
    let bytes = 0;
    const offsets = arrays.map((array) => {
      if (array === undefined || array.buffer === heap || array.length === 0) return -1;
      const offset = bytes;
      bytes += Math.ceil(array.byteLength / ALIGNMENT) * ALIGNMENT;
      return offset;
    });
    return this.scratch.withRegion(bytes, (region) => {
      const copied = (i: number): boolean => offsets[i]! >= 0;
      for (const [i, array] of arrays.entries()) {
        if (array === undefined || !copied(i)) continue;
        const address = region + offsets[i]!;
        addresses[i] = address;
        this.view(address, array).set(bytesOf(array));
      }
      const result = run(...addresses);
      for (let i = read.length; i < arrays.length; i++) {
        if (copied(i)) bytesOf(arrays[i]!).set(this.view(addresses[i]!, arrays[i]!));
      }
      return result;
    });
  }

  private view(address: number, like: Elements): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, like.byteLength);
  }
}

function bytesOf(array: Elements): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
