import type * as tf from '@tensorflow/tfjs';
import type { Rng } from '@dance-ts/core';
import { torchLinear } from '../init/initializers.js';
import { dense } from '../ops/dense.js';
import type { Parameter, ParameterSet } from '../parameters.js';

/** Options of {@link Linear}. */
export interface LinearOptions {
  /** Whether there is a bias, or its initial values [nOut]; default true, with PyTorch's. */
  readonly bias?: boolean | Float32Array;
  /** Initial weights [nIn x nOut]; default PyTorch's. */
  readonly weight?: Float32Array;
}

/** Fully connected layer y = x W + b with PyTorch's initial values. */
export class Linear {
  readonly weight: Parameter; // [nIn, nOut]
  readonly bias: Parameter | undefined; // [nOut]

  constructor(
    parameters: ParameterSet,
    name: string,
    nIn: number,
    nOut: number,
    rng: Rng,
    { bias = true, weight }: LinearOptions = {},
  ) {
    const stream = rng.fork(name);
    const initial = weight ?? torchLinear(nIn * nOut, nIn, stream);
    this.weight = parameters.add(`${name}/weight`, [nIn, nOut], initial);
    if (bias === false) return;
    const offset = bias === true ? torchLinear(nOut, nIn, stream) : bias;
    this.bias = parameters.add(`${name}/bias`, [nOut], offset);
  }

  /** [n, nIn] -\> [n, nOut]; with `relu` the positive part. */
  apply(x: tf.Tensor2D, relu = false): tf.Tensor2D {
    const bias = this.bias?.variable as tf.Variable<tf.Rank.R1> | undefined;
    return dense(x, this.weight.variable as tf.Variable<tf.Rank.R2>, bias, relu);
  }
}
