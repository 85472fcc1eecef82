import * as tf from '@tensorflow/tfjs';
import { FormatError, type SavedTensor } from '@dance-ts/core';

/**
 * The named variables of a network. Values are kept as Float32 arrays beside the tensors, so that
 * optimisers and checkpoints work the same on every backend.
 */
export class ParameterSet {
  private readonly entries = new Map<string, Parameter>();

  /** Adds a variable with its initial values. */
  add(name: string, shape: readonly number[], values: Float32Array, trainable = true): Parameter {
    const parameter = new Parameter(name, shape, values, trainable);
    this.entries.set(name, parameter);
    return parameter;
  }

  /** Those the optimiser changes, in order of creation. */
  trainable(): Parameter[] {
    return [...this.entries.values()].filter((parameter) => parameter.trainable);
  }

  /** Copies of all values. */
  capture(prefix = ''): [string, SavedTensor][] {
    return [...this.entries].map(([name, parameter]) => [
      prefix + name,
      { shape: parameter.shape, data: parameter.values.slice() },
    ]);
  }

  /**
   * Sets all values.
   *
   * @throws FormatError if a tensor is missing or has another size
   */
  restore(tensors: ReadonlyMap<string, SavedTensor>, prefix = ''): void {
    for (const [name, parameter] of this.entries) {
      const saved = tensors.get(prefix + name);
      if (!(saved?.data instanceof Float32Array) || saved.data.length !== parameter.values.length) {
        throw new FormatError(`saved weights "${prefix + name}" do not fit the network`, {
          got: saved === undefined ? 'nothing' : `shape [${saved.shape.join(', ')}]`,
          expected: `shape [${parameter.shape.join(', ')}]`,
        });
      }
      parameter.set(saved.data);
    }
  }

  /** Frees the tensors. */
  dispose(): void {
    for (const parameter of this.entries.values()) parameter.variable.dispose();
    this.entries.clear();
  }
}

/** One variable of a network. */
export class Parameter {
  readonly variable: tf.Variable;
  /** Current values; call {@link set} or {@link upload} after changing them. */
  readonly values: Float32Array;

  constructor(
    readonly name: string,
    readonly shape: readonly number[],
    values: Float32Array,
    readonly trainable: boolean,
  ) {
    this.values = values.slice();
    const initial = this.tensor();
    this.variable = tf.variable(initial, trainable);
    initial.dispose();
  }

  /** Copies new values in. */
  set(values: Float32Array): void {
    this.values.set(values);
    this.upload();
  }

  /** Brings {@link values} to the backend. */
  upload(): void {
    const fresh = this.tensor();
    this.variable.assign(fresh);
    fresh.dispose();
  }

  private tensor(): tf.Tensor {
    // Some backends alias the array they are given, so each tensor gets its own.
    return tf.tensor(this.values.slice(), [...this.shape], 'float32');
  }
}
