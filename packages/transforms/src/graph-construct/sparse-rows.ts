import { CsrMatrix, type Pacer } from '@dance-ts/core';

/** Adds entries to a row: in any order; those at one place are summed, in float64. */
export type FillRow = (row: number, add: (column: number, value: number) => void) => void;

const ROWS_AT_ONCE = 128;

/** A sparse matrix from rows that are filled one by one. A sum of 0 is stored. */
export function sparseRows(nRows: number, nCols: number, fill: FillRow): CsrMatrix {
  const builder = new SparseRowsBuilder(nRows, nCols);
  for (let i = 0; i < nRows; i++) builder.addRow(fill);
  return builder.finish();
}

/**
 * {@link sparseRows} with pauses, for long work.
 *
 * @throws AbortError
 */
export async function sparseRowsInSteps(
  nRows: number,
  nCols: number,
  pacer: Pacer,
  fill: FillRow,
): Promise<CsrMatrix> {
  const builder = new SparseRowsBuilder(nRows, nCols);
  for (let i = 0; i < nRows; i++) {
    if (i % ROWS_AT_ONCE === 0) await pacer.tick();
    builder.addRow(fill);
  }
  return builder.finish();
}

class SparseRowsBuilder {
  private readonly sums: Float64Array;
  private readonly lastRow: Int32Array;
  private readonly indptr: Int32Array;
  private readonly rows: { readonly columns: Int32Array; readonly values: Float32Array }[] = [];

  constructor(
    private readonly nRows: number,
    private readonly nCols: number,
  ) {
    this.sums = new Float64Array(nCols);
    this.lastRow = new Int32Array(nCols).fill(-1);
    this.indptr = new Int32Array(nRows + 1);
  }

  addRow(fill: FillRow): void {
    const { sums, lastRow } = this;
    const i = this.rows.length;
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
    const values = new Float32Array(columns.length);
    for (let k = 0; k < columns.length; k++) values[k] = sums[columns[k]!]!;
    this.rows.push({ columns, values });
    this.indptr[i + 1] = this.indptr[i]! + columns.length;
  }

  finish(): CsrMatrix {
    const indices = new Int32Array(this.indptr[this.nRows]!);
    const data = new Float32Array(indices.length);
    this.rows.forEach(({ columns, values }, i) => {
      indices.set(columns, this.indptr[i]);
      data.set(values, this.indptr[i]);
    });
    return new CsrMatrix(this.nRows, this.nCols, this.indptr, indices, data);
  }
}
