import { checkGraphReconstruction } from '../checks/graph-reconstruction.js';
import type { GraphReconstructionArgs } from '../contract/graph-reconstruction.js';
import { sigmoid } from './elementwise.js';

/** Loss of an inner-product decoder over all pairs, then over the links; in float64. */
export function plainGraphReconstruction(args: GraphReconstructionArgs): number {
  checkGraphReconstruction(args);
  const { z, n, dim, indptr, indices, targets, positiveWeight: w = 1, scale = 1 } = args;
  const gradient = new Float64Array(n * dim);
  const pull = (i: number, j: number, slope: number): void => {
    for (let k = 0; k < dim; k++) {
      gradient[i * dim + k]! += slope * z[j * dim + k]!;
      gradient[j * dim + k]! += slope * z[i * dim + k]!;
    }
  };
  let sum = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const logit = dot(z, i, j, dim);
      sum += softplus(logit);
      pull(i, j, sigmoid(logit));
    }
    for (let entry = indptr[i]!; entry < indptr[i + 1]!; entry++) {
      const [j, target] = [indices[entry]!, targets[entry]!];
      const logit = dot(z, i, j, dim);
      sum += target * ((w - 1) * softplus(logit) - w * logit);
      pull(i, j, target * ((w - 1) * sigmoid(logit) - w));
    }
  }
  for (let at = 0; at < n * dim; at++) args.gradient[at] = scale * gradient[at]!;
  return sum;
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

function dot(z: Float32Array, i: number, j: number, dim: number): number {
  let sum = 0;
  for (let k = 0; k < dim; k++) sum += z[i * dim + k]! * z[j * dim + k]!;
  return sum;
}
