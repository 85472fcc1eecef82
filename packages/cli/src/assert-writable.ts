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
