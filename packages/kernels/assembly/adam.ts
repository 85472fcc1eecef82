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
  const end = element(parameters, count);
  const vectorEnd = element(parameters, count & ~3);
  while (parameters < end) {
    const lanes = parameters < vectorEnd ? VECTOR : FLOAT;
    const parameter = loadLanes(parameters, lanes);
    const gradient = multiplyAdd(f32x4.splat(l2), parameter, loadLanes(gradients, lanes));
    const first = multiplyAdd(
      f32x4.splat(beta1),
      loadLanes(firstMoment, lanes),
      f32x4.mul(f32x4.splat(beta1Rest), gradient),
    );
    const second = multiplyAdd(
      f32x4.splat(beta2),
      loadLanes(secondMoment, lanes),
      f32x4.mul(f32x4.splat(beta2Rest), f32x4.mul(gradient, gradient)),
    );
    storeLanes(firstMoment, first, lanes);
    storeLanes(secondMoment, second, lanes);
    let scale = second;
    if (maxSecondMoment != 0) {
      scale = f32x4.max(loadLanes(maxSecondMoment, lanes), second);
      storeLanes(maxSecondMoment, scale, lanes);
      maxSecondMoment += lanes;
    }
    const root = multiplyAdd(f32x4.sqrt(scale), f32x4.splat(rootScale), f32x4.splat(epsilon));
    const change = f32x4.div(f32x4.mul(f32x4.splat(stepSize), first), root);
    const updated = f32x4.sub(f32x4.mul(f32x4.splat(shrink), parameter), change);
    storeLanes(parameters, updated, lanes);
    parameters += lanes;
    gradients += lanes;
    firstMoment += lanes;
    secondMoment += lanes;
  }
}
