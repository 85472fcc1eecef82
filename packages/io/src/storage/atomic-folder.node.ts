import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { IoError } from '@dance-ts/core';
import { temporaryName } from './atomic-file.node.js';
import { errorCode, toIoError } from './io-errors.js';

/**
 * Makes a folder in one step: `write` fills a temporary folder beside it, which is renamed. If
 * `write` throws, nothing is left behind.
 *
 * @param folder - must not exist, or be empty; folders above it are made where they are missing
 * @throws IoError naming the folder, if it holds something or cannot be made
 */
export async function createFolder(
  folder: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  const target = path.resolve(folder);
  if (await holdsFiles(target)) {
    throw new IoError(`cannot write ${folder}: the folder is not empty`, {
      remedy: 'Name a new folder.',
    });
  }
  const temporary = temporaryName(target);
  try {
    await mkdir(path.dirname(target), { recursive: true });
    await mkdir(temporary);
    await write(temporary);
    // Not every platform renames onto an empty folder.
    await rmdir(target).catch((error: unknown) => {
      if (errorCode(error) !== 'ENOENT') throw error;
    });
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw toIoError(error, 'cannot write the folder', folder);
  }
}

/**
 * True if there is a folder of that path with something in it.
 *
 * @throws IoError if there is something else
 */
export async function holdsFiles(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length > 0;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw toIoError(error, 'cannot write the folder', folder);
  }
}
