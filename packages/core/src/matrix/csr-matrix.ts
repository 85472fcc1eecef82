import { checkFactors, checkIndex, checkShape } from '../checks.js';
import { DataError } from '../errors.js';
import { DenseMatrix } from './dense-matrix.js';
import { mapValues } from './map-values.js';

/**
 * Compressed sparse row matrix: Float32 values, Int32 column indices and row pointers.
 *
 * Row `i` holds the entries `indptr[i] .. indptr[i + 1] - 1`; the indices of a row are strictly
 * increasing. Layers that share a sparsity pattern share `indptr` and `indices` ({@link withData}).
 */
export class CsrMatrix {
  readonly kind = 'csr';

  /**
   * @param nRows - number of rows (cells)
   * @param nCols - number of columns (genes)
   * @param indptr - [nRows + 1]
   * @param indices - [nnz], strictly increasing within a row
   * @param data - [nnz]
   * @throws {@link DataError} if the three arrays do not describe such a matrix
   */
  constructor(
    readonly nRows: number,
    readonly nCols: number,
    readonly indptr: Int32Array,
    readonly indices: Int32Array,
    readonly data: Float32Array,
  ) {
    checkStructure(this);
  }

  /** Number of stored entries. */
  get nnz(): number {
    return this.data.length;
  }

  /** [nRows, nCols] */
  get shape(): readonly [number, number] {
    return [this.nRows, this.nCols];
  }

  /** Non-zero entries of a dense matrix. */
  static fromDense(dense: DenseMatrix): CsrMatrix {
    const { nRows, nCols, data } = dense;
    let nnz = 0;
    for (const value of data) if (value !== 0) nnz += 1;
    const indptr = new Int32Array(nRows + 1);
    const indices = new Int32Array(nnz);
    const values = new Float32Array(nnz);
    let end = 0;
    for (let i = 0; i < nRows; i++) {
      for (let j = 0; j < nCols; j++) {
        const value = data[i * nCols + j]!;
        if (value !== 0) {
          indices[end] = j;
          values[end++] = value;
        }
      }
      indptr[i + 1] = end;
    }
    return new CsrMatrix(nRows, nCols, indptr, indices, values);
  }

  /**
   * From coordinate triplets in any order; entries at the same place are added.
   *
   * @throws {@link DataError} if a coordinate lies outside the shape or the arrays differ in length
   */
  static fromTriplets(
    nRows: number,
    nCols: number,
    rows: ArrayLike<number>,
    cols: ArrayLike<number>,
    values: ArrayLike<number>,
  ): CsrMatrix {
    if (rows.length !== values.length || cols.length !== values.length) {
      throw new DataError('triplets differ in length', {
        got: `${rows.length} rows, ${cols.length} columns, ${values.length} values`,
      });
    }
    const byColumn = bucket(nCols, nRows, cols, rows, values, 'column');
    const sorted = bucket(nRows, nCols, byColumn.minor, byColumn.major, byColumn.values, 'row');
    return mergeDuplicates(nRows, nCols, sorted);
  }

  /** Values and column indices of row `i`, as views. */
  row(i: number): { indices: Int32Array; data: Float32Array } {
    const start = this.indptr[i]!;
    const end = this.indptr[i + 1]!;
    return { indices: this.indices.subarray(start, end), data: this.data.subarray(start, end) };
  }

  /** Entry (i, j), zero where nothing is stored. */
  get(i: number, j: number): number {
    let low = this.indptr[i]!;
    let high = this.indptr[i + 1]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.indices[middle]! < j) low = middle + 1;
      else high = middle;
    }
    return low < this.indptr[i + 1]! && this.indices[low] === j ? this.data[low]! : 0;
  }

  /** Sum of each row, in float64. */
  rowSums(): Float64Array {
    const { nRows, indptr, data } = this;
    const sums = new Float64Array(nRows);
    for (let i = 0; i < nRows; i++) {
      const end = indptr[i + 1]!;
      let sum = 0;
      for (let e = indptr[i]!; e < end; e++) sum += data[e]!;
      sums[i] = sum;
    }
    return sums;
  }

  /** Sum of each column, in float64. */
  columnSums(): Float64Array {
    const sums = new Float64Array(this.nCols);
    for (let e = 0; e < this.nnz; e++) sums[this.indices[e]!]! += this.data[e]!;
    return sums;
  }

  /** The same sparsity pattern (shared, not copied) with other values. */
  withData(data: Float32Array): CsrMatrix {
    return new CsrMatrix(this.nRows, this.nCols, this.indptr, this.indices, data);
  }

  /** The same pattern with `f(value)` at each stored entry. */
  mapData(f: (value: number) => number): CsrMatrix {
    return this.withData(mapValues(this.data, f));
  }

  /**
   * Row `i` multiplied by `factors[i]`.
   *
   * @throws {@link DataError} unless there is one factor a row
   */
  scaleRows(factors: ArrayLike<number>): CsrMatrix {
    checkFactors(factors, this.nRows);
    const { nRows, indptr, data } = this;
    const scaled = new Float32Array(data.length);
    for (let i = 0; i < nRows; i++) {
      const factor = factors[i]!;
      const end = indptr[i + 1]!;
      for (let e = indptr[i]!; e < end; e++) scaled[e] = data[e]! * factor;
    }
    return this.withData(scaled);
  }

  /** Rows in the given order (repetition allowed). */
  selectRows(rows: ArrayLike<number>): CsrMatrix {
    const indptr = new Int32Array(rows.length + 1);
    for (let r = 0; r < rows.length; r++) {
      const i = checkIndex(rows[r]!, this.nRows, 'row');
      indptr[r + 1] = indptr[r]! + this.indptr[i + 1]! - this.indptr[i]!;
    }
    const nnz = indptr[rows.length]!;
    const indices = new Int32Array(nnz);
    const data = new Float32Array(nnz);
    for (let r = 0; r < rows.length; r++) {
      const row = this.row(rows[r]!);
      indices.set(row.indices, indptr[r]);
      data.set(row.data, indptr[r]);
    }
    return new CsrMatrix(rows.length, this.nCols, indptr, indices, data);
  }

  /** Columns in the given order (no repetition). */
  selectColumns(columns: ArrayLike<number>): CsrMatrix {
    const target = new Int32Array(this.nCols).fill(-1);
    let increasing = true;
    for (let c = 0; c < columns.length; c++) {
      const j = checkIndex(columns[c]!, this.nCols, 'column');
      if (target[j] !== -1) {
        throw new DataError('a column is selected twice', { got: `column ${j}` });
      }
      if (c > 0 && columns[c - 1]! > j) increasing = false;
      target[j] = c;
    }
    const indptr = new Int32Array(this.nRows + 1);
    for (let i = 0; i < this.nRows; i++) {
      let count = 0;
      for (let e = this.indptr[i]!; e < this.indptr[i + 1]!; e++) {
        if (target[this.indices[e]!]! >= 0) count += 1;
      }
      indptr[i + 1] = indptr[i]! + count;
    }
    const nnz = indptr[this.nRows]!;
    const indices = new Int32Array(nnz);
    const data = new Float32Array(nnz);
    let end = 0;
    for (let i = 0; i < this.nRows; i++) {
      for (let e = this.indptr[i]!; e < this.indptr[i + 1]!; e++) {
        const c = target[this.indices[e]!]!;
        if (c >= 0) {
          indices[end] = c;
          data[end++] = this.data[e]!;
        }
      }
      if (!increasing) sortRow(indices, data, indptr[i]!, end);
    }
    return new CsrMatrix(this.nRows, columns.length, indptr, indices, data);
  }

  /** The transpose, again in CSR (that is, the CSC form of this matrix). */
  transpose(): CsrMatrix {
    const { nRows, nCols, nnz, indptr: starts, indices: columns, data: values } = this;
    const indptr = new Int32Array(nCols + 1);
    for (let e = 0; e < nnz; e++) indptr[columns[e]! + 1]! += 1;
    for (let j = 0; j < nCols; j++) indptr[j + 1]! += indptr[j]!;
    const next = indptr.slice(0, nCols);
    const indices = new Int32Array(nnz);
    const data = new Float32Array(nnz);
    for (let i = 0; i < nRows; i++) {
      const end = starts[i + 1]!;
      for (let e = starts[i]!; e < end; e++) {
        const place = next[columns[e]!]!++;
        indices[place] = i;
        data[place] = values[e]!;
      }
    }
    return new CsrMatrix(nCols, nRows, indptr, indices, data);
  }

  /** Deep copy. */
  copy(): CsrMatrix {
    return new CsrMatrix(
      this.nRows,
      this.nCols,
      this.indptr.slice(),
      this.indices.slice(),
      this.data.slice(),
    );
  }

  /** Dense copy: nRows x nCols x 4 bytes. */
  toDense(): DenseMatrix {
    const dense = DenseMatrix.zeros(this.nRows, this.nCols);
    for (let i = 0; i < this.nRows; i++) {
      for (let e = this.indptr[i]!; e < this.indptr[i + 1]!; e++) {
        dense.data[i * this.nCols + this.indices[e]!] = this.data[e]!;
      }
    }
    return dense;
  }
}

interface Buckets {
  readonly pointers: Int32Array;
  readonly major: Int32Array;
  readonly minor: Int32Array;
  readonly values: Float64Array;
}

/** Stable counting sort of triplets by their major coordinate. */
function bucket(
  nMajor: number,
  nMinor: number,
  major: ArrayLike<number>,
  minor: ArrayLike<number>,
  values: ArrayLike<number>,
  majorName: 'row' | 'column',
): Buckets {
  const minorName = majorName === 'row' ? 'column' : 'row';
  const pointers = new Int32Array(nMajor + 1);
  for (let e = 0; e < major.length; e++) {
    pointers[checkIndex(major[e]!, nMajor, majorName) + 1]! += 1;
    checkIndex(minor[e]!, nMinor, minorName);
  }
  for (let i = 0; i < nMajor; i++) pointers[i + 1]! += pointers[i]!;
  const next = pointers.slice(0, nMajor);
  const sorted = {
    pointers,
    major: new Int32Array(major.length),
    minor: new Int32Array(major.length),
    values: new Float64Array(major.length),
  };
  for (let e = 0; e < major.length; e++) {
    const place = next[major[e]!]!++;
    sorted.major[place] = major[e]!;
    sorted.minor[place] = minor[e]!;
    sorted.values[place] = values[e]!;
  }
  return sorted;
}

function mergeDuplicates(nRows: number, nCols: number, sorted: Buckets): CsrMatrix {
  const { pointers, minor, values } = sorted;
  const indptr = new Int32Array(nRows + 1);
  const indices = new Int32Array(values.length);
  const sums = new Float64Array(values.length);
  let end = 0;
  for (let i = 0; i < nRows; i++) {
    const start = end;
    for (let e = pointers[i]!; e < pointers[i + 1]!; e++) {
      if (end > start && indices[end - 1] === minor[e]) {
        sums[end - 1]! += values[e]!;
      } else {
        indices[end] = minor[e]!;
        sums[end++] = values[e]!;
      }
    }
    indptr[i + 1] = end;
  }
  return new CsrMatrix(
    nRows,
    nCols,
    indptr,
    indices.slice(0, end),
    Float32Array.from(sums.subarray(0, end)),
  );
}

function sortRow(indices: Int32Array, data: Float32Array, start: number, end: number): void {
  const order = Array.from({ length: end - start }, (_, k) => start + k).sort(
    (a, b) => indices[a]! - indices[b]!,
  );
  const sortedIndices = order.map((e) => indices[e]!);
  const sortedData = order.map((e) => data[e]!);
  indices.set(sortedIndices, start);
  data.set(sortedData, start);
}

function checkStructure(matrix: CsrMatrix): void {
  const { nRows, nCols, indptr, indices, data } = matrix;
  checkShape(nRows, nCols, 'CSR');
  const fail = (what: string, got: string, expected: string): never => {
    throw new DataError(`invalid CSR matrix: ${what}`, { got, expected });
  };
  if (indptr.length !== nRows + 1) fail('indptr length', `${indptr.length}`, `${nRows + 1}`);
  if (indptr[0] !== 0) fail('first row pointer', `${indptr[0] ?? 'nothing'}`, '0');
  if (indices.length !== data.length) {
    fail('indices and data differ in length', `${indices.length}`, `${data.length}`);
  }
  for (let i = 0; i < nRows; i++) {
    if (indptr[i + 1]! < indptr[i]!) {
      fail(`indptr decreases at row ${i}`, `${indptr[i + 1]!}`, `>= ${indptr[i]!}`);
    }
  }
  if (indptr[nRows] !== indices.length) {
    fail('last row pointer', `${indptr[nRows]!}`, `${indices.length}`);
  }
  for (let i = 0; i < nRows; i++) {
    const end = indptr[i + 1]!;
    let previous = -1;
    for (let e = indptr[i]!; e < end; e++) {
      const j = indices[e]!;
      if (j <= previous || j >= nCols) {
        fail(
          `column index in row ${i}`,
          `${j} after ${previous}`,
          `strictly increasing, < ${nCols}`,
        );
      }
      previous = j;
    }
  }
}
