import { ParamError } from '@dance-ts/core';
import type { DropoutMaskArgs, NormalNoiseArgs } from '../contract/random.js';
import { checkLength } from './basic.js';

/** Throws unless the generator is whole and the rate is a probability. */
export function checkDropoutMask({ state, rate }: DropoutMaskArgs): void {
  checkLength('state', state, 4);
  if (rate >= 0 && rate <= 1) return;
  throw new ParamError('Kernel argument rate is not a probability', {
    got: String(rate),
    expected: 'a number from 0 to 1',
  });
}

/** The number of 2^32 below which a draw drops its element, and what a kept one becomes. */
export function dropoutConstants(rate: number): readonly [threshold: number, scale: number] {
  return [Math.round(rate * 4294967296), 1 / (1 - rate)];
}

/** Throws unless the generator is whole and the deviation can be one. */
export function checkNormalNoise({ state, deviation }: NormalNoiseArgs): void {
  checkLength('state', state, 4);
  if (deviation >= 0 && deviation < Infinity) return;
  throw new ParamError('Kernel argument deviation is not a standard deviation', {
    got: String(deviation),
    expected: 'a finite number >= 0',
  });
}
