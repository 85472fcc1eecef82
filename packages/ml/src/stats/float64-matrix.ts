import { DataError, type DenseMatrix } from '@dance-ts/core';

/** A dense matrix, or rows of numbers where float32 would lose digits. */
export type RealMatrix = DenseMatrix | readonly ArrayLike<number>[];

/** Row-major dense matrix in float64. */
export interface Float64Matrix {
  readonly nRows: number;
  readonly nCols: number;
  /** [nRows * nCols] */
  readonly values: Float64Array;
}

/**
 * A float64 copy of a matrix that was checked.
 *
 * @param name - owner and argument, for messages (`nnls: A`)
 * @throws DataError if it is empty, its rows differ in length or a value is not finite
 */
export function toFloat64Matrix(name: string, matrix: RealMatrix): Float64Matrix {
  const result = 'kind' in matrix ? fromDense(matrix) : fromRows(name, matrix);
  if (result.values.length === 0) {
    throw new DataError(`${name} is empty`, { got: `${result.nRows} x ${result.nCols}` });
  }
  checkFinite(name, result.values);
  return result;
}

/**
 * Refuses NaN and infinite values.
 *
 * @throws DataError with the first such value
 */
export function checkFinite(name: string, values: ArrayLike<number>): void {
  for (let e = 0; e < values.length; e++) {
    if (Number.isFinite(values[e]!)) continue;
    throw new DataError(`${name} holds a value that is not finite`, {
      got: String(values[e]),
      remedy: 'Remove or impute missing values first.',
    });
  }
}

function fromDense({ nRows, nCols, data }: DenseMatrix): Float64Matrix {
  return { nRows, nCols, values: Float64Array.from(data) };
}

function fromRows(name: string, rows: readonly ArrayLike<number>[]): Float64Matrix {
  const nRows = rows.length;
  const nCols = rows[0]?.length ?? 0;
  const values = new Float64Array(nRows * nCols);
  rows.forEach((row, i) => {
    if (row.length !== nCols) {
      throw new DataError(`${name}: row ${i} has another length than row 0`, {
        got: String(row.length),
        expected: String(nCols),
      });
    }
    values.set(row, i * nCols);
  });
  return { nRows, nCols, values };
}
