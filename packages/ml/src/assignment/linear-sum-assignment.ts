import { DataError, type DenseMatrix } from '@dance-ts/core';
import { shortestAugmentingPaths, type SquareOrWide } from './shortest-augmenting-paths.js';

/** Rows matched to columns. */
export interface Assignment {
  /** Matched rows, ascending, [min(nRows, nCols)]. */
  readonly rows: Int32Array;
  /** Column of each matched row, [min(nRows, nCols)]. */
  readonly columns: Int32Array;
  /** Sum of the matched costs. */
  readonly total: number;
}

/** Sums of as many costs as memory holds stay finite. */
const LARGEST_COST = 1e300;

/** Options of {@link linearSumAssignment}. */
export interface AssignmentOptions {
  /** The largest total instead of the smallest; default false. */
  readonly maximize?: boolean;
}

/**
 * Optimal one-to-one assignment of rows to columns, in float64: O(n^2 m) for n x m costs, n the
 * smaller side. Where several assignments are optimal, one of them is returned, always the same.
 *
 * Works on a float64 copy of the costs (8 bytes a cell), without a pause: about 0.5 s for random
 * costs of 1000 x 1000.
 *
 * @param cost - [nRows, nCols], a matrix or rows of numbers; min(nRows, nCols) pairs are made
 * @throws DataError if a cost is not finite (or beyond 1e300) or the rows differ in length
 */
export function linearSumAssignment(
  cost: DenseMatrix | readonly ArrayLike<number>[],
  options: AssignmentOptions = {},
): Assignment {
  const rows = rowsOf(cost);
  const nCols = rows[0]?.length ?? 0;
  const isTall = rows.length > nCols;
  const costs = wideCosts(rows, nCols, isTall, options.maximize ?? false);
  const columnOf = shortestAugmentingPaths(costs);
  const pairs = Array.from(columnOf, (column, row) =>
    isTall ? ([column, row] as const) : ([row, column] as const),
  );
  pairs.sort(([a], [b]) => a - b);
  return {
    rows: Int32Array.from(pairs, ([row]) => row),
    columns: Int32Array.from(pairs, ([, column]) => column),
    total: pairs.reduce((sum, [row, column]) => sum + rows[row]![column]!, 0),
  };
}

function rowsOf(cost: DenseMatrix | readonly ArrayLike<number>[]): readonly ArrayLike<number>[] {
  if (!('kind' in cost)) return cost;
  return Array.from({ length: cost.nRows }, (_, i) => cost.row(i));
}

/** The costs to minimize, transposed if there are more rows than columns. */
function wideCosts(
  rows: readonly ArrayLike<number>[],
  nCols: number,
  isTall: boolean,
  maximize: boolean,
): SquareOrWide {
  const nRows = rows.length;
  const [n, m] = isTall ? [nCols, nRows] : [nRows, nCols];
  const values = new Float64Array(n * m);
  rows.forEach((row, i) => {
    if (row.length !== nCols) {
      throw new DataError(`row ${i} of the costs has another length than row 0`, {
        got: String(row.length),
        expected: String(nCols),
      });
    }
    for (let j = 0; j < nCols; j++) {
      const value = row[j]!;
      if (!(Math.abs(value) <= LARGEST_COST)) {
        throw new DataError(`cost of row ${i} and column ${j}`, {
          got: String(value),
          expected: `a finite number, at most ${LARGEST_COST} in size`,
          remedy: 'Give a pair that must not be matched a large finite cost.',
        });
      }
      values[isTall ? j * m + i : i * m + j] = maximize ? -value : value;
    }
  });
  return { n, m, values };
}
