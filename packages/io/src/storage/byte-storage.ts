/** Bytes that can be read at any position: a file, a Blob, an array in memory. */
export interface ByteSource {
  /** Path or other name, for messages. */
  readonly name: string;
  /** Number of bytes. */
  readonly size: number;
  /** Fills `target` from `position` on; returns the number of bytes read (fewer at the end). */
  read(target: Uint8Array, position: number): number;
  /** Releases what lies underneath. */
  close(): void;
}

/** Bytes that can also be written at any position. */
export interface ByteStorage extends ByteSource {
  /** Writes all of `bytes` at `position`, growing the storage where needed. */
  write(bytes: Uint8Array, position: number): void;
  /** Cuts off or extends (with zeros) to `size` bytes. */
  truncate(size: number): void;
}

/** Bytes of an array, which is neither copied nor changed. */
export class MemorySource implements ByteSource {
  constructor(
    readonly name: string,
    private readonly bytes: Uint8Array,
  ) {}

  get size(): number {
    return this.bytes.length;
  }

  read(target: Uint8Array, position: number): number {
    return copyRange(this.bytes, this.bytes.length, target, position);
  }

  close(): void {
    // Nothing is held but the caller's own array.
  }
}

/** Growing bytes in memory. */
export class MemoryStorage implements ByteStorage {
  private length: number;
  private bytes: Uint8Array;

  /** @param initial - first content; copied */
  constructor(
    readonly name: string,
    initial: Uint8Array = new Uint8Array(0),
  ) {
    this.bytes = initial.slice();
    this.length = initial.length;
  }

  get size(): number {
    return this.length;
  }

  read(target: Uint8Array, position: number): number {
    return copyRange(this.bytes, this.length, target, position);
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    if (end > this.length) this.truncate(end);
    this.bytes.set(bytes, position);
  }

  truncate(size: number): void {
    if (size > this.bytes.length) {
      const grown = new Uint8Array(Math.max(size, 2 * this.bytes.length));
      grown.set(this.bytes.subarray(0, this.length));
      this.bytes = grown;
    }
    if (size < this.length) this.bytes.fill(0, size, this.length);
    this.length = size;
  }

  close(): void {
    // The content stays readable through `toBytes`.
  }

  /** The content, as a view. */
  toBytes(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

/** The same bytes for a user who closes what it is given, while the owner goes on using them. */
export function keepOpen(source: ByteSource): ByteSource {
  return {
    name: source.name,
    size: source.size,
    read: (target, position) => source.read(target, position),
    close: () => undefined,
  };
}

/** `length` bytes from `position` on, or fewer where the source ends. */
export function readBytes(source: ByteSource, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, Math.min(length, source.size - position)));
  let filled = 0;
  while (filled < bytes.length) {
    const count = source.read(bytes.subarray(filled), position + filled);
    if (count === 0) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

function copyRange(
  bytes: Uint8Array,
  length: number,
  target: Uint8Array,
  position: number,
): number {
  const count = Math.max(0, Math.min(target.length, length - position));
  target.set(bytes.subarray(position, position + count));
  return count;
}
