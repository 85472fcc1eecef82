import { adamCoefficients } from '../optimizer-coefficients.js';
import { checkAdam, checkStep, checkVelocity } from '../checks/optimizers.js';
import type {
  AdadeltaArgs,
  AdagradArgs,
  AdamArgs,
  RmspropArgs,
  SgdArgs,
} from '../contract/optimizers.js';

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

/** One in-place step of gradient descent, in float64. */
export function plainSgd(args: SgdArgs): void {
  const { learningRate, weightDecay = 0, momentum = 0, dampening = 0, nesterov = false } = args;
  const { parameters, gradients, velocity } = args;
  checkStep(args, { velocity });
  checkVelocity(momentum, velocity);
  for (let i = 0; i < parameters.length; i++) {
    const gradient = gradients[i]! + weightDecay * parameters[i]!;
    let update = gradient;
    if (velocity !== undefined) {
      const blended = momentum * velocity[i]! + (1 - dampening) * gradient;
      velocity[i] = blended;
      update = nesterov ? gradient + momentum * blended : blended;
    }
    parameters[i]! -= learningRate * update;
  }
}

/** One in-place RMSprop step, in float64. */
export function plainRmsprop(args: RmspropArgs): void {
  const { learningRate, alpha = 0.99, epsilon = 1e-8, weightDecay = 0, momentum = 0 } = args;
  const { parameters, gradients, meanSquare, velocity } = args;
  checkStep(args, { meanSquare, velocity });
  checkVelocity(momentum, velocity);
  for (let i = 0; i < parameters.length; i++) {
    const gradient = gradients[i]! + weightDecay * parameters[i]!;
    const square = alpha * meanSquare[i]! + (1 - alpha) * gradient * gradient;
    meanSquare[i] = square;
    let update = gradient / (Math.sqrt(square) + epsilon);
    if (velocity !== undefined) {
      update += momentum * velocity[i]!;
      velocity[i] = update;
    }
    parameters[i]! -= learningRate * update;
  }
}

/** One in-place Adadelta step, in float64. */
export function plainAdadelta(args: AdadeltaArgs): void {
  const { learningRate, rho = 0.9, epsilon = 1e-6, weightDecay = 0 } = args;
  const { parameters, gradients, meanSquare, meanSquareUpdate } = args;
  checkStep(args, { meanSquare, meanSquareUpdate });
  for (let i = 0; i < parameters.length; i++) {
    const gradient = gradients[i]! + weightDecay * parameters[i]!;
    const square = rho * meanSquare[i]! + (1 - rho) * gradient * gradient;
    const before = meanSquareUpdate[i]!;
    const update = (Math.sqrt(before + epsilon) / Math.sqrt(square + epsilon)) * gradient;
    meanSquare[i] = square;
    meanSquareUpdate[i] = rho * before + (1 - rho) * update * update;
    parameters[i]! -= learningRate * update;
  }
}

/** One in-place Adagrad step, in float64. */
export function plainAdagrad(args: AdagradArgs): void {
  const { learningRate, epsilon = 1e-10, weightDecay = 0 } = args;
  const { parameters, gradients, sumSquare } = args;
  checkStep(args, { sumSquare });
  for (let i = 0; i < parameters.length; i++) {
    const gradient = gradients[i]! + weightDecay * parameters[i]!;
    const square = sumSquare[i]! + gradient * gradient;
    sumSquare[i] = square;
    parameters[i]! -= (learningRate * gradient) / (Math.sqrt(square) + epsilon);
  }
}
