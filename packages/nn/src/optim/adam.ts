import * as tf from '@tensorflow/tfjs';
import { FormatError, type SavedTensor } from '@dance-ts/core';
import { plainKernels } from '@dance-ts/kernels';
import type { Parameter } from '../parameters.js';

/** Options of {@link Adam} with PyTorch's names and defaults. */
export interface AdamOptions {
  readonly learningRate: number;
  /** Decay rates of the two moments, default 0.9 and 0.999. */
  readonly betas?: readonly [number, number];
  /** Added to the root of the second moment, default 1e-8. */
  readonly epsilon?: number;
  /** L2 penalty, added to the gradient, default 0. */
  readonly weightDecay?: number;
  /** Divide by the largest second moment so far, default false. */
  readonly amsgrad?: boolean;
}

interface Slots {
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
  readonly maxSecondMoment?: Float32Array;
}

/** Adam (Kingma & Ba, 2015) exactly as PyTorch computes it. */
export class Adam {
  private readonly slots: Slots[];
  /** Steps each parameter has taken; one without a gradient takes none, as in PyTorch. */
  private readonly steps: Int32Array;

  constructor(
    private readonly parameters: readonly Parameter[],
    private readonly options: AdamOptions,
  ) {
    this.steps = new Int32Array(parameters.length);
    this.slots = parameters.map(({ values }) => ({
      firstMoment: new Float32Array(values.length),
      secondMoment: new Float32Array(values.length),
      ...(options.amsgrad ? { maxSecondMoment: new Float32Array(values.length) } : {}),
    }));
  }

  /**
   * One step on the loss; a parameter the loss does not depend on keeps its value.
   *
   * @param loss - computes the scalar loss with tensor operations only
   * @returns the loss before the step
   */
  async minimize(loss: () => tf.Scalar): Promise<number> {
    const variables = this.parameters.map((parameter) => parameter.variable);
    const { value, grads } = tf.variableGrads(loss, variables);
    try {
      const lossValue = (await value.data())[0]!;
      for (const [i, parameter] of this.parameters.entries()) {
        const gradient = grads[parameter.variable.name] as tf.Tensor | null | undefined;
        if (!gradient) continue;
        this.steps[i]! += 1;
        this.update(parameter, await gradient.data<'float32'>(), i);
      }
      return lossValue;
    } finally {
      value.dispose();
      tf.dispose(grads);
    }
  }

  /** Step counts and moments, for checkpoints. */
  capture(prefix: string): [string, SavedTensor][] {
    const tensors: [string, SavedTensor][] = [
      [`${prefix}steps`, { shape: [this.steps.length], data: this.steps }],
    ];
    for (const [i, parameter] of this.parameters.entries()) {
      for (const [slot, data] of Object.entries(this.slots[i]!) as [string, Float32Array][]) {
        tensors.push([`${prefix}${parameter.name}/${slot}`, { shape: [data.length], data }]);
      }
    }
    return tensors;
  }

  /** @throws FormatError if a slot is missing */
  restore(tensors: ReadonlyMap<string, SavedTensor>, prefix: string): void {
    this.steps.set(find(tensors, `${prefix}steps`, this.steps.length));
    for (const [i, parameter] of this.parameters.entries()) {
      for (const [slot, data] of Object.entries(this.slots[i]!) as [string, Float32Array][]) {
        data.set(find(tensors, `${prefix}${parameter.name}/${slot}`, data.length));
      }
    }
  }

  private update(parameter: Parameter, gradients: Float32Array, i: number): void {
    const { learningRate, betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0 } = this.options;
    plainKernels.adam({
      parameters: parameter.values,
      gradients,
      ...this.slots[i]!,
      step: this.steps[i]!,
      learningRate,
      beta1: betas[0],
      beta2: betas[1],
      epsilon,
      weightDecay,
    });
    parameter.upload();
  }
}

function find(
  tensors: ReadonlyMap<string, SavedTensor>,
  name: string,
  length: number,
): SavedTensor['data'] {
  const data = tensors.get(name)?.data;
  if (data?.length !== length) {
    throw new FormatError(`optimiser state "${name}" is missing or has another size`, {
      expected: `${length} values`,
    });
  }
  return data;
}
