import * as tf from '@tensorflow/tfjs';
import type { Rng } from '@dance-ts/core';
import { torchLinear } from '../init/initializers.js';
import type { Parameter, ParameterSet } from '../parameters.js';

/** Fully connected layer y = x W + b with PyTorch's initial values. */
export class Linear {
  readonly weight: Parameter; // [nIn, nOut]
  readonly bias: Parameter; // [nOut]

  constructor(parameters: ParameterSet, name: string, nIn: number, nOut: number, rng: Rng) {
    const stream = rng.fork(name);
    this.weight = parameters.add(
      `${name}/weight`,
      [nIn, nOut],
      torchLinear(nIn * nOut, nIn, stream),
    );
    this.bias = parameters.add(`${name}/bias`, [nOut], torchLinear(nOut, nIn, stream));
  }

  /** [n, nIn] -\> [n, nOut] */
  apply(x: tf.Tensor2D): tf.Tensor2D {
    return tf.add(
      tf.matMul(x, this.weight.variable as tf.Variable<tf.Rank.R2>),
      this.bias.variable,
    );
  }
}
