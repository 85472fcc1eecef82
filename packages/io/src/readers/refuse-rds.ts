import { FormatError } from '@dance-ts/core';
import type { ByteSource } from '../storage/byte-storage.js';
import type { FileProbe } from './dataset-readers.js';

/** True for data that R saved: by the marks it writes at the beginning, or by the name. */
export function isRds({ name, head, hdf5 }: FileProbe): boolean {
  if (hdf5 !== undefined) return false;
  const start = String.fromCharCode(...head.subarray(0, 7));
  const isBinary = start.startsWith('X\n\0\0\0') && (head[5] === 2 || head[5] === 3);
  return isBinary || /^(A\n[23]\n|RD[AX][23]\n)/.test(start) || /\.(rds|rda|rdata)$/i.test(name);
}

/**
 * Refuses data that R saved, with the lines of R that convert them. The source is closed.
 *
 * @throws FormatError always
 */
export function refuseRds(source: ByteSource): Promise<never> {
  source.close();
  const path = JSON.stringify(source.name);
  const error = new FormatError(`${source.name} holds data of R, which cannot be read`, {
    expected: 'an .h5ad file or another format that readDataset knows',
    remedy:
      'Convert it in R: for a SingleCellExperiment ' +
      `sce <- readRDS(${path}); zellkonverter::writeH5AD(sce, "data.h5ad"); for a Seurat object ` +
      `x <- readRDS(${path}); ` +
      'zellkonverter::writeH5AD(Seurat::as.SingleCellExperiment(x), "data.h5ad").',
  });
  return Promise.reject(error);
}
