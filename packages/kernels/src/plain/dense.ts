import {
  checkBiasActivation,
  checkBiasGradient,
  checkScaleRows,
  checkSquaredError,
  checkTranspose,
} from '../checks/dense.js';
import type {
  BiasActivationArgs,
  BiasGradientArgs,
  ScaleRowsArgs,
  SquaredErrorArgs,
  TransposeArgs,
} from '../contract/dense.js';

/** Adds a bias to each row and cuts at 0, in place. */
export function plainBiasActivation(args: BiasActivationArgs): void {
  checkBiasActivation(args);
  const { rows, columns, values, bias, relu = false } = args;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      const value = values[at]! + (bias?.[column] ?? 0);
      values[at] = relu ? Math.max(value, 0) : value;
    }
  }
}

/** Way back through {@link plainBiasActivation}; sums run in float64. */
export function plainBiasGradient(args: BiasGradientArgs): void {
  checkBiasGradient(args);
  const { rows, columns, gradients, outputs, passed, biasGradient } = args;
  if (outputs !== undefined && passed !== undefined) {
    for (let i = 0; i < rows * columns; i++) passed[i] = outputs[i]! > 0 ? gradients[i]! : 0;
  }
  if (biasGradient === undefined) return;
  const source = outputs === undefined ? gradients : (passed ?? gradients);
  for (let column = 0; column < columns; column++) {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += source[row * columns + column]!;
    biasGradient[column] = sum;
  }
}

/** Multiplies each row by a factor. */
export function plainScaleRows(args: ScaleRowsArgs): void {
  checkScaleRows(args);
  const { rows, columns, values, factors, out } = args;
  for (let row = 0; row < rows; row++) {
    for (let at = row * columns; at < (row + 1) * columns; at++)
      out[at] = factors[row]! * values[at]!;
  }
}

/** Swaps rows and columns. */
export function plainTranspose(args: TransposeArgs): void {
  checkTranspose(args);
  const { rows, columns, x, out } = args;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      out[column * rows + row] = x[row * columns + column]!;
    }
  }
}

/** Sum of squared differences in float64. */
export function plainSquaredError(args: SquaredErrorArgs): number {
  checkSquaredError(args);
  const { prediction, target, scale, gradient } = args;
  let sum = 0;
  for (let i = 0; i < prediction.length; i++) {
    const difference = prediction[i]! - target[i]!;
    gradient[i] = scale * difference;
    sum += difference * difference;
  }
  return sum;
}
