import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError, IoError } from '@dance-ts/core';
import type { PinnedFile } from '../catalogue/entry.js';

/**
 * SHA-256 of a file in hexadecimal, read in pieces.
 *
 * @throws IoError if it cannot be read
 */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (cause) {
    throw new IoError(`cannot read ${path}`, { remedy: 'Check the path and permissions.', cause });
  }
  return hash.digest('hex');
}

/**
 * SHA-256 of a file, or of a folder of files: that of a line `name checksum` for each, by name.
 *
 * @throws IoError if it cannot be read
 */
export async function sha256OfPath(path: string): Promise<string> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return sha256OfFile(path);
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  const hash = createHash('sha256');
  for (const name of names.sort()) {
    hash.update(`${name} ${await sha256OfFile(join(path, name))}\n`);
  }
  return hash.digest('hex');
}

/** True if there is a file of that name. */
export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isFile(),
    () => false,
  );
}

/**
 * Checks a file against its pinned size and checksum.
 *
 * @throws DataError if it is another file
 */
export async function verifyFile(path: string, pinned: PinnedFile): Promise<void> {
  const { size } = await stat(path);
  const sha256 = size === pinned.bytes ? await sha256OfFile(path) : undefined;
  if (sha256 === pinned.sha256) return;
  throw new DataError(`${path} is not the file the catalogue describes`, {
    got: sha256 === undefined ? `${size} bytes` : `sha256 ${sha256}`,
    expected: sha256 === undefined ? `${pinned.bytes} bytes` : pinned.sha256,
    remedy: 'Remove or replace it; to use a file of your own pass its path (--input).',
  });
}
