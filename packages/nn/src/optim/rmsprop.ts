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

/** Options of {@link Rmsprop} with PyTorch's names and defaults. */
export interface RmspropOptions extends OptimizerOptions {
  /** Decay of the mean square, default 0.99. */
  readonly alpha?: number;
  /** Added to the root, default 1e-8. */
  readonly epsilon?: number;
  /** Default 0. */
  readonly momentum?: number;
}

/** RMSprop as PyTorch computes it (not centered). */
export class Rmsprop extends Optimizer {
  constructor(
    parameters: readonly (Parameter | ParameterGroup)[],
    private readonly options: RmspropOptions,
  ) {
    const slots = ['meanSquare'];
    super(parameters, options, (options.momentum ?? 0) === 0 ? slots : [...slots, 'velocity']);
  }

  protected override inPlace(
    kernels: Kernels,
    arrays: StepArrays,
    slots: readonly Float32Array[],
    settings: StepSettings,
  ): void {
    const { alpha = 0.99, epsilon = 1e-8, momentum = 0 } = this.options;
    const state = { meanSquare: slots[0]!, velocity: slots[1] };
    kernels.rmsprop({ ...arrays, ...settings, ...state, alpha, epsilon, momentum });
  }

  protected override composed(
    parameter: tf.Tensor,
    gradient: tf.Tensor,
    slots: readonly tf.Tensor[],
    { learningRate, weightDecay }: StepSettings,
  ): readonly tf.Tensor[] {
    const { alpha = 0.99, epsilon = 1e-8, momentum = 0 } = this.options;
    const g = decayed(gradient, parameter, weightDecay);
    const square = blend(slots[0]!, tf.square(g), alpha);
    const direction = tf.div(g, tf.add(tf.sqrt(square), epsilon));
    const velocity = slots[1] && tf.add(tf.mul(slots[1], momentum), direction);
    const updated = [tf.sub(parameter, tf.mul(velocity ?? direction, learningRate)), square];
    return velocity === undefined ? updated : [...updated, velocity];
  }
}
