import { DataError } from '@dance-ts/core';

/**
 * Refuses names that cannot be the name of an element of an HDF5 file.
 *
 * @param where - the mapping the name belongs to, for the message
 * @throws DataError
 */
export function assertElementName(name: string, where: string): void {
  if (name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name)) return;
  throw new DataError(`${where} has a name that a .h5ad file cannot hold`, {
    got: JSON.stringify(name),
    expected: 'a name without "/" that is not empty',
    remedy: 'Rename it.',
  });
}
