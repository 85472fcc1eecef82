import type * as tf from '@tensorflow/tfjs';
import type { Rng } from '@dance-ts/core';
import type { ParameterSet } from '../parameters.js';
import { activation, type Activation, type ActivationName } from './activation.js';
import { BatchNorm } from './batch-norm.js';
import { dropout } from './dropout.js';
import { Linear } from './linear.js';

/** Options of {@link Mlp}. */
export interface MlpOptions {
  /** Default relu. */
  readonly activation?: ActivationName;
  /** Normalize each layer's batch before its activation, default false. */
  readonly batchNorm?: boolean;
  /** Rate of dropout after each activation, default 0. */
  readonly dropout?: number;
  /** Whether the last layer is normalized, activated and dropped out, too; default true. */
  readonly activateLast?: boolean;
}

/** How a layer is applied. */
export interface Mode {
  /** Use and track the statistics of the batch; default false. */
  readonly training?: boolean;
  /** Stream of dropout masks; without it nothing is dropped. */
  readonly rng?: Rng;
}

interface Block {
  readonly linear: Linear;
  readonly norm: BatchNorm | undefined;
  readonly activate: Activation | undefined;
  readonly isRelu: boolean;
}

/** Fully connected layers: linear, batch normalization, activation, dropout. */
export class Mlp {
  private readonly blocks: readonly Block[];
  private readonly rate: number;

  /**
   * @param widths - units of the input and of each layer
   */
  constructor(
    parameters: ParameterSet,
    private readonly name: string,
    widths: readonly number[],
    rng: Rng,
    options: MlpOptions = {},
  ) {
    const { batchNorm = false, activateLast = true } = options;
    const kind = options.activation ?? 'relu';
    this.rate = options.dropout ?? 0;
    this.blocks = widths.slice(1).map((nOut, i): Block => {
      const layer = `${name}/${i}`;
      const isActive = activateLast || i < widths.length - 2;
      const hasNorm = batchNorm && isActive;
      return {
        linear: new Linear(parameters, layer, widths[i]!, nOut, rng),
        norm: hasNorm ? new BatchNorm(parameters, `${layer}/norm`, nOut) : undefined,
        activate: isActive ? activation(kind, parameters, layer) : undefined,
        isRelu: isActive && kind === 'relu' && !hasNorm,
      };
    });
  }

  /** [n, first width] -\> [n, last width] */
  apply(x: tf.Tensor2D, { training = false, rng }: Mode = {}): tf.Tensor2D {
    let h = x;
    for (const [i, { linear, norm, activate, isRelu }] of this.blocks.entries()) {
      h = linear.apply(h, isRelu); // a ReLU is fused with the product
      if (norm !== undefined) h = norm.apply(h, training);
      if (activate !== undefined && !isRelu) h = activate(h);
      if (activate !== undefined && training && rng !== undefined && this.rate > 0) {
        h = dropout(h, this.rate, rng.fork(`${this.name}/${i}`));
      }
    }
    return h;
  }
}
