import * as tf from '@tensorflow/tfjs';
import { FormatError, ParamError, type SavedTensor } from '@dance-ts/core';
import type { Kernels } from '@dance-ts/kernels';
import { currentHost } from '../backend/host.js';
import { kernelsOf } from '../backend/installed-kernels.js';
import type { Parameter } from '../parameters.js';
import { clipGradients, termGradients, type Clipping, type LossTerms } from './gradients.js';

/** What every optimizer takes. */
export interface OptimizerOptions extends Clipping {
  readonly learningRate: number;
  /** L2 penalty, added to the gradient; default 0. */
  readonly weightDecay?: number | undefined;
}

/** Parameters with settings of their own; what is left out is as for the others. */
export interface ParameterGroup {
  readonly parameters: readonly Parameter[];
  readonly learningRate?: number;
  readonly weightDecay?: number;
}

/** The numbers of one step of one parameter. */
export interface StepSettings {
  /** Steps this parameter has taken, with this one. */
  readonly step: number;
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** Arrays of one step, updated in place except for the gradients. */
export interface StepArrays {
  readonly parameters: Float32Array;
  readonly gradients: Float32Array;
}

interface Entry {
  readonly parameter: Parameter;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly slots: readonly tf.Variable[];
  step: number;
}

/**
 * A first-order optimizer with PyTorch's semantics. Its state lives on the backend beside the
 * parameters; where our kernels reach the backend's memory, a step works in place.
 */
export abstract class Optimizer {
  /** Factor on every learning rate, for schedules. */
  learningRateFactor = 1;
  private readonly entries: readonly Entry[];

  /**
   * @param slotNames - names of the arrays of state each parameter has
   * @throws ParamError if a learning rate is negative or a parameter occurs twice
   */
  protected constructor(
    parameters: readonly (Parameter | ParameterGroup)[],
    private readonly common: OptimizerOptions,
    private readonly slotNames: readonly string[],
  ) {
    this.entries = parameters.flatMap((item) => {
      const group: ParameterGroup = 'parameters' in item ? item : { parameters: [item] };
      const { learningRate = common.learningRate, weightDecay = common.weightDecay ?? 0 } = group;
      checkNotNegative('learningRate', learningRate);
      checkNotNegative('weightDecay', weightDecay);
      return group.parameters.map((parameter) => ({
        ...{ parameter, learningRate, weightDecay, step: 0 },
        slots: slotNames.map(() => zeros(parameter.shape)),
      }));
    });
    const names = this.entries.map(({ parameter }) => parameter.name);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) {
      throw new ParamError(`the optimizer got the parameter "${twice}" twice`, {
        remedy: 'Put each parameter in one group.',
      });
    }
  }

  /**
   * One step on the loss; a parameter the loss does not depend on, or that is not trainable, keeps
   * its value.
   *
   * @param loss - computes the scalar loss with tensor operations only
   * @returns the loss before the step
   */
  async minimize(loss: () => tf.Scalar): Promise<number> {
    return (await this.minimizeTerms(() => ({ loss: loss() }))).loss;
  }

  /**
   * One step on the term `loss`; the others are only looked at.
   *
   * @returns the values of all terms before the step
   */
  async minimizeTerms<Terms extends LossTerms>(
    compute: () => Terms,
  ): Promise<Record<keyof Terms & string, number>> {
    const active = this.entries.filter(({ parameter }) => parameter.trainable);
    const variables = active.map(({ parameter }) => parameter.variable);
    const { terms, gradients } = termGradients(compute, variables);
    let limited = gradients;
    try {
      limited = await clipGradients(gradients, this.common);
      for (const [i, entry] of active.entries()) {
        const gradient = limited[i];
        if (gradient !== undefined) this.take(entry, gradient);
      }
      const names = Object.keys(terms);
      const values = await Promise.all(names.map((name) => terms[name]!.data()));
      return Object.fromEntries(names.map((name, i) => [name, values[i]![0]!])) as Record<
        keyof Terms & string,
        number
      >;
    } finally {
      for (const tensor of [...Object.values(terms), ...gradients, ...limited]) tensor?.dispose();
    }
  }

  /** Step counts and state, for checkpoints. */
  async capture(prefix: string): Promise<[string, SavedTensor][]> {
    const steps = Int32Array.from(this.entries, ({ step }) => step);
    const tensors: [string, SavedTensor][] = [
      [`${prefix}steps`, { shape: [steps.length], data: steps }],
    ];
    for (const { parameter, slots } of this.entries) {
      for (const [k, slot] of slots.entries()) {
        const data = (await slot.data<'float32'>()).slice();
        tensors.push([this.slotKey(prefix, parameter, k), { shape: [data.length], data }]);
      }
    }
    return tensors;
  }

  /** @throws FormatError if the state of a parameter is missing or has another size */
  restore(tensors: ReadonlyMap<string, SavedTensor>, prefix: string): void {
    const steps = find(tensors, `${prefix}steps`, this.entries.length);
    const found = this.entries.map(({ parameter, slots }) =>
      slots.map((slot, k) => find(tensors, this.slotKey(prefix, parameter, k), slot.size)),
    );
    for (const [i, entry] of this.entries.entries()) {
      entry.step = steps[i]!;
      for (const [k, slot] of entry.slots.entries()) {
        const values = tf.tensor(Float32Array.from(found[i]![k]!), slot.shape);
        slot.assign(values);
        values.dispose();
      }
    }
  }

  /** Frees the state. */
  dispose(): void {
    for (const { slots } of this.entries) tf.dispose([...slots]);
  }

  /** One step on typed arrays. */
  protected abstract inPlace(
    kernels: Kernels,
    arrays: StepArrays,
    slots: readonly Float32Array[],
    settings: StepSettings,
  ): void;

  /** The same step as tensor operations: the new parameter, then the new state. */
  protected abstract composed(
    parameter: tf.Tensor,
    gradient: tf.Tensor,
    slots: readonly tf.Tensor[],
    settings: StepSettings,
  ): readonly tf.Tensor[];

  private take(entry: Entry, gradient: tf.Tensor): void {
    entry.step += 1;
    const { parameter, slots, weightDecay, step } = entry;
    const learningRate = entry.learningRate * this.learningRateFactor;
    const settings = { learningRate, weightDecay, step };
    const host = currentHost();
    if (host !== undefined) {
      const backend = tf.backend();
      const view = (tensor: tf.Tensor): Float32Array => host.view(backend, tensor) as Float32Array;
      const arrays = { parameters: view(parameter.variable), gradients: view(gradient) };
      this.inPlace(kernelsOf(backend), arrays, slots.map(view), settings);
      return;
    }
    tf.tidy(() => {
      const updated = this.composed(parameter.variable, gradient, slots, settings);
      [parameter.variable, ...slots].forEach((variable, i) => {
        variable.assign(updated[i]!);
      });
    });
  }

  private slotKey(prefix: string, { name }: Parameter, k: number): string {
    return `${prefix}${name}/${this.slotNames[k]!}`;
  }
}

/** Gradient with the L2 penalty. */
export function decayed(gradient: tf.Tensor, parameter: tf.Tensor, weightDecay: number): tf.Tensor {
  return weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(parameter, weightDecay));
}

/** keep x average + (1 - keep) x value. */
export function blend(average: tf.Tensor, value: tf.Tensor, keep: number): tf.Tensor {
  return tf.add(tf.mul(average, keep), tf.mul(value, 1 - keep));
}

function zeros(shape: readonly number[]): tf.Variable {
  const initial = tf.zeros([...shape]);
  const variable = tf.variable(initial, false);
  initial.dispose();
  return variable;
}

function checkNotNegative(name: string, value: number): void {
  if (value >= 0 && Number.isFinite(value)) return;
  throw new ParamError(`optimizer: ${name}`, { got: String(value), expected: 'a number >= 0' });
}

function find(
  tensors: ReadonlyMap<string, SavedTensor>,
  name: string,
  length: number,
): SavedTensor['data'] {
  const data = tensors.get(name)?.data;
  if (data?.length === length) return data;
  throw new FormatError(`optimizer state "${name}" is missing or has another size`, {
    expected: `${length} values`,
  });
}
