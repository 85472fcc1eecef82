import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, toIoError } from '../storage/io-errors.js';
import type { ZarrStore } from './zarr-store.js';

/** A Zarr hierarchy in a folder on disk. Links to other folders are not followed. */
export class ZarrFolder implements ZarrStore {
  constructor(readonly name: string) {}

  async folders(folder: string): Promise<readonly string[]> {
    const place = path.join(this.name, folder);
    try {
      const entries = await readdir(place, { withFileTypes: true });
      return entries
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort();
    } catch (error) {
      throw toIoError(error, 'cannot read the folder', place);
    }
  }

  async read(file: string): Promise<Uint8Array | undefined> {
    const place = path.join(this.name, file);
    try {
      return new Uint8Array(await readFile(place));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw toIoError(error, 'cannot read', place);
    }
  }

  close(): void {
    // Every file is closed after it was read.
  }
}
