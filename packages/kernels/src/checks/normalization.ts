import type { NormalizationArgs, NormalizationGradientArgs } from '../contract/normalization.js';
import { checkLength, checkSize } from './basic.js';

/** Throws unless array lengths fit; `statistics` is the number of means and variances. */
export function checkNormalization(args: NormalizationArgs, statistics: number): void {
  const { rows, columns, x, gamma, beta, mean, variance, out } = args;
  checkSize('rows', rows);
  checkSize('columns', columns);
  checkLength('x', x, rows * columns);
  checkLength('gamma', gamma, columns);
  checkLength('beta', beta, columns);
  checkLength('mean', mean, statistics);
  checkLength('variance', variance, statistics);
  checkLength('out', out, rows * columns);
}

/** Throws unless array lengths fit; `statistics` is the number of means and variances. */
export function checkNormalizationGradient(
  args: NormalizationGradientArgs,
  statistics: number,
): void {
  const { rows, columns, dy, x, gamma, mean, variance, dx, dGamma, dBeta } = args;
  checkSize('rows', rows);
  checkSize('columns', columns);
  checkLength('dy', dy, rows * columns);
  checkLength('x', x, rows * columns);
  checkLength('gamma', gamma, columns);
  checkLength('mean', mean, statistics);
  checkLength('variance', variance, statistics);
  checkLength('dx', dx, rows * columns);
  checkLength('dGamma', dGamma, columns);
  checkLength('dBeta', dBeta, columns);
}
