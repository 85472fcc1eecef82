import * as tf from '@tensorflow/tfjs';
import { FormatError, ParamError, type SavedTensor } from '@dance-ts/core';

/** The named variables of a network. */
export class ParameterSet {
  private readonly entries = new Map<string, Parameter>();

  /**
   * Adds a variable with its initial values.
   *
   * @throws ParamError if the name is taken
   */
  add(name: string, shape: readonly number[], values: Float32Array, trainable = true): Parameter {
    if (this.entries.has(name)) {
      throw new ParamError(`the network has a parameter "${name}" already`, {
        remedy: 'Give each layer a name of its own.',
      });
    }
    const parameter = new Parameter(name, shape, values, trainable);
    this.entries.set(name, parameter);
    return parameter;
  }

  /** Those the optimiser changes, in order of creation. */
  trainable(): Parameter[] {
    return [...this.entries.values()].filter((parameter) => parameter.trainable);
  }

  /** Copies of all values. */
  capture(prefix = ''): Promise<[string, SavedTensor][]> {
    return Promise.all(
      [...this.entries].map(async ([name, parameter]): Promise<[string, SavedTensor]> => {
        return [prefix + name, { shape: parameter.shape, data: await parameter.read() }];
      }),
    );
  }

  /**
   * Sets all values.
   *
   * @throws FormatError if a tensor is missing or has another size
   */
  restore(tensors: ReadonlyMap<string, SavedTensor>, prefix = ''): void {
    const fitting = [...this.entries].map(
      ([name, parameter]) => [parameter, fittingValues(prefix + name, parameter, tensors)] as const,
    );
    for (const [parameter, values] of fitting) parameter.set(values);
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

  /**
   * @param trainable - whether optimizers change it; set it to false to freeze the parameter
   */
  constructor(
    readonly name: string,
    readonly shape: readonly number[],
    values: Float32Array,
    public trainable: boolean,
  ) {
    const initial = this.tensor(values);
    this.variable = tf.variable(initial, trainable);
    initial.dispose();
  }

  /** A copy of the current values. */
  async read(): Promise<Float32Array> {
    return (await this.variable.data<'float32'>()).slice();
  }

  /** A copy of the current values; not on WebGPU, which cannot wait. */
  get values(): Float32Array {
    return this.variable.dataSync<'float32'>().slice();
  }

  /** Copies new values in. */
  set(values: Float32Array): void {
    const fresh = this.tensor(values);
    this.variable.assign(fresh);
    fresh.dispose();
  }

  private tensor(values: Float32Array): tf.Tensor {
    // Some backends alias the array they are given, so each tensor gets its own.
    return tf.tensor(values.slice(), [...this.shape], 'float32');
  }
}

function fittingValues(
  name: string,
  { shape }: Parameter,
  tensors: ReadonlyMap<string, SavedTensor>,
): Float32Array {
  const saved = tensors.get(name);
  const sameShape = saved?.shape.join() === shape.join();
  if (saved?.data instanceof Float32Array && sameShape) return saved.data;
  throw new FormatError(`saved weights "${name}" do not fit the network`, {
    got: describeSaved(saved, sameShape),
    expected: `shape [${shape.join(', ')}]`,
  });
}

function describeSaved(saved: SavedTensor | undefined, sameShape: boolean): string {
  if (saved === undefined) return 'nothing';
  if (!sameShape) return `shape [${saved.shape.join(', ')}]`;
  return saved.data instanceof Int32Array ? 'int32 values' : 'float64 values';
}
