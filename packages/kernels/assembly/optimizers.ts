import { element, FLOAT, loadLanes, multiplyAdd, storeLanes, VECTOR } from './simd';

/**
 * One in-place Adam step on `count` parameters, with everything that is the same for all elements
 * already worked out by the caller.
 *
 * @param maxSecondMoment - address of the AMSGrad maximum, or 0 for none
 * @param beta1Rest - `1 - beta1`, rounded from double precision; beta2Rest likewise
 * @param stepSize - `learningRate / (1 - beta1^step)`
 * @param rootScale - `1 / sqrt(1 - beta2^step)`
 * @param l2 - share of the parameter added to its gradient
 * @param shrink - factor on the parameter (decoupled weight decay), else 1
 */
export function adam(
  count: i32,
  parameters: usize,
  gradients: usize,
  firstMoment: usize,
  secondMoment: usize,
  maxSecondMoment: usize,
  beta1: f32,
  beta1Rest: f32,
  beta2: f32,
  beta2Rest: f32,
  epsilon: f32,
  stepSize: f32,
  rootScale: f32,
  l2: f32,
  shrink: f32,
): void {
  // Two loops, of vectors and of what is left: inlined, the size of a step is a constant, and a
  // loop that tests at its end lets V8 move what is the same for all elements out of it.
  const whole = count & ~3;
  const offset = <usize>whole * FLOAT;
  if (whole > 0) {
    Adam.steps(
      VECTOR,
      parameters + offset,
      parameters,
      gradients,
      firstMoment,
      secondMoment,
      maxSecondMoment,
      f32x4.splat(beta1),
      f32x4.splat(beta1Rest),
      f32x4.splat(beta2),
      f32x4.splat(beta2Rest),
      f32x4.splat(epsilon),
      f32x4.splat(stepSize),
      f32x4.splat(rootScale),
      f32x4.splat(l2),
      f32x4.splat(shrink),
    );
  }
  if (whole < count) {
    Adam.steps(
      FLOAT,
      element(parameters, count),
      parameters + offset,
      gradients + offset,
      firstMoment + offset,
      secondMoment + offset,
      maxSecondMoment == 0 ? 0 : maxSecondMoment + offset,
      f32x4.splat(beta1),
      f32x4.splat(beta1Rest),
      f32x4.splat(beta2),
      f32x4.splat(beta2Rest),
      f32x4.splat(epsilon),
      f32x4.splat(stepSize),
      f32x4.splat(rootScale),
      f32x4.splat(l2),
      f32x4.splat(shrink),
    );
  }
}

/** Static, because only methods can be inlined. */
class Adam {
  /** {@link adam} on at least one step of `lanes` bytes, up to the address `end`. */
  @inline
  static steps(
    lanes: usize,
    end: usize,
    parameters: usize,
    gradients: usize,
    firstMoment: usize,
    secondMoment: usize,
    maxSecondMoment: usize,
    beta1: v128,
    beta1Rest: v128,
    beta2: v128,
    beta2Rest: v128,
    epsilon: v128,
    stepSize: v128,
    rootScale: v128,
    l2: v128,
    shrink: v128,
  ): void {
    do {
      const parameter = loadLanes(parameters, lanes);
      const gradient = multiplyAdd(l2, parameter, loadLanes(gradients, lanes));
      const kept = f32x4.mul(beta1Rest, gradient);
      const first = multiplyAdd(beta1, loadLanes(firstMoment, lanes), kept);
      const square = f32x4.mul(beta2Rest, f32x4.mul(gradient, gradient));
      const second = multiplyAdd(beta2, loadLanes(secondMoment, lanes), square);
      storeLanes(firstMoment, first, lanes);
      storeLanes(secondMoment, second, lanes);
      let scale = second;
      if (maxSecondMoment != 0) {
        scale = f32x4.max(loadLanes(maxSecondMoment, lanes), second);
        storeLanes(maxSecondMoment, scale, lanes);
        maxSecondMoment += lanes;
      }
      const root = multiplyAdd(f32x4.sqrt(scale), rootScale, epsilon);
      const change = f32x4.div(f32x4.mul(stepSize, first), root);
      storeLanes(parameters, f32x4.sub(f32x4.mul(shrink, parameter), change), lanes);
      parameters += lanes;
      gradients += lanes;
      firstMoment += lanes;
      secondMoment += lanes;
    } while (parameters < end);
  }
}

/** One in-place step of gradient descent; `velocity` 0: no momentum. */
export function sgd(
  count: i32,
  parameters: usize,
  gradients: usize,
  velocity: usize,
  learningRate: f32,
  weightDecay: f32,
  momentum: f32,
  gradientShare: f32,
  nesterov: bool,
): void {
  const end = element(parameters, count);
  const vectorEnd = element(parameters, count & ~3);
  while (parameters < end) {
    const lanes = parameters < vectorEnd ? VECTOR : FLOAT;
    const parameter = loadLanes(parameters, lanes);
    const gradient = multiplyAdd(f32x4.splat(weightDecay), parameter, loadLanes(gradients, lanes));
    let update = gradient;
    if (velocity != 0) {
      const kept = f32x4.mul(f32x4.splat(momentum), loadLanes(velocity, lanes));
      const blended = multiplyAdd(f32x4.splat(gradientShare), gradient, kept);
      storeLanes(velocity, blended, lanes);
      velocity += lanes;
      update = nesterov ? multiplyAdd(f32x4.splat(momentum), blended, gradient) : blended;
    }
    descend(parameters, parameter, learningRate, update, lanes);
    parameters += lanes;
    gradients += lanes;
  }
}

/** One in-place RMSprop step; `velocity` 0: no momentum. */
export function rmsprop(
  count: i32,
  parameters: usize,
  gradients: usize,
  meanSquare: usize,
  velocity: usize,
  learningRate: f32,
  alpha: f32,
  alphaRest: f32,
  epsilon: f32,
  weightDecay: f32,
  momentum: f32,
): void {
  const end = element(parameters, count);
  const vectorEnd = element(parameters, count & ~3);
  while (parameters < end) {
    const lanes = parameters < vectorEnd ? VECTOR : FLOAT;
    const parameter = loadLanes(parameters, lanes);
    const gradient = multiplyAdd(f32x4.splat(weightDecay), parameter, loadLanes(gradients, lanes));
    const square = blendSquare(loadLanes(meanSquare, lanes), gradient, alpha, alphaRest);
    storeLanes(meanSquare, square, lanes);
    let update = f32x4.div(gradient, f32x4.add(f32x4.sqrt(square), f32x4.splat(epsilon)));
    if (velocity != 0) {
      update = multiplyAdd(f32x4.splat(momentum), loadLanes(velocity, lanes), update);
      storeLanes(velocity, update, lanes);
      velocity += lanes;
    }
    descend(parameters, parameter, learningRate, update, lanes);
    parameters += lanes;
    gradients += lanes;
    meanSquare += lanes;
  }
}

/** One in-place Adadelta step. */
export function adadelta(
  count: i32,
  parameters: usize,
  gradients: usize,
  meanSquare: usize,
  meanSquareUpdate: usize,
  learningRate: f32,
  rho: f32,
  rhoRest: f32,
  epsilon: f32,
  weightDecay: f32,
): void {
  const end = element(parameters, count);
  const vectorEnd = element(parameters, count & ~3);
  const small = f32x4.splat(epsilon);
  while (parameters < end) {
    const lanes = parameters < vectorEnd ? VECTOR : FLOAT;
    const parameter = loadLanes(parameters, lanes);
    const gradient = multiplyAdd(f32x4.splat(weightDecay), parameter, loadLanes(gradients, lanes));
    const square = blendSquare(loadLanes(meanSquare, lanes), gradient, rho, rhoRest);
    const before = loadLanes(meanSquareUpdate, lanes);
    const ratio = f32x4.div(
      f32x4.sqrt(f32x4.add(before, small)),
      f32x4.sqrt(f32x4.add(square, small)),
    );
    const update = f32x4.mul(ratio, gradient);
    storeLanes(meanSquare, square, lanes);
    storeLanes(meanSquareUpdate, blendSquare(before, update, rho, rhoRest), lanes);
    descend(parameters, parameter, learningRate, update, lanes);
    parameters += lanes;
    gradients += lanes;
    meanSquare += lanes;
    meanSquareUpdate += lanes;
  }
}

/** One in-place Adagrad step. */
export function adagrad(
  count: i32,
  parameters: usize,
  gradients: usize,
  sumSquare: usize,
  learningRate: f32,
  epsilon: f32,
  weightDecay: f32,
): void {
  const end = element(parameters, count);
  const vectorEnd = element(parameters, count & ~3);
  while (parameters < end) {
    const lanes = parameters < vectorEnd ? VECTOR : FLOAT;
    const parameter = loadLanes(parameters, lanes);
    const gradient = multiplyAdd(f32x4.splat(weightDecay), parameter, loadLanes(gradients, lanes));
    const square = multiplyAdd(gradient, gradient, loadLanes(sumSquare, lanes));
    storeLanes(sumSquare, square, lanes);
    const root = f32x4.add(f32x4.sqrt(square), f32x4.splat(epsilon));
    const update = f32x4.div(f32x4.mul(f32x4.splat(learningRate), gradient), root);
    storeLanes(parameters, f32x4.sub(parameter, update), lanes);
    parameters += lanes;
    gradients += lanes;
    sumSquare += lanes;
  }
}

/** `keep * average + rest * value^2`. */
function blendSquare(average: v128, value: v128, keep: f32, rest: f32): v128 {
  const square = f32x4.mul(f32x4.splat(rest), f32x4.mul(value, value));
  return multiplyAdd(f32x4.splat(keep), average, square);
}

/** Stores `parameter - learningRate * update`. */
function descend(
  target: usize,
  parameter: v128,
  learningRate: f32,
  update: v128,
  lanes: usize,
): void {
  const change = f32x4.mul(f32x4.splat(learningRate), update);
  storeLanes(target, f32x4.sub(parameter, change), lanes);
}
