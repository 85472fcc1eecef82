import { DanceError, errorMessage, IoError } from '@dance-ts/core';

const REASONS: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  ENOENT: ['it does not exist', 'Check the path.'],
  EISDIR: ['it is a folder', 'Name a file.'],
  ENOTDIR: ['a part of the path is not a folder', 'Check the path.'],
  EACCES: ['permission denied', 'Check the permissions of the file and its folder.'],
  EPERM: ['permission denied', 'Check the permissions of the file and its folder.'],
  EROFS: ['the file system is read-only', 'Choose a place that can be written to.'],
  ENOSPC: ['no space is left on the device', 'Free some space or choose another place.'],
  EDQUOT: ['the disk quota is used up', 'Free some space or choose another place.'],
  EMFILE: ['too many files are open', 'Close some files or raise the limit.'],
};

/**
 * The error of a failed file operation as one line; errors of this library pass unchanged.
 *
 * @param action - what was tried, for example `cannot read`
 */
export function toIoError(error: unknown, action: string, path: string): DanceError {
  if (error instanceof DanceError) return error;
  const [what, remedy] = REASONS[errorCode(error)] ?? [errorMessage(error), undefined];
  return new IoError(`${action} ${path}: ${what}`, {
    cause: error,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** Code of an error of the operating system, such as `ENOENT`; empty for other errors. */
export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
