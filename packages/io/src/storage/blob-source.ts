import { IoError } from '@dance-ts/core';
import { MemorySource, type ByteSource } from './byte-storage.js';
import type { DataFolder } from './data-folder.js';

/** The synchronous reader that browsers offer inside workers. */
interface SyncReader {
  readAsArrayBuffer(blob: Blob): ArrayBuffer;
}

/**
 * A Blob or File as bytes. Inside a browser's worker only the ranges asked for are read; elsewhere
 * the whole Blob is loaded, since no other synchronous access exists.
 */
export async function openBlob(blob: Blob): Promise<ByteSource> {
  const name = 'name' in blob && typeof blob.name === 'string' ? blob.name : 'the given Blob';
  const { FileReaderSync: Reader } = globalThis as { FileReaderSync?: new () => SyncReader };
  if (Reader !== undefined) return new BlobSource(name, blob, new Reader());
  return new MemorySource(name, new Uint8Array(await blob.arrayBuffer()));
}

/** Files that a user chose, as a folder. */
export function folderOfFiles(files: Iterable<File>): DataFolder {
  const byName = new Map([...files].map((file) => [file.name, file]));
  return {
    name: 'the given files',
    files: [...byName.keys()].sort(),
    open: async (name) => {
      const file = byName.get(name);
      if (file === undefined) throw new IoError(`there is no file ${name} among the given ones`);
      return openBlob(file);
    },
  };
}

class BlobSource implements ByteSource {
  constructor(
    readonly name: string,
    private readonly blob: Blob,
    private readonly reader: SyncReader,
  ) {}

  get size(): number {
    return this.blob.size;
  }

  read(target: Uint8Array, position: number): number {
    const range = this.blob.slice(position, position + target.length);
    target.set(new Uint8Array(this.reader.readAsArrayBuffer(range)));
    return range.size;
  }

  close(): void {
    // A Blob needs no closing.
  }
}
