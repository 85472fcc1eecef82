import { ParamError } from '@dance-ts/core';
import type { AdamArgs, SgdArgs } from '../contract/optimizers.js';
import { checkLength } from './basic.js';

/** Throws unless the state arrays are as long as the parameters and the step is at least 1. */
export function checkAdam(args: AdamArgs): void {
  const { parameters, gradients, firstMoment, secondMoment, maxSecondMoment, step } = args;
  const size = parameters.length;
  checkLength('gradients', gradients, size);
  checkLength('firstMoment', firstMoment, size);
  checkLength('secondMoment', secondMoment, size);
  if (maxSecondMoment !== undefined) checkLength('maxSecondMoment', maxSecondMoment, size);
  if (!Number.isSafeInteger(step) || step < 1) {
    throw new ParamError('The Adam step is not a step number', {
      got: String(step),
      expected: 'a whole number >= 1',
    });
  }
}

/** Throws unless every array of the state that is given is as long as the parameters. */
export function checkStep(
  { parameters, gradients }: Pick<SgdArgs, 'parameters' | 'gradients'>,
  state: Readonly<Record<string, Float32Array | undefined>>,
): void {
  checkLength('gradients', gradients, parameters.length);
  for (const [name, array] of Object.entries(state)) {
    if (array !== undefined) checkLength(name, array, parameters.length);
  }
}

/** Throws if momentum is asked for without an array to keep it. */
export function checkVelocity(momentum: number, velocity: Float32Array | undefined): void {
  if (momentum === 0 || velocity !== undefined) return;
  throw new ParamError('A step with momentum needs the array velocity', {
    got: `momentum ${momentum}`,
  });
}
