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

/** Options of {@link Adagrad} with PyTorch's names and defaults. */
export interface AdagradOptions extends OptimizerOptions {
  /** Added to the root, default 1e-10. */
  readonly epsilon?: number;
}

/** Adagrad (Duchi et al., 2011) as PyTorch computes it, without learning rate decay. */
export class Adagrad extends Optimizer {
  constructor(
    parameters: readonly (Parameter | ParameterGroup)[],
    private readonly options: AdagradOptions,
  ) {
    super(parameters, options, ['sumSquare']);
  }

  protected override inPlace(
    kernels: Kernels,
    arrays: StepArrays,
    slots: readonly Float32Array[],
    settings: StepSettings,
  ): void {
    const { epsilon = 1e-10 } = this.options;
    kernels.adagrad({ ...arrays, ...settings, sumSquare: slots[0]!, epsilon });
  }

  protected override composed(
    parameter: tf.Tensor,
    gradient: tf.Tensor,
    slots: readonly tf.Tensor[],
    { learningRate, weightDecay }: StepSettings,
  ): readonly tf.Tensor[] {
    const { epsilon = 1e-10 } = this.options;
    const g = decayed(gradient, parameter, weightDecay);
    const square = tf.add(slots[0]!, tf.square(g));
    const update = tf.div(g, tf.add(tf.sqrt(square), epsilon));
    return [tf.sub(parameter, tf.mul(update, learningRate)), square];
  }
}
