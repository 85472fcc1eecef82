import type { GraphReconstructionArgs } from '../contract/graph-reconstruction.js';
import { checkIndices, checkLength, checkSize } from './basic.js';

/** Throws unless the target is a sound n x n matrix and the arrays fit. */
export function checkGraphReconstruction(args: GraphReconstructionArgs): void {
  const { z, n, dim, indptr, indices, targets, gradient } = args;
  checkSize('n', n);
  checkSize('dim', dim);
  checkLength('z', z, n * dim);
  checkLength('gradient', gradient, n * dim);
  checkLength('indptr', indptr, n + 1);
  const end = n === 0 ? 0 : indptr[n]!;
  checkLength('indices', indices, end);
  checkLength('targets', targets, end);
  checkIndices('indices', indices, [0, end], [0, n]);
}
