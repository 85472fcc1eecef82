import { checkFactors, checkIndex, checkShape } from '../checks.js';
import { DataError } from '../errors.js';
import { mapValues } from './map-values.js';

/** Row-major dense matrix of Float32 values. */
export class DenseMatrix {
  readonly kind = 'dense';

  /**
   * @param nRows - number of rows (cells)
   * @param nCols - number of columns
   * @param data - [nRows * nCols], row-major
   * @throws {@link DataError} if the length does not fit the shape
   */
  constructor(
    readonly nRows: number,
    readonly nCols: number,
    readonly data: Float32Array,
  ) {
    checkShape(nRows, nCols, 'dense');
    if (data.length !== nRows * nCols) {
      throw new DataError('values do not fit the shape of a dense matrix', {
        got: `${data.length} values`,
        expected: `${nRows} x ${nCols} = ${nRows * nCols}`,
      });
    }
  }

  /** [nRows, nCols] */
  get shape(): readonly [number, number] {
    return [this.nRows, this.nCols];
  }

  /** All zeros. */
  static zeros(nRows: number, nCols: number): DenseMatrix {
    return new DenseMatrix(nRows, nCols, new Float32Array(nRows * nCols));
  }

  /** From an array of equally long rows. */
  static fromRows(rows: readonly ArrayLike<number>[]): DenseMatrix {
    const nCols = rows[0]?.length ?? 0;
    const matrix = DenseMatrix.zeros(rows.length, nCols);
    rows.forEach((row, i) => {
      if (row.length !== nCols) {
        throw new DataError(`row ${i} has another length than row 0`, {
          got: `${row.length}`,
          expected: `${nCols}`,
        });
      }
      matrix.data.set(row, i * nCols);
    });
    return matrix;
  }

  /** Row `i`, as a view. */
  row(i: number): Float32Array {
    return this.data.subarray(i * this.nCols, (i + 1) * this.nCols);
  }

  /** Entry (i, j). */
  get(i: number, j: number): number {
    return this.data[i * this.nCols + j]!;
  }

  /** Sum of each row, in float64. */
  rowSums(): Float64Array {
    const sums = new Float64Array(this.nRows);
    for (let i = 0; i < this.nRows; i++) for (const value of this.row(i)) sums[i]! += value;
    return sums;
  }

  /** Sum of each column, in float64. */
  columnSums(): Float64Array {
    const sums = new Float64Array(this.nCols);
    for (let i = 0; i < this.nRows; i++) {
      for (let j = 0; j < this.nCols; j++) sums[j]! += this.data[i * this.nCols + j]!;
    }
    return sums;
  }

  /** `f(value)` at every entry. */
  mapData(f: (value: number) => number): DenseMatrix {
    return new DenseMatrix(this.nRows, this.nCols, mapValues(this.data, f));
  }

  /**
   * Row `i` multiplied by `factors[i]`.
   *
   * @throws {@link DataError} unless there is one factor a row
   */
  scaleRows(factors: ArrayLike<number>): DenseMatrix {
    checkFactors(factors, this.nRows);
    const scaled = this.copy();
    for (let i = 0; i < this.nRows; i++) {
      const row = scaled.row(i);
      for (let j = 0; j < row.length; j++) row[j]! *= factors[i]!;
    }
    return scaled;
  }

  /** Rows in the given order (repetition allowed). */
  selectRows(rows: ArrayLike<number>): DenseMatrix {
    const selected = DenseMatrix.zeros(rows.length, this.nCols);
    for (let r = 0; r < rows.length; r++) {
      const i = checkIndex(rows[r]!, this.nRows, 'row');
      selected.data.set(this.row(i), r * this.nCols);
    }
    return selected;
  }

  /** Columns in the given order. */
  selectColumns(columns: ArrayLike<number>): DenseMatrix {
    const selected = DenseMatrix.zeros(this.nRows, columns.length);
    for (let c = 0; c < columns.length; c++) {
      const j = checkIndex(columns[c]!, this.nCols, 'column');
      for (let i = 0; i < this.nRows; i++) {
        selected.data[i * columns.length + c] = this.data[i * this.nCols + j]!;
      }
    }
    return selected;
  }

  /** The transpose. */
  transpose(): DenseMatrix {
    const transposed = DenseMatrix.zeros(this.nCols, this.nRows);
    for (let i = 0; i < this.nRows; i++) {
      for (let j = 0; j < this.nCols; j++) {
        transposed.data[j * this.nRows + i] = this.data[i * this.nCols + j]!;
      }
    }
    return transposed;
  }

  /** Deep copy. */
  copy(): DenseMatrix {
    return new DenseMatrix(this.nRows, this.nCols, this.data.slice());
  }

  /** The matrix itself, so that callers need not ask which kind they hold. */
  toDense(): this {
    return this;
  }
}
