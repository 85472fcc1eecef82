import { ParamError } from '@dance-ts/core';
import type {
  BiasActivationArgs,
  BiasGradientArgs,
  ScaleRowsArgs,
  SquaredErrorArgs,
  TransposeArgs,
} from '../contract/dense.js';
import { checkLength, checkSize } from './basic.js';

/** Throws unless array lengths fit. */
export function checkBiasActivation(args: BiasActivationArgs): void {
  const { rows, columns, values, bias } = args;
  checkSize('rows', rows);
  checkSize('columns', columns);
  checkLength('values', values, rows * columns);
  if (bias !== undefined) checkLength('bias', bias, columns);
}

/** Throws unless array lengths fit and there is room for what is passed back. */
export function checkBiasGradient(args: BiasGradientArgs): void {
  const { rows, columns, gradients, outputs, passed, biasGradient } = args;
  checkSize('rows', rows);
  checkSize('columns', columns);
  checkLength('gradients', gradients, rows * columns);
  if (biasGradient !== undefined) checkLength('biasGradient', biasGradient, columns);
  if (outputs === undefined) return;
  checkLength('outputs', outputs, rows * columns);
  if (passed === undefined) {
    throw new ParamError('The kernel array passed is missing', {
      expected: 'an array as long as outputs',
    });
  }
  checkLength('passed', passed, rows * columns);
}

/** Throws unless array lengths fit. */
export function checkScaleRows({ rows, columns, values, factors, out }: ScaleRowsArgs): void {
  checkSize('rows', rows);
  checkSize('columns', columns);
  checkLength('values', values, rows * columns);
  checkLength('factors', factors, rows);
  checkLength('out', out, rows * columns);
}

/** Throws unless array lengths fit. */
export function checkTranspose({ rows, columns, x, out }: TransposeArgs): void {
  checkSize('rows', rows);
  checkSize('columns', columns);
  checkLength('x', x, rows * columns);
  checkLength('out', out, rows * columns);
}

/** Throws unless array lengths fit. */
export function checkSquaredError({ prediction, target, gradient }: SquaredErrorArgs): void {
  checkLength('target', target, prediction.length);
  checkLength('gradient', gradient, prediction.length);
}
