import { adamCoefficients } from '../optimizer-coefficients.js';
import { checkAdam } from '../checks/optimizers.js';
import type { AdamArgs } from '../contract/optimizers.js';

/** One in-place Adam, AMSGrad or AdamW step; each element is worked out in float64. */
export function plainAdam(args: AdamArgs): void {
  checkAdam(args);
  const { parameters, gradients, firstMoment, secondMoment, maxSecondMoment } = args;
  const { beta1, beta2, epsilon, stepSize, rootScale, l2, shrink } = adamCoefficients(args);
  for (let i = 0; i < parameters.length; i++) {
    const parameter = parameters[i]!;
    const gradient = gradients[i]! + l2 * parameter;
    const first = beta1 * firstMoment[i]! + (1 - beta1) * gradient;
    const second = beta2 * secondMoment[i]! + (1 - beta2) * gradient * gradient;
    firstMoment[i] = first;
    secondMoment[i] = second;
    let scale = second;
    if (maxSecondMoment !== undefined) {
      scale = Math.max(maxSecondMoment[i]!, second);
      maxSecondMoment[i] = scale;
    }
    const root = Math.sqrt(scale) * rootScale + epsilon;
    parameters[i] = shrink * parameter - (stepSize * first) / root;
  }
}
