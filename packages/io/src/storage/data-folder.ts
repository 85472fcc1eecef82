import { FormatError } from '@dance-ts/core';
import type { ByteSource } from './byte-storage.js';

/** A folder of data files: one on disk, or files a user chose in a browser. */
export interface DataFolder {
  /** Path or other name, for messages. */
  readonly name: string;
  /** Names of the files in it, sorted. */
  readonly files: readonly string[];
  /** Opens one of the files. */
  open(file: string): Promise<ByteSource>;
}

/**
 * The name of the first of `candidates` that the folder holds.
 *
 * @throws FormatError naming what the folder holds instead
 */
export function requireFile(folder: DataFolder, candidates: readonly string[]): string {
  const found = candidates.find((candidate) => folder.files.includes(candidate));
  if (found !== undefined) return found;
  throw new FormatError(`${folder.name} lacks a file`, {
    got: folder.files.slice(0, 12).join(', ') || 'no files',
    expected: candidates.join(' or '),
    remedy: 'Check that the right folder was named and that all of its files are there.',
  });
}
