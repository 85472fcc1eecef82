import { CsrMatrix } from '@dance-ts/core';

/** A sparse matrix written row by row. */
export class CsrBuilder {
  private readonly indptr: Int32Array;
  private readonly indices: number[] = [];
  private readonly data: number[] = [];
  private row = 0;

  constructor(
    private readonly nRows: number,
    private readonly nCols: number,
  ) {
    this.indptr = new Int32Array(nRows + 1);
  }

  /** The value of a column of the present row; columns come in ascending order, zeros are left out. */
  push(column: number, value: number): void {
    if (value === 0) return;
    this.indices.push(column);
    this.data.push(value);
  }

  /** Ends the present row. */
  endRow(): void {
    this.row += 1;
    this.indptr[this.row] = this.indices.length;
  }

  /** The matrix, once every row has ended. */
  build(): CsrMatrix {
    return new CsrMatrix(
      this.nRows,
      this.nCols,
      this.indptr,
      Int32Array.from(this.indices),
      Float32Array.from(this.data),
    );
  }
}
