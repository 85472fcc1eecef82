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

/** Options of {@link Adadelta} with PyTorch's names and defaults. */
export interface AdadeltaOptions extends OptimizerOptions {
  /** Decay of both averages, default 0.9. */
  readonly rho?: number;
  /** Added inside both roots, default 1e-6. */
  readonly epsilon?: number;
}

/** Adadelta (Zeiler, 2012) as PyTorch computes it: the update is multiplied by the learning rate. */
export class Adadelta extends Optimizer {
  constructor(
    parameters: readonly (Parameter | ParameterGroup)[],
    private readonly options: AdadeltaOptions,
  ) {
    super(parameters, options, ['meanSquare', 'meanSquareUpdate']);
  }

  protected override inPlace(
    kernels: Kernels,
    arrays: StepArrays,
    slots: readonly Float32Array[],
    settings: StepSettings,
  ): void {
    const { rho = 0.9, epsilon = 1e-6 } = this.options;
    const state = { meanSquare: slots[0]!, meanSquareUpdate: slots[1]! };
    kernels.adadelta({ ...arrays, ...settings, ...state, rho, epsilon });
  }

  protected override composed(
    parameter: tf.Tensor,
    gradient: tf.Tensor,
    slots: readonly tf.Tensor[],
    { learningRate, weightDecay }: StepSettings,
  ): readonly tf.Tensor[] {
    const { rho = 0.9, epsilon = 1e-6 } = this.options;
    const g = decayed(gradient, parameter, weightDecay);
    const square = blend(slots[0]!, tf.square(g), rho);
    const root = tf.sqrt(tf.div(tf.add(slots[1]!, epsilon), tf.add(square, epsilon)));
    const update = tf.mul(root, g);
    return [
      tf.sub(parameter, tf.mul(update, learningRate)),
      square,
      blend(slots[1]!, tf.square(update), rho),
    ];
  }
}
