import { checkBiasActivation } from '../checks/matrix.js';
import type { BiasActivationArgs } from '../contract/matrix.js';

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
