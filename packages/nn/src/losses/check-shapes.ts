import { DataError, ParamError } from '@dance-ts/core';
import type * as tf from '@tensorflow/tfjs';

/** @throws ParamError if the tensors of a loss differ in shape */
export function checkSameShape(loss: string, tensors: readonly tf.Tensor[]): void {
  const shapes = tensors.map(({ shape }) => `[${shape.join(', ')}]`);
  if (new Set(shapes).size <= 1) return;
  throw new ParamError(`${loss}: shapes differ`, {
    got: shapes.join(' and '),
    expected: 'the same shape',
  });
}

/** @throws ParamError if two matrices of a loss differ in their number of columns */
export function checkSameWidth(loss: string, a: tf.Tensor2D, b: tf.Tensor2D): void {
  if (a.shape[1] === b.shape[1]) return;
  throw new ParamError(`${loss}: widths differ`, {
    got: `[${a.shape.join(', ')}] and [${b.shape.join(', ')}]`,
    expected: 'the same number of columns',
  });
}

/** @throws DataError unless there is one class in 0..nClasses-1 a row */
export function checkClasses(
  loss: string,
  classes: ArrayLike<number>,
  nRows: number,
  nClasses: number,
): void {
  if (classes.length !== nRows) {
    throw new DataError(`${loss}: number of classes given`, {
      got: String(classes.length),
      expected: `${nRows}, one a row`,
    });
  }
  for (let i = 0; i < nRows; i++) {
    const value = classes[i]!;
    if (Number.isInteger(value) && value >= 0 && value < nClasses) continue;
    throw new DataError(`${loss}: class of row ${i}`, {
      got: String(value),
      expected: `an integer in [0, ${nClasses})`,
    });
  }
}
