import { ParamError } from '@dance-ts/core';
import type { AdamArgs } from '../contract/optimizers.js';
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
