import { numericColumn, type AnnData } from '@dance-ts/core';
import { MemorySource } from '../storage/byte-storage.js';
import type { DataFolder } from '../storage/data-folder.js';

/** Text or bytes as an open file. */
export function memorySource(content: string | Uint8Array, name = 'the file'): MemorySource {
  return new MemorySource(
    name,
    typeof content === 'string' ? new TextEncoder().encode(content) : content,
  );
}

/** Texts or bytes as files of a folder. */
export function memoryFolder(files: Readonly<Record<string, string | Uint8Array>>): DataFolder {
  return {
    name: 'the folder',
    files: Object.keys(files).sort(),
    open: (file) => Promise.resolve(memorySource(files[file]!, `the folder/${file}`)),
  };
}

/** Sets what stands where a column of obs has no value to 0, as the writers do. */
export function clearMissing(data: AnnData, name: string): void {
  const column = data.obs.get(name);
  if (column.kind !== 'numeric' || column.missing === undefined) return;
  const { values, dtype, missing } = column;
  const cleared = values.map((value: number, i: number) => (missing[i] === 1 ? 0 : value));
  data.obs.set(name, numericColumn(cleared, dtype, missing));
}
