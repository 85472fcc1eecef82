import * as tf from '@tensorflow/tfjs';
import type { Kernels } from '@dance-ts/kernels';
import type { Parameter } from '../parameters.js';
import {
  decayed,
  Optimizer,
  type OptimizerOptions,
  type ParameterGroup,
  type StepArrays,
  type StepSettings,
} from './optimizer.js';

/** Options of {@link Sgd} with PyTorch's names and defaults. */
export interface SgdOptions extends OptimizerOptions {
  /** Default 0. */
  readonly momentum?: number;
  /** Share of the gradient that is kept out of the momentum, from the second step; default 0. */
  readonly dampening?: number;
  /** Look ahead along the momentum; default false. */
  readonly nesterov?: boolean;
}

/** Stochastic gradient descent as PyTorch computes it. */
export class Sgd extends Optimizer {
  constructor(
    parameters: readonly (Parameter | ParameterGroup)[],
    private readonly options: SgdOptions,
  ) {
    super(parameters, options, (options.momentum ?? 0) === 0 ? [] : ['velocity']);
  }

  protected override inPlace(
    kernels: Kernels,
    arrays: StepArrays,
    slots: readonly Float32Array[],
    settings: StepSettings,
  ): void {
    const { momentum = 0, nesterov = false } = this.options;
    const dampening = this.dampening(settings);
    kernels.sgd({ ...arrays, ...settings, momentum, nesterov, dampening, velocity: slots[0] });
  }

  protected override composed(
    parameter: tf.Tensor,
    gradient: tf.Tensor,
    slots: readonly tf.Tensor[],
    settings: StepSettings,
  ): readonly tf.Tensor[] {
    const { momentum = 0, nesterov = false } = this.options;
    const { learningRate, weightDecay } = settings;
    const g = decayed(gradient, parameter, weightDecay);
    const velocity =
      slots[0] && tf.add(tf.mul(slots[0], momentum), tf.mul(g, 1 - this.dampening(settings)));
    if (velocity === undefined) return [tf.sub(parameter, tf.mul(g, learningRate))];
    const update = nesterov ? tf.add(g, tf.mul(velocity, momentum)) : velocity;
    return [tf.sub(parameter, tf.mul(update, learningRate)), velocity];
  }

  /** PyTorch starts the velocity with the whole first gradient. */
  private dampening({ step }: StepSettings): number {
    return step === 1 ? 0 : (this.options.dampening ?? 0);
  }
}
