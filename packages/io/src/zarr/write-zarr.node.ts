import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { defaultReporter, Pacer, type AnnData } from '@dance-ts/core';
import { writeParts, type WriteH5adOptions } from '../h5ad/write-h5ad.js';
import { writeEncoding } from '../h5ad/write-matrix.js';
import { createFolder } from '../storage/atomic-folder.node.js';
import { ZarrWriter } from './zarr-writer.js';

/** Writes annotated data as a new folder with a Zarr store, in one step. */
export async function writeZarrFolder(
  folder: string,
  data: AnnData,
  options: Pick<WriteH5adOptions, 'reporter' | 'signal'>,
): Promise<void> {
  const reporter = options.reporter ?? defaultReporter();
  await createFolder(folder, async (temporary) => {
    const writer = new ZarrWriter((file, bytes) => {
      const place = path.join(temporary, file);
      mkdirSync(path.dirname(place), { recursive: true });
      writeFileSync(place, bytes);
    }, new Pacer(options.signal));
    writeEncoding(writer, '/', 'anndata', '0.1.0');
    await writeParts(writer, '', data, reporter);
    writer.finish();
  });
}
