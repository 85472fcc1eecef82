import { checkNormalization, checkNormalizationGradient } from '../checks/normalization.js';
import type {
  BatchNormGradientArgs,
  NormalizationArgs,
  NormalizationGradientArgs,
} from '../contract/normalization.js';

/** Elements `start, start + step, ...` of a matrix: one of its rows or columns. */
interface Line {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** Normalizes columns by their own statistics. */
export function plainBatchNorm(args: NormalizationArgs): void {
  checkNormalization(args, args.columns);
  const { rows, columns, epsilon, gamma, beta } = args;
  for (let column = 0; column < columns; column++) {
    const line = { start: column, step: columns, count: rows };
    const { mean, variance } = statisticsOf(args.x, line);
    args.mean[column] = mean;
    args.variance[column] = variance;
    const scale = gamma[column]! / Math.sqrt(variance + epsilon);
    transformColumn(args, line, mean, scale, beta[column]!);
  }
}

/** Normalizes columns by the statistics given. */
export function plainBatchNormFixed(args: NormalizationArgs): void {
  checkNormalization(args, args.columns);
  const { rows, columns, epsilon, gamma, beta, mean, variance } = args;
  for (let column = 0; column < columns; column++) {
    const line = { start: column, step: columns, count: rows };
    const scale = gamma[column]! / Math.sqrt(variance[column]! + epsilon);
    transformColumn(args, line, mean[column]!, scale, beta[column]!);
  }
}

/** Gradients of both batch normalizations. */
export function plainBatchNormGradient(args: BatchNormGradientArgs): void {
  checkNormalizationGradient(args, args.columns);
  const { rows, columns, dy, x, gamma, epsilon, dx, training } = args;
  for (let column = 0; column < columns; column++) {
    const mean = args.mean[column]!;
    const inverse = 1 / Math.sqrt(args.variance[column]! + epsilon);
    let [sum, products] = [0, 0];
    for (let at = column; at < rows * columns; at += columns) {
      sum += dy[at]!;
      products += dy[at]! * (x[at]! - mean) * inverse;
    }
    args.dBeta[column] = sum;
    args.dGamma[column] = products;
    const share = training ? 1 / rows : 0;
    for (let at = column; at < rows * columns; at += columns) {
      const normalized = (x[at]! - mean) * inverse;
      const rest = dy[at]! - sum * share - normalized * products * share;
      dx[at] = gamma[column]! * inverse * rest;
    }
  }
}

/** Normalizes rows by their own statistics. */
export function plainLayerNorm(args: NormalizationArgs): void {
  checkNormalization(args, args.rows);
  const { rows, columns, x, gamma, beta, epsilon, out } = args;
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    const { mean, variance } = statisticsOf(x, { start, step: 1, count: columns });
    args.mean[row] = mean;
    args.variance[row] = variance;
    const inverse = 1 / Math.sqrt(variance + epsilon);
    for (let column = 0; column < columns; column++) {
      const normalized = (x[start + column]! - mean) * inverse;
      out[start + column] = normalized * gamma[column]! + beta[column]!;
    }
  }
}

/** Gradients of the layer normalization. */
export function plainLayerNormGradient(args: NormalizationGradientArgs): void {
  checkNormalizationGradient(args, args.rows);
  const { rows, columns, dy, x, gamma, epsilon, dx } = args;
  const dGamma = new Float64Array(columns);
  const dBeta = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    const mean = args.mean[row]!;
    const inverse = 1 / Math.sqrt(args.variance[row]! + epsilon);
    let [sum, products] = [0, 0];
    for (let column = 0; column < columns; column++) {
      const gradient = dy[start + column]!;
      const normalized = (x[start + column]! - mean) * inverse;
      dGamma[column]! += gradient * normalized;
      dBeta[column]! += gradient;
      sum += gradient * gamma[column]!;
      products += gradient * gamma[column]! * normalized;
    }
    for (let column = 0; column < columns; column++) {
      const at = start + column;
      const normalized = (x[at]! - mean) * inverse;
      const rest = dy[at]! * gamma[column]! - sum / columns - (normalized * products) / columns;
      dx[at] = inverse * rest;
    }
  }
  args.dGamma.set(dGamma);
  args.dBeta.set(dBeta);
}

function statisticsOf(
  x: Float32Array,
  { start, step, count }: Line,
): { mean: number; variance: number } {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += x[start + i * step]!;
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (x[start + i * step]! - mean) ** 2;
  return { mean, variance: squares / count };
}

function transformColumn(
  { x, out }: NormalizationArgs,
  { start, step, count }: Line,
  mean: number,
  scale: number,
  shift: number,
): void {
  for (let i = 0; i < count; i++) {
    const at = start + i * step;
    out[at] = (x[at]! - mean) * scale + shift;
  }
}
