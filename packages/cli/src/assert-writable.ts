import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { IoError } from '@dance-ts/core';

/**
 * Finds out before a long run whether its result can be written.
 *
 * @throws IoError if `file` is a folder, or its folder is missing or not writable
 */
export async function assertWritable(file: string): Promise<void> {
  const folder = dirname(resolve(file));
  const status = await stat(file).catch(() => undefined);
  if (status?.isDirectory()) {
    throw new IoError(`cannot write ${file}: it is a folder`, { remedy: 'Name a file.' });
  }
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) {
    throw new IoError(`cannot write ${file}: its folder does not exist`, {
      remedy: `Create ${folder} first.`,
    });
  }
  await access(folder, constants.W_OK).catch((cause: unknown) => {
    throw new IoError(`cannot write ${file}: no permission to write into ${folder}`, { cause });
  });
}

/**
 * {@link assertWritable}, for a file that must not be there yet.
 *
 * @param force - it may be there, and will be replaced
 * @throws IoError
 */
export async function assertFree(file: string, force: boolean): Promise<void> {
  await assertWritable(file);
  if (force || (await stat(file).catch(() => undefined)) === undefined) return;
  throw new IoError(`${file} exists already`, {
    remedy: 'Give --force to replace it, or name another output.',
  });
}

/**
 * Finds out before a long run whether a folder is there, or can be made, and written into. It is not
 * made yet: a run that fails leaves nothing behind.
 *
 * @throws IoError
 */
export async function assertFolder(folder: string): Promise<void> {
  const place = resolve(folder);
  const status = await stat(place).catch(() => undefined);
  const parent = dirname(place);
  if (status === undefined && parent !== place) {
    await assertFolder(parent);
    return;
  }
  if (!status?.isDirectory()) {
    throw new IoError(`${folder} is no folder`, { remedy: 'Name a folder, or a new one.' });
  }
  await access(place, constants.W_OK).catch((cause: unknown) => {
    throw new IoError(`no permission to write into ${folder}`, {
      remedy: 'Name a folder that can be written.',
      cause,
    });
  });
}
