import { CsrMatrix, DataError, DenseMatrix, uniqueNames, type Matrix } from '@dance-ts/core';

/** What becomes of observed counts: ignored, put back, or put back where they are larger. */
export type KeepObserved = 'none' | 'restore' | 'max';

/**
 * Columns of some genes in data, looked up by name.
 *
 * @param owner - model name, for messages
 * @throws DataError if a gene is not there
 */
export function geneColumns(
  varNames: readonly string[],
  genes: readonly string[],
  owner: string,
): Int32Array {
  const place = new Map(uniqueNames(varNames).map((name, column) => [name, column]));
  return Int32Array.from(genes, (gene) => {
    const column = place.get(gene);
    if (column !== undefined) return column;
    throw new DataError(`${owner} was fitted with a gene that the data do not have`, {
      got: `no gene "${gene}"`,
      expected: `all ${genes.length} genes it imputes`,
    });
  });
}

/**
 * Applies a policy for observed counts; the imputed ones are overwritten.
 *
 * @param imputed - [nCells, columns.length] counts
 * @param observed - [nCells, nGenes] counts
 * @param columns - gene of each imputed column
 */
export function keepObserved(
  imputed: DenseMatrix,
  observed: Matrix,
  columns: Int32Array,
  policy: KeepObserved,
): void {
  if (policy === 'none') return;
  const place = inverse(columns, observed.nCols);
  forEachEntry(observed, (i, gene, count) => {
    const j = place[gene]!;
    if (j < 0 || count <= 0) return;
    const row = imputed.row(i);
    row[j] = policy === 'restore' ? count : Math.max(count, row[j]!);
  });
}

/**
 * Imputed columns among all genes, the others as observed: dense or sparse, whichever is smaller.
 *
 * @param imputed - [nCells, columns.length]
 * @param observed - [nCells, nGenes]
 * @param columns - gene of each imputed column
 * @returns [nCells, nGenes]
 */
export function onAllGenes(imputed: DenseMatrix, observed: Matrix, columns: Int32Array): Matrix {
  const { nRows, nCols } = observed;
  const place = inverse(columns, nCols);
  let nStored = imputed.data.reduce((count, value) => count + (value === 0 ? 0 : 1), 0);
  forEachEntry(observed, (_, gene, value) => {
    if (place[gene]! < 0 && value !== 0) nStored += 1;
  });
  const isSparse = 2 * nStored < nRows * nCols;
  return isSparse
    ? sparseUnion(imputed, observed, place, nStored)
    : denseUnion(imputed, observed, columns);
}

function denseUnion(imputed: DenseMatrix, observed: Matrix, columns: Int32Array): DenseMatrix {
  const whole = observed.kind === 'dense' ? observed.copy() : observed.toDense();
  for (let i = 0; i < whole.nRows; i++) {
    const [row, own] = [whole.row(i), imputed.row(i)];
    columns.forEach((gene, j) => {
      row[gene] = own[j]!;
    });
  }
  return whole;
}

function sparseUnion(
  imputed: DenseMatrix,
  observed: Matrix,
  place: Int32Array,
  nStored: number,
): CsrMatrix {
  const { nRows, nCols } = observed;
  const indptr = new Int32Array(nRows + 1);
  const indices = new Int32Array(nStored);
  const data = new Float32Array(nStored);
  const row = new Float32Array(nCols);
  let end = 0;
  for (let i = 0; i < nRows; i++) {
    row.fill(0);
    forEachEntryOfRow(observed, i, (gene, value) => {
      row[gene] = value;
    });
    const own = imputed.row(i);
    for (let gene = 0; gene < nCols; gene++) {
      const j = place[gene]!;
      const value = j < 0 ? row[gene]! : own[j]!;
      if (value === 0) continue;
      indices[end] = gene;
      data[end++] = value;
    }
    indptr[i + 1] = end;
  }
  return new CsrMatrix(nRows, nCols, indptr, indices, data);
}

/** Place of each gene among the columns, -1 where it is not one. */
export function inverse(columns: Int32Array, nGenes: number): Int32Array {
  const place = new Int32Array(nGenes).fill(-1);
  columns.forEach((gene, j) => {
    place[gene] = j;
  });
  return place;
}

function forEachEntry(
  matrix: Matrix,
  visit: (row: number, column: number, value: number) => void,
): void {
  for (let i = 0; i < matrix.nRows; i++) {
    forEachEntryOfRow(matrix, i, (column, value) => {
      visit(i, column, value);
    });
  }
}

function forEachEntryOfRow(
  matrix: Matrix,
  i: number,
  visit: (column: number, value: number) => void,
): void {
  if (matrix.kind === 'dense') {
    matrix.row(i).forEach((value, j) => {
      visit(j, value);
    });
    return;
  }
  const { indices, data } = matrix.row(i);
  indices.forEach((j, e) => {
    visit(j, data[e]!);
  });
}
