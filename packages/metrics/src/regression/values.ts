import { CsrMatrix, DataError, ParamError } from '@dance-ts/core';

/** Row-major dense values: a `DenseMatrix`, or the same shape with float64 data. */
export interface DenseValues {
  readonly kind: 'dense';
  readonly nRows: number;
  readonly nCols: number;
  /** [nRows * nCols], row-major. */
  readonly data: ArrayLike<number>;
}

/** Cells x genes (or any other) values, dense or sparse. */
export type ValueMatrix = DenseValues | CsrMatrix;

/** What is compared: two vectors, or two matrices of the same shape. */
export type Values = ArrayLike<number> | ValueMatrix;

/** Places in a matrix, in any order; a place named twice counts once. */
export interface EntryList {
  /** Row of each entry. */
  readonly rows: ArrayLike<number>;
  /** Column of each entry, as many as rows. */
  readonly columns: ArrayLike<number>;
}

/** Entries to evaluate: those listed, or the stored ones of a sparse matrix whatever their values. */
export type EntryMask = EntryList | CsrMatrix;

/** Options of the scores that compare values. */
export interface EntryOptions {
  /** The entries of the two matrices **to evaluate**; all, zeros included, if left out. */
  readonly mask?: EntryMask;
}

/** A score of predicted values against true ones. */
export type ValueMetric = (truth: Values, prediction: Values, options?: EntryOptions) => number;

/** True and predicted values, given out in blocks. */
export interface PairBlocks {
  /** Number of pairs. */
  readonly count: number;
  /** Visits all pairs in order; the arrays may be used again, so keep nothing of them. */
  readonly forEach: (
    visit: (truth: ArrayLike<number>, prediction: ArrayLike<number>) => void,
  ) => void;
}

/**
 * Pairs of true and predicted values of two vectors, two matrices, or some entries of two matrices.
 *
 * @throws DataError if the shapes differ or nothing is left to evaluate; ParamError for a mask on
 * vectors
 */
export function pairBlocks(
  truth: Values,
  prediction: Values,
  { mask }: EntryOptions = {},
): PairBlocks {
  const [a, b] = [matrixOf(truth), matrixOf(prediction)];
  checkSameShape(a, b);
  if (mask === undefined) return allPairs(a, b);
  if (!isMatrix(truth)) {
    throw new ParamError('a mask needs matrices', {
      got: 'vectors',
      remedy: 'Give truth and prediction as matrices, or select the values before.',
    });
  }
  return maskedPairs(a, b, maskMatrix(mask, a));
}

/** Pairs by blocks as two plain arrays. */
export function collectPairs(pairs: PairBlocks): { truth: Float64Array; prediction: Float64Array } {
  const truth = new Float64Array(pairs.count);
  const prediction = new Float64Array(pairs.count);
  let end = 0;
  pairs.forEach((t, p) => {
    truth.set(t, end);
    prediction.set(p, end);
    end += t.length;
  });
  return { truth, prediction };
}

/** Copies one row, or column, of a matrix into a buffer of its length. */
export type LineReader = (line: number, into: Float64Array) => void;

/** Reads the rows of a matrix. */
export function rowReader(matrix: ValueMatrix): LineReader {
  const { nCols } = matrix;
  if (matrix.kind === 'dense') {
    return (i, into) => {
      for (let j = 0; j < nCols; j++) into[j] = matrix.data[i * nCols + j]!;
    };
  }
  return (i, into) => {
    const { indices, data } = matrix.row(i);
    into.fill(0);
    for (let e = 0; e < data.length; e++) into[indices[e]!] = data[e]!;
  };
}

/** Reads the columns of a matrix; a sparse one is transposed once. */
export function columnReader(matrix: ValueMatrix): LineReader {
  if (matrix.kind === 'csr') return rowReader(matrix.transpose());
  const { nRows, nCols, data } = matrix;
  return (j, into) => {
    for (let i = 0; i < nRows; i++) into[i] = data[i * nCols + j]!;
  };
}

/** The entries of a mask as the pattern of a sparse matrix of the shape they are for. */
export function maskMatrix(mask: EntryMask, { nRows, nCols }: ValueMatrix): CsrMatrix {
  if (!(mask instanceof CsrMatrix)) {
    const ones = new Uint8Array(mask.rows.length).fill(1);
    return CsrMatrix.fromTriplets(nRows, nCols, mask.rows, mask.columns, ones);
  }
  if (mask.nRows !== nRows || mask.nCols !== nCols) {
    throw new DataError('the mask has another shape than the values', {
      got: `${mask.nRows} x ${mask.nCols}`,
      expected: `${nRows} x ${nCols}`,
    });
  }
  return mask;
}

/** @throws DataError if the shapes differ or are empty */
export function checkSameShape(a: ValueMatrix, b: ValueMatrix): void {
  if (a.nRows === b.nRows && a.nCols === b.nCols && a.nRows * a.nCols > 0) return;
  throw new DataError('true and predicted values must have the same shape, not empty', {
    got: `${a.nRows} x ${a.nCols} and ${b.nRows} x ${b.nCols}`,
  });
}

function isMatrix(values: Values): values is ValueMatrix {
  return 'kind' in values;
}

/** A vector as a matrix of one row. */
function matrixOf(values: Values): ValueMatrix {
  if (isMatrix(values)) return values;
  return { kind: 'dense', nRows: 1, nCols: values.length, data: values };
}

function allPairs(a: ValueMatrix, b: ValueMatrix): PairBlocks {
  const { nRows, nCols } = a;
  return {
    count: nRows * nCols,
    forEach: (visit) => {
      const [readA, readB] = [rowReader(a), rowReader(b)];
      const [rowA, rowB] = [new Float64Array(nCols), new Float64Array(nCols)];
      for (let i = 0; i < nRows; i++) {
        readA(i, rowA);
        readB(i, rowB);
        visit(rowA, rowB);
      }
    },
  };
}

function maskedPairs(a: ValueMatrix, b: ValueMatrix, mask: CsrMatrix): PairBlocks {
  if (mask.nnz === 0) {
    throw new DataError('the mask leaves no entry to evaluate', {
      expected: 'at least one entry',
      remedy: 'The mask names the entries to evaluate, not those to leave out.',
    });
  }
  return {
    count: mask.nnz,
    forEach: (visit) => {
      for (let i = 0; i < mask.nRows; i++) {
        const columns = mask.row(i).indices;
        if (columns.length > 0) visit(entriesOf(a, i, columns), entriesOf(b, i, columns));
      }
    },
  };
}

function entriesOf(matrix: ValueMatrix, row: number, columns: Int32Array): Float64Array {
  if (matrix.kind === 'csr') return Float64Array.from(columns, (j) => matrix.get(row, j));
  const { data, nCols } = matrix;
  return Float64Array.from(columns, (j) => data[row * nCols + j]!);
}
