import { chmodSync, constants, copyFileSync, fsyncSync, openSync, statSync } from 'node:fs';
import { chmod, open, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { IoError } from '@dance-ts/core';
import { FileStorage } from './file-storage.node.js';
import { toIoError } from './io-errors.js';

let temporaryFiles = 0;

/**
 * Replaces (or creates) a file in one step: `write` fills a temporary file in the same folder,
 * which is flushed to disk and renamed. Readers see the old file or the new one, never half of it;
 * if `write` throws, the old file stays and the temporary one is removed.
 *
 * @param copyOf - file whose bytes the temporary file starts with
 * @throws IoError naming `file`, if it cannot be written
 */
export async function replaceFile(
  file: string,
  write: (storage: FileStorage) => Promise<void> | void,
  copyOf?: string,
): Promise<void> {
  const target = await resolveTarget(file);
  const temporary = temporaryName(target);
  try {
    const storage = openTemporary(file, temporary, copyOf);
    try {
      await write(storage);
      fsyncSync(storage.descriptor);
    } finally {
      storage.close();
    }
    await keepMode(target, temporary);
    await rename(temporary, target);
    await syncFolder(path.dirname(target));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw toIoError(error, 'cannot write', file);
  }
}

/**
 * Writes a whole file in one step (temporary file, flush, rename).
 *
 * @throws IoError naming the file, if it cannot be written
 */
export async function writeFileAtomic(file: string, content: Uint8Array | string): Promise<void> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  await replaceFile(file, (storage) => {
    storage.write(bytes, 0);
  });
}

/** Temporary names begin with "~", which no artifact name does. */
export function temporaryName(target: string): string {
  temporaryFiles += 1;
  const unique = `~${path.basename(target)}.${process.pid}-${temporaryFiles}`;
  return path.join(path.dirname(target), unique);
}

/** Links are followed, so that writing to one changes what it points to. */
async function resolveTarget(file: string): Promise<string> {
  const target = await realpath(file).catch(() => path.resolve(file));
  const status = await stat(target).catch(() => undefined);
  if (status?.isDirectory()) {
    throw new IoError(`cannot write ${file}: it is a folder`, { remedy: 'Name a file.' });
  }
  const folder = await stat(path.dirname(target)).catch(() => undefined);
  if (folder === undefined) {
    throw new IoError(`cannot write ${file}: its folder does not exist`, {
      remedy: `Create ${path.dirname(target)} first.`,
    });
  }
  return target;
}

function openTemporary(file: string, temporary: string, copyOf: string | undefined): FileStorage {
  if (copyOf !== undefined) {
    // Cloned instead of copied where the file system can do that.
    copyFileSync(copyOf, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    chmodSync(temporary, statSync(temporary).mode | 0o200);
    return new FileStorage(file, openSync(temporary, 'r+'));
  }
  return new FileStorage(file, openSync(temporary, 'wx+'));
}

async function keepMode(target: string, temporary: string): Promise<void> {
  const status = await stat(target).catch(() => undefined);
  if (status !== undefined) await chmod(temporary, status.mode & 0o777);
}

/** Makes the rename itself durable; not every platform lets a folder be opened. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    return;
  }
}
