import { BackendError, CsrMatrix, DenseMatrix, Rng } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { SparseOperand } from '../ops/spmm.js';
import { Parameter } from '../parameters.js';

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

/** Where parameters start. */
export interface Values {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** As many as there are parameters. */
export type Matrices = readonly [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];

const rng = Rng.fromSeed(7);

/** Uniform values. */
export function random(shape: readonly number[], low = -1, high = 1): Values {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({ length: size }, () => low + (high - low) * rng.uniform());
  return { shape, values };
}

/** About a third of the entries of all rows but row 1 are stored. */
export function randomSparse(nRows: number, nCols: number, symmetric = false): SparseOperand {
  const matrix = DenseMatrix.zeros(nRows, nCols);
  for (let i = 0; i < nRows; i++) {
    for (let j = 0; j < nCols; j++) {
      if (i !== 1 && rng.uniform() < 0.3) matrix.row(i)[j] = symmetric ? 1 : 2 * rng.uniform() - 1;
      if (symmetric && j < i) matrix.row(i)[j] = matrix.row(j)[i]!;
    }
  }
  return new SparseOperand(CsrMatrix.fromDense(matrix));
}

/** Parameters on the current device. */
export function variablesOf(parameters: readonly Values[]): Parameter[] {
  return parameters.map(({ shape, values }, i) => new Parameter(`p${i}`, shape, values, true));
}

/** Their tensors. */
export function matricesOf(variables: readonly Parameter[]): Matrices {
  return variables.map(({ variable }) => variable) as unknown as Matrices;
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
