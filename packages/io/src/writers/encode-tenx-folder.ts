import { columnValue, DataError, toCsr, type AnnData, type CsrMatrix } from '@dance-ts/core';
import { encodeLines, type TextWriteOptions } from './text-bytes.js';

/**
 * X as the three files of a Matrix Market folder, by name: `matrix.mtx` (genes x cells),
 * `features.tsv` and `barcodes.tsv`, compressed (`.gz`) as Cell Ranger 3 has them unless `gzip` is
 * false. Ids and types of genes come from `var["gene_ids"]` and `var["feature_types"]`, or are the
 * names and `Gene Expression`. Values keep their Float32 precision.
 *
 * @throws DataError if a name holds a tab or line break, or a value is not finite
 */
export async function encodeTenxMtx(
  data: AnnData,
  options: TextWriteOptions = {},
): Promise<Map<string, Uint8Array>> {
  const settings = { gzip: true, ...options };
  const suffix = settings.gzip ? '.gz' : '';
  const counts = toCsr(data.X);
  if (!counts.data.every((value) => Number.isFinite(value))) {
    throw new DataError('X holds values that a Matrix Market file cannot hold', {
      expected: 'finite values',
    });
  }
  return new Map([
    [`matrix.mtx${suffix}`, await encodeLines(matrixLines(counts), settings)],
    [`features.tsv${suffix}`, await encodeLines(featureLines(data), settings)],
    [`barcodes.tsv${suffix}`, await encodeLines(data.obsNames.map(assertField), settings)],
  ]);
}

/** Cells are the columns of the file, so that its entries are sorted by column as is usual. */
function* matrixLines(counts: CsrMatrix): Generator<string> {
  const isWhole = counts.data.every((value) => Number.isInteger(value));
  yield `%%MatrixMarket matrix coordinate ${isWhole ? 'integer' : 'real'} general`;
  yield `${counts.nCols} ${counts.nRows} ${counts.nnz}`;
  for (let i = 0; i < counts.nRows; i++) {
    for (let e = counts.indptr[i]!; e < counts.indptr[i + 1]!; e++) {
      yield `${counts.indices[e]! + 1} ${i + 1} ${counts.data[e]!}`;
    }
  }
}

function* featureLines(data: AnnData): Generator<string> {
  const ids = data.var.find('gene_ids');
  const types = data.var.find('feature_types');
  for (const [j, name] of data.varNames.entries()) {
    const id = ids === undefined ? null : columnValue(ids, j);
    const type = types === undefined ? null : columnValue(types, j);
    yield [String(id ?? name), name, String(type ?? 'Gene Expression')].map(assertField).join('\t');
  }
}

function assertField(text: string): string {
  if (text !== '' && !/[\t\r\n]/.test(text)) return text;
  throw new DataError('a name cannot stand in a .tsv file', {
    got: JSON.stringify(text),
    expected: 'a text without tabs and line breaks that is not empty',
    remedy: 'Rename it.',
  });
}
