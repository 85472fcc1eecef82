import { FormatError, IoError, Pacer } from '@dance-ts/core';
import { readBytes, type ByteSource } from '../storage/byte-storage.js';
import { MemoryBudget, type ReadOptions } from '../storage/read-options.js';
import type { ChunkStore } from './chunks/chunk-store.js';
import { hdf5Reason, toFormatError } from './h5-errors.js';
import { closeQuietly, loadH5, type H5Module } from './h5-library.js';
import { mountBytes } from './h5-mount.js';

/** How an HDF5 file is opened for reading. */
export type H5ReadOptions = ReadOptions;

const SIGNATURE = Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a);

/** What all views of an open file share. */
interface H5Handle {
  readonly module: H5Module;
  /** The library's handle of the open file. */
  readonly id: bigint;
  readonly source: ByteSource;
  /** Position of the HDF5 part in the source. */
  readonly base: number;
  /** Datasets whose chunks are read without the library, by path. */
  readonly chunkStores: Map<string, ChunkStore>;
  isClosed: boolean;
}

/** An HDF5 file that is open for reading, with the memory budget of one task. */
export class H5File {
  /** Lets the event loop run between blocks of values. */
  readonly pacer: Pacer;
  /** The library's handle of the open file. */
  readonly id: bigint;
  readonly module: H5Module;
  private readonly budget: MemoryBudget;

  constructor(
    private readonly handle: H5Handle,
    /** Path or other name, for messages. */
    readonly name: string,
    private readonly options: H5ReadOptions,
  ) {
    this.id = handle.id;
    this.module = handle.module;
    this.pacer = new Pacer(options.signal);
    this.budget = new MemoryBudget(name, options.memoryBudget);
  }

  /** The bytes of the file. */
  get source(): ByteSource {
    return this.handle.source;
  }

  /** Position of the HDF5 part in the source. */
  get base(): number {
    return this.handle.base;
  }

  /** Datasets whose chunks are read without the library, by path. */
  get chunkStores(): Map<string, ChunkStore> {
    return this.handle.chunkStores;
  }

  /** The same open file for another task: with a budget and a signal of its own. */
  forTask(options: H5ReadOptions = {}): H5File {
    return new H5File(this.handle, this.name, { ...this.options, ...options });
  }

  /**
   * Runs a call into the library; its errors are reported as errors of `element`.
   *
   * @throws IoError if the file was closed
   */
  guard<T>(element: string, action: () => T): T {
    if (this.handle.isClosed) {
      throw new IoError(`${this.name} was closed`, { remedy: 'Open it again.' });
    }
    try {
      return action();
    } catch (error) {
      throw toFormatError(error, this.name, element);
    }
  }

  /**
   * Counts memory that is about to be taken.
   *
   * @throws FormatError if it exceeds the budget
   */
  claim(bytes: number, element: string): void {
    this.budget.claim(bytes, element);
  }
}

/**
 * Opens an HDF5 file for reading, hands it to `use`, and closes it and its source whatever happens.
 *
 * @throws FormatError if it is no HDF5 file, is cut short or damaged
 */
export async function withH5File<T>(
  source: ByteSource,
  options: H5ReadOptions,
  use: (file: H5File) => Promise<T> | T,
): Promise<T> {
  const { file, close } = await openH5File(source, options);
  try {
    return await use(file);
  } finally {
    close();
  }
}

/**
 * Opens an HDF5 file for reading until `close` is called, which closes its source as well.
 *
 * @throws FormatError if it is no HDF5 file, is cut short or damaged; the source is closed then
 */
export async function openH5File(
  source: ByteSource,
  options: H5ReadOptions,
): Promise<{ readonly file: H5File; readonly close: () => void }> {
  let unmount = (): void => undefined;
  try {
    const base = findSignature(source);
    const module = await loadH5();
    const mount = mountBytes(module, source);
    unmount = () => {
      mount.unmount();
    };
    const id = openForReading(module, mount.path, source.name);
    const handle = { module, id, source, base, chunkStores: new Map(), isClosed: false };
    const close = (): void => {
      if (handle.isClosed) return;
      handle.isClosed = true;
      closeQuietly(module, id);
      unmount();
      source.close();
    };
    return { file: new H5File(handle, source.name, options), close };
  } catch (error) {
    unmount();
    source.close();
    throw error;
  }
}

/**
 * Where the HDF5 part of a file begins: at 0, or after a user block of 512, 1024, ... bytes.
 *
 * @throws FormatError if there is none
 */
export function findSignature(source: ByteSource): number {
  const at = signatureAt(source);
  if (at !== undefined) return at;
  throw new FormatError(`${source.name} is not an HDF5 file`, {
    got: describeContent(readBytes(source, 0, 64)),
    expected: 'an .h5ad or another HDF5 file',
    remedy: 'Check that the right file was named, and unpack it if it is compressed.',
  });
}

/** True if the bytes of a file are those of HDF5. */
export function isHdf5(source: ByteSource): boolean {
  return signatureAt(source) !== undefined;
}

function signatureAt(source: ByteSource): number | undefined {
  for (let at = 0; at + SIGNATURE.length <= source.size; at = at === 0 ? 512 : 2 * at) {
    const bytes = readBytes(source, at, SIGNATURE.length);
    if (SIGNATURE.every((byte, i) => bytes[i] === byte)) return at;
  }
  return undefined;
}

/** What a file seems to be, judged by its first bytes. */
export function describeContent(head: Uint8Array): string {
  if (head.length === 0) return 'an empty file';
  if (head[0] === 0x1f && head[1] === 0x8b) return 'a gzip archive';
  if (head[0] === 0x50 && head[1] === 0x4b) return 'a zip archive';
  const isText = head.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d));
  return isText ? 'a text file' : 'unknown binary content';
}

function openForReading(module: H5Module, path: string, name: string): bigint {
  try {
    return module.open(path, module.H5F_ACC_RDONLY, false, -1, -1);
  } catch (error) {
    const reason = hdf5Reason(error);
    const sizes = /truncated file: eof = (\d+).*stored_eof = (\d+)/.exec(reason);
    if (sizes !== null) {
      throw new FormatError(`${name} is cut short`, {
        got: `${sizes[1]!} bytes`,
        expected: sizes[2]!,
        remedy: 'Download or copy it again.',
        cause: error,
      });
    }
    throw toFormatError(error, name, 'the file header');
  }
}
