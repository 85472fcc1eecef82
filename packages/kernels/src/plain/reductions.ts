import { checkSums } from '../checks/reductions.js';
import type { SumArgs } from '../contract/reductions.js';

/** Sum of each row. */
export function plainSumRows(args: SumArgs): void {
  checkSums(args, args.rows);
  const { rows, columns, x, out } = args;
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let at = row * columns; at < (row + 1) * columns; at++) sum += x[at]!;
    out[row] = sum;
  }
}

/** Sum of each column. */
export function plainSumColumns(args: SumArgs): void {
  checkSums(args, args.columns);
  const { rows, columns, x, out } = args;
  const sums = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) sums[column]! += x[row * columns + column]!;
  }
  out.set(sums);
}
