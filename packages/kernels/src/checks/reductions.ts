import type { SumArgs } from '../contract/reductions.js';
import { checkLength, checkSize } from './basic.js';

/** Throws unless the matrix is there and there is room for `sums` results. */
export function checkSums({ rows, columns, x, out }: SumArgs, sums: number): void {
  checkSize('rows', rows);
  checkSize('columns', columns);
  checkLength('x', x, rows * columns);
  checkLength('out', out, sums);
}
