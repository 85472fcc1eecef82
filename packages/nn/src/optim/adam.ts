import * as tf from '@tensorflow/tfjs';
import type { Kernels } from '@dance-ts/kernels';
import type { Parameter } from '../parameters.js';
import {
  blend,
  decayed,
  Optimizer,
  type OptimizerOptions,
  type ParameterGroup,
  type StepArrays,
  type StepSettings,
} from './optimizer.js';

/** Options of {@link Adam} with PyTorch's names and defaults. */
export interface AdamOptions extends OptimizerOptions {
  /** Decay rates of the two moments, default 0.9 and 0.999. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the second moment, default 1e-8. */
  readonly epsilon?: number;
  /** Divide by the largest second moment so far (Reddi et al., 2018), default false. */
  readonly amsgrad?: boolean;
  /** AdamW (Loshchilov and Hutter, 2019): shrink the parameters instead, default false. */
  readonly decoupledWeightDecay?: boolean;
}

/** Adam (Kingma & Ba, 2015) exactly as PyTorch computes it; also AMSGrad and AdamW. */
export class Adam extends Optimizer {
  constructor(
    parameters: readonly (Parameter | ParameterGroup)[],
    private readonly options: AdamOptions,
  ) {
    const slots = ['firstMoment', 'secondMoment'];
    super(parameters, options, options.amsgrad === true ? [...slots, 'maxSecondMoment'] : slots);
  }

  protected override inPlace(
    kernels: Kernels,
    { parameters, gradients }: StepArrays,
    slots: readonly Float32Array[],
    { step, learningRate, weightDecay }: StepSettings,
  ): void {
    const { betas = [0.9, 0.999], epsilon = 1e-8, decoupledWeightDecay = false } = this.options;
    // Written out: spread objects cost more here than the step of a small parameter.
    kernels.adam({
      parameters,
      gradients,
      firstMoment: slots[0]!,
      secondMoment: slots[1]!,
      maxSecondMoment: slots[2],
      step,
      learningRate,
      weightDecay,
      beta1: betas[0],
      beta2: betas[1],
      epsilon,
      decoupledWeightDecay,
    });
  }

  protected override composed(
    parameter: tf.Tensor,
    gradient: tf.Tensor,
    slots: readonly tf.Tensor[],
    { step, learningRate, weightDecay }: StepSettings,
  ): readonly tf.Tensor[] {
    const { betas = [0.9, 0.999], epsilon = 1e-8, decoupledWeightDecay = false } = this.options;
    const [beta1, beta2] = betas;
    const g = decayed(gradient, parameter, decoupledWeightDecay ? 0 : weightDecay);
    const first = blend(slots[0]!, g, beta1);
    const second = blend(slots[1]!, tf.square(g), beta2);
    const largest = slots[2] && tf.maximum(slots[2], second);
    const root = tf.sqrt(tf.div(largest ?? second, 1 - beta2 ** step));
    const change = tf.div(tf.mul(first, learningRate / (1 - beta1 ** step)), tf.add(root, epsilon));
    const kept = decoupledWeightDecay
      ? tf.mul(parameter, 1 - learningRate * weightDecay)
      : parameter;
    const updated = [tf.sub(kept, change), first, second];
    return largest === undefined ? updated : [...updated, largest];
  }
}
