import {
  checkSoftAssign,
  checkSoftAssignGradient,
  checkSoftmax,
  checkSoftmaxGradient,
} from '../checks/clustering.js';
import type {
  SoftAssignArgs,
  SoftAssignGradientArgs,
  SoftmaxArgs,
  SoftmaxGradientArgs,
} from '../contract/clustering.js';

/** Softmax of rows. */
export function plainSoftmax(args: SoftmaxArgs): void {
  checkSoftmax(args);
  const { rows, columns, x, logarithm = false, out } = args;
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    const logTotal = logSumExp((i) => x[start + i]!, columns);
    for (let at = start; at < start + columns; at++) {
      const logShare = x[at]! - logTotal;
      out[at] = logarithm ? logShare : Math.exp(logShare);
    }
  }
}

/** Gradient of {@link plainSoftmax}. */
export function plainSoftmaxGradient(args: SoftmaxGradientArgs): void {
  checkSoftmaxGradient(args);
  const { rows, columns, dy, y, logarithm = false, dx } = args;
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    let total = 0;
    for (let at = start; at < start + columns; at++) total += dy[at]! * (logarithm ? 1 : y[at]!);
    for (let at = start; at < start + columns; at++) {
      dx[at] = logarithm ? dy[at]! - Math.exp(y[at]!) * total : y[at]! * (dy[at]! - total);
    }
  }
}

/** Soft assignment by Student's t kernel. */
export function plainSoftAssign(args: SoftAssignArgs): void {
  checkSoftAssign(args);
  const { rows, clusters, alpha, q } = args;
  const logDensities = new Float64Array(clusters);
  for (let row = 0; row < rows; row++) {
    for (let cluster = 0; cluster < clusters; cluster++) {
      const distance = squaredDistance(args, row, cluster);
      logDensities[cluster] = (-(alpha + 1) / 2) * Math.log1p(distance / alpha);
    }
    const logTotal = logSumExp((i) => logDensities[i]!, clusters);
    for (let cluster = 0; cluster < clusters; cluster++) {
      q[row * clusters + cluster] = Math.exp(logDensities[cluster]! - logTotal);
    }
  }
}

/** Gradients of {@link plainSoftAssign}. */
export function plainSoftAssignGradient(args: SoftAssignGradientArgs): void {
  checkSoftAssignGradient(args);
  const { rows, clusters, dim, z, centers, alpha, q, dq, weights } = args;
  const dz = new Float64Array(rows * dim);
  const dCenters = new Float64Array(clusters * dim);
  for (let row = 0; row < rows; row++) {
    const start = row * clusters;
    let mean = 0;
    for (let at = start; at < start + clusters; at++) mean += dq[at]! * q[at]!;
    for (let cluster = 0; cluster < clusters; cluster++) {
      const at = start + cluster;
      const passed = q[at]! * (dq[at]! - mean);
      const weight = (-(alpha + 1) * passed) / (alpha + squaredDistance(args, row, cluster));
      weights[at] = weight;
      for (let i = 0; i < dim; i++) {
        const pull = weight * (z[row * dim + i]! - centers[cluster * dim + i]!);
        dz[row * dim + i]! += pull;
        dCenters[cluster * dim + i]! -= pull;
      }
    }
  }
  args.dz.set(dz);
  args.dCenters.set(dCenters);
}

function logSumExp(value: (i: number) => number, count: number): number {
  let largest = -Infinity;
  for (let i = 0; i < count; i++) largest = Math.max(largest, value(i));
  let total = 0;
  for (let i = 0; i < count; i++) total += Math.exp(value(i) - largest);
  return largest + Math.log(total);
}

function squaredDistance(
  { dim, z, centers }: SoftAssignArgs,
  row: number,
  cluster: number,
): number {
  let sum = 0;
  for (let i = 0; i < dim; i++) sum += (z[row * dim + i]! - centers[cluster * dim + i]!) ** 2;
  return sum;
}
