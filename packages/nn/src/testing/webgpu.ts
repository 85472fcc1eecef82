import { BackendError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import type { Parameter } from '../parameters.js';

/** Makes WebGPU current; false, with a notice, on a machine that lacks a package or an adapter. */
export async function tryWebGpu(): Promise<boolean> {
  try {
    await selectBackend('webgpu');
    return true;
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    console.warn(`tests on WebGPU skipped: ${error.message}`);
    return false;
  }
}

/** An output and its gradients, read without blocking. */
export interface Evaluated {
  readonly output: number[];
  /** Of sum(weights x output) by each parameter. */
  readonly gradients: number[][];
}

/**
 * Computes an output and its gradients on the current device.
 *
 * @param upstream - weights of the output's elements; default 1, 1/2, 1/3, ...
 */
export async function evaluate(
  output: () => tf.Tensor,
  parameters: readonly Parameter[],
  upstream: (i: number) => number = (i) => 1 / (i + 1),
): Promise<Evaluated> {
  const variables = parameters.map(({ variable }) => variable);
  const kept: tf.Tensor[] = [];
  const { value, grads } = tf.variableGrads(() => {
    const out = output();
    kept.push(tf.keep(out.clone()));
    const weights = Float32Array.from({ length: out.size }, (_, i) => upstream(i));
    return tf.sum(tf.mul(out, tf.tensor(weights, out.shape)));
  }, variables);
  const read = async (tensor: tf.Tensor | undefined): Promise<number[]> =>
    tensor === undefined ? [] : [...(await tensor.data())];
  const result = {
    output: await read(kept[0]),
    gradients: await Promise.all(variables.map(({ name }) => read(grads[name]))),
  };
  tf.dispose([value, kept, grads]);
  return result;
}
