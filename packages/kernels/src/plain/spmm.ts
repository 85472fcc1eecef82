import { checkSpmm } from '../checks/matrix.js';
import type { SpmmArgs } from '../contract/matrix.js';

/** Columns of the result that are summed in local variables at once. */
const STRIP = 4;

/** CSR times dense, row by row; sums run in float64. */
export function plainSpmm(args: SpmmArgs): void {
  checkSpmm(args);
  const wide = args.width - (args.width % STRIP);
  for (let row = 0; row < args.nRows; row++) {
    for (let column = 0; column < wide; column += STRIP) sumStrip(args, row, column);
    for (let column = wide; column < args.width; column++) sumColumn(args, row, column);
  }
}

function sumStrip(args: SpmmArgs, row: number, column: number): void {
  const { indptr, indices, values, x, width, out } = args;
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
  const end = indptr[row + 1]!;
  for (let entry = indptr[row]!; entry < end; entry++) {
    const value = values[entry]!;
    const source = indices[entry]! * width + column;
    sum0 += value * x[source]!;
    sum1 += value * x[source + 1]!;
    sum2 += value * x[source + 2]!;
    sum3 += value * x[source + 3]!;
  }
  const target = row * width + column;
  out[target] = sum0;
  out[target + 1] = sum1;
  out[target + 2] = sum2;
  out[target + 3] = sum3;
}

function sumColumn(args: SpmmArgs, row: number, column: number): void {
  const { indptr, indices, values, x, width, out } = args;
  let sum = 0;
  const end = indptr[row + 1]!;
  for (let entry = indptr[row]!; entry < end; entry++) {
    sum += values[entry]! * x[indices[entry]! * width + column]!;
  }
  out[row * width + column] = sum;
}
