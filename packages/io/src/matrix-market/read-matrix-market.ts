import { AnnData, type Matrix } from '@dance-ts/core';
import type { ByteSource } from '../storage/byte-storage.js';
import type { ReadOptions } from '../storage/read-options.js';
import { TextFile } from '../text/text-file.js';
import { MatrixMarketParser } from './parse-matrix-market.js';

/** Options of readers of matrices whose orientation the file does not tell. */
export interface OrientationOptions {
  /** True if the rows of the file are genes and its columns are cells; default false. */
  readonly transpose?: boolean | undefined;
}

/** Bytes that a generated name takes. */
const NAME_BYTES = 64;

/**
 * Reads a Matrix Market file, plain or gzip: coordinate (as CSR) or array (as a dense matrix);
 * integer, real or pattern (every entry 1); general, symmetric or skew-symmetric. It is parsed in
 * blocks; entries at the same place are added. The source is closed afterwards.
 *
 * @param checkSizes - called with the sizes in the file before any entry is read; may throw
 * @throws FormatError naming file and line, if it is damaged or larger than the memory budget
 */
export async function readMatrixMarketSource(
  source: ByteSource,
  options: ReadOptions & OrientationOptions = {},
  checkSizes?: (nRows: number, nCols: number) => void,
): Promise<Matrix> {
  try {
    const file = new TextFile(source, options);
    const parser = new MatrixMarketParser(file, checkSizes);
    for await (const block of file.lineBlocks()) parser.push(block);
    return parser.finish(options.transpose ?? false);
  } finally {
    source.close();
  }
}

/**
 * Reads a lone Matrix Market file as annotated data; cells and genes get generated names.
 *
 * @throws FormatError naming file and line, if it is damaged or larger than the memory budget
 */
export async function readMatrixMarketData(
  source: ByteSource,
  options: ReadOptions & OrientationOptions = {},
): Promise<AnnData> {
  const { budget } = new TextFile(source, options);
  return AnnData.fromMatrix(
    await readMatrixMarketSource(source, options, (nRows, nCols) => {
      budget.claim(NAME_BYTES * (nRows + nCols), 'the list of names');
    }),
  );
}
