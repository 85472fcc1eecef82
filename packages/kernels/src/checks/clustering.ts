import { ParamError } from '@dance-ts/core';
import type {
  SoftAssignArgs,
  SoftAssignGradientArgs,
  SoftmaxArgs,
  SoftmaxGradientArgs,
} from '../contract/clustering.js';
import { checkLength, checkSize } from './basic.js';

/** Throws unless array lengths fit. */
export function checkSoftmax({ rows, columns, x, out }: SoftmaxArgs): void {
  checkSize('rows', rows);
  checkSize('columns', columns);
  checkLength('x', x, rows * columns);
  checkLength('out', out, rows * columns);
}

/** Throws unless array lengths fit. */
export function checkSoftmaxGradient({ rows, columns, dy, y, dx }: SoftmaxGradientArgs): void {
  checkSize('rows', rows);
  checkSize('columns', columns);
  checkLength('dy', dy, rows * columns);
  checkLength('y', y, rows * columns);
  checkLength('dx', dx, rows * columns);
}

/** Throws unless array lengths fit and alpha is above 0. */
export function checkSoftAssign(args: SoftAssignArgs): void {
  const { rows, clusters, dim, z, centers, alpha, q } = args;
  checkSize('rows', rows);
  checkSize('clusters', clusters);
  checkSize('dim', dim);
  checkLength('z', z, rows * dim);
  checkLength('centers', centers, clusters * dim);
  checkLength('q', q, rows * clusters);
  if (alpha > 0 && alpha < Infinity) return;
  throw new ParamError('Kernel argument alpha is not a number of degrees of freedom', {
    got: String(alpha),
    expected: 'a number > 0',
  });
}

/** Throws unless array lengths fit and alpha is above 0. */
export function checkSoftAssignGradient(args: SoftAssignGradientArgs): void {
  checkSoftAssign(args);
  const { rows, clusters, dim, dq, weights, dz, dCenters } = args;
  checkLength('dq', dq, rows * clusters);
  checkLength('weights', weights, rows * clusters);
  checkLength('dz', dz, rows * dim);
  checkLength('dCenters', dCenters, clusters * dim);
}
