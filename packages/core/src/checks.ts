import { DataError } from './errors.js';

/** @throws {@link DataError} unless both sizes are integers >= 0 */
export function checkShape(nRows: number, nCols: number, kind: 'CSR' | 'dense'): void {
  if (Number.isInteger(nRows) && Number.isInteger(nCols) && nRows >= 0 && nCols >= 0) return;
  throw new DataError(`invalid ${kind} matrix: shape`, {
    got: `${nRows} x ${nCols}`,
    expected: 'two integers >= 0',
  });
}

/**
 * The index itself.
 *
 * @throws {@link DataError} unless it is an integer in [0, bound)
 */
export function checkIndex(index: number, bound: number, name: 'row' | 'column'): number {
  if (!Number.isInteger(index) || index < 0 || index >= bound) {
    throw new DataError(`${name} index out of range`, {
      got: String(index),
      expected: `an integer in [0, ${bound})`,
    });
  }
  return index;
}

/** @throws {@link DataError} unless there is one factor a row */
export function checkFactors(factors: ArrayLike<number>, nRows: number): void {
  if (factors.length === nRows) return;
  throw new DataError('row factors', { got: String(factors.length), expected: String(nRows) });
}
