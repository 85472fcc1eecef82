import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DataFolder } from './data-folder.js';
import { FileStorage } from './file-storage.node.js';
import { toIoError } from './io-errors.js';

/**
 * A folder on disk.
 *
 * @throws IoError if it is missing, not a folder or not readable
 */
export async function openFolder(folder: string): Promise<DataFolder> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
    return {
      name: folder,
      files: files.sort(),
      open: (file) => Promise.resolve(FileStorage.open(path.join(folder, file))),
    };
  } catch (error) {
    throw toIoError(error, 'cannot read the folder', folder);
  }
}

/** True if there is a folder of that path. */
export async function isFolder(name: string): Promise<boolean> {
  const status = await stat(name).catch(() => undefined);
  return status?.isDirectory() ?? false;
}
