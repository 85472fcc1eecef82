import { CsrMatrix } from '@dance-ts/core';

/**
 * A sparse matrix from rows whose entries are added in any order; those at one place are summed, in
 * float64. A sum of 0 is stored.
 */
export function sparseRows(
  nRows: number,
  nCols: number,
  fill: (row: number, add: (column: number, value: number) => void) => void,
): CsrMatrix {
  const sums = new Float64Array(nCols);
  const lastRow = new Int32Array(nCols).fill(-1);
  const indptr = new Int32Array(nRows + 1);
  const rows: { readonly columns: Int32Array; readonly values: Float32Array }[] = [];
  for (let i = 0; i < nRows; i++) {
    const added: number[] = [];
    fill(i, (column, value) => {
      if (lastRow[column] !== i) {
        lastRow[column] = i;
        sums[column] = 0;
        added.push(column);
      }
      sums[column]! += value;
    });
    const columns = Int32Array.from(added).sort();
    rows.push({ columns, values: Float32Array.from(columns, (column) => sums[column]!) });
    indptr[i + 1] = indptr[i]! + columns.length;
  }
  const indices = new Int32Array(indptr[nRows]!);
  const data = new Float32Array(indices.length);
  rows.forEach(({ columns, values }, i) => {
    indices.set(columns, indptr[i]);
    data.set(values, indptr[i]);
  });
  return new CsrMatrix(nRows, nCols, indptr, indices, data);
}
