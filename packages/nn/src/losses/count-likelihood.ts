import { ParamError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { defineOp } from '../backend/define-op.js';
import { scaleRowsWebGpu } from '../backend/webgpu/losses.js';
import { zinbWebGpu } from '../backend/webgpu/zinb.js';

interface Attributes {
  readonly activate: boolean;
  readonly ridge: number;
}

const matrices = (shape: readonly number[], inflated: boolean): (readonly number[])[] =>
  inflated ? [shape, shape, shape] : [shape, shape];

const zinb = defineOp<Attributes>({
  name: 'DanceZinb',
  webgpu: zinbWebGpu,
  outputs: (shapes) => {
    const shape = shapes['counts']!;
    return [[shape[0]!], ...matrices(shape, shapes['dropout'] !== undefined)];
  },
  run: ({ kernels, inputs, shapes, outputs, attributes }) => {
    const [rows = 0, columns = 0] = shapes['counts']!;
    const input = (name: string): Float32Array => inputs[name] as Float32Array;
    const [rowLoss, meanGradient, dispersionGradient, dropoutGradient] = outputs as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array?,
    ];
    kernels.zinb({
      ...{ rows, columns, ...attributes },
      ...{ counts: input('counts'), mean: input('mean'), dispersion: input('dispersion') },
      dropout: inputs['dropout'] as Float32Array | undefined,
      sizeFactors: inputs['sizeFactors'] as Float32Array | undefined,
      ...{ rowLoss, meanGradient, dispersionGradient, dropoutGradient },
    });
  },
});

const scaleRows = defineOp<object>({
  name: 'DanceScaleRows',
  webgpu: scaleRowsWebGpu,
  outputs: (shapes) => [shapes['values']!],
  run: ({ kernels, inputs, shapes, outputs }) => {
    const [rows = 0, columns = 0] = shapes['values']!;
    const values = inputs['values'] as Float32Array;
    const factors = inputs['factors'] as Float32Array;
    kernels.scaleRows({ rows, columns, values, factors, out: outputs[0]! });
  },
});

/** Counts and the parameters of their distribution; all matrices are cells by genes. */
export interface CountModel {
  /** x, [n, d]; data, gets no gradient. */
  readonly counts: tf.Tensor2D;
  /** μ, [n, d]; its logarithm with `activate`. */
  readonly mean: tf.Tensor2D;
  /** θ, [n, d]; before softplus with `activate`. */
  readonly dispersion: tf.Tensor2D;
  /** π, [n, d]; its logit with `activate`. Left out: negative binomial. */
  readonly dropout?: tf.Tensor2D;
  /** Factors on the mean, [n]; data. Default 1. */
  readonly sizeFactors?: tf.Tensor1D;
}

/** Options of {@link countNll}. */
export interface CountNllOptions {
  /**
   * The matrices are what decoder heads give before their activations: μ = exp clamped to
   * [1e-5, 1e6], θ = softplus clamped to [1e-4, 1e4], π = sigmoid; default false. Faster than
   * activating first.
   */
  readonly activate?: boolean;
  /** Weight of the penalty π² of each element, default 0. */
  readonly ridge?: number;
}

/**
 * Negative log-likelihood of counts per cell, summed over genes, under the zero-inflated negative
 * binomial (Eraslan et al., 2019, https://doi.org/10.1038/s41467-018-07931-2) or, without
 * `dropout`, the negative binomial, with gradients by mean, dispersion and dropout; see the kernel
 * `zinb` for the formula.
 *
 * @returns [n]
 * @throws ParamError if the shapes differ
 */
export function countNll(
  { counts, mean, dispersion, dropout, sizeFactors }: CountModel,
  { activate = false, ridge = 0 }: CountNllOptions = {},
): tf.Tensor1D {
  const heads = dropout === undefined ? [mean, dispersion] : [mean, dispersion, dropout];
  for (const head of heads) checkShape(head, counts);
  const op = tf.customGrad((...args) => {
    const save = args.pop() as unknown as tf.GradSaveFunc;
    const [m, t, p] = args as [tf.Tensor, tf.Tensor, tf.Tensor?];
    const inputs = { counts, mean: m, dispersion: t, ...(p && { dropout: p }) };
    const results = zinb({ ...inputs, ...(sizeFactors && { sizeFactors }) }, { activate, ridge });
    save(results.slice(1));
    return {
      value: results[0]!,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        saved.map((values) => scaleRows({ values, factors: dy }, {})[0]!),
    };
  });
  return op(...heads) as tf.Tensor1D;
}

/**
 * Sum over all elements of {@link countNll} of the logits of decoder heads, and its gradients by
 * mean, dispersion and, if given, dropout; nothing is differentiated.
 */
export function countNllGradients({ counts, sizeFactors, ...heads }: CountModel): {
  loss: tf.Scalar;
  gradients: tf.Tensor2D[];
} {
  const inputs = { counts, ...heads, ...(sizeFactors && { sizeFactors }) };
  const results = zinb(inputs, { activate: true, ridge: 0 });
  const [rowLoss, ...gradients] = results as [tf.Tensor1D, ...tf.Tensor2D[]];
  return { loss: tf.sum(rowLoss), gradients };
}

/** Mean over all elements of {@link countNll}. */
export function meanCountNll(model: CountModel, options: CountNllOptions = {}): tf.Scalar {
  const nGenes = model.counts.shape[1];
  return tf.div(tf.mean(countNll(model, options)), Math.max(1, nGenes));
}

function checkShape(head: tf.Tensor2D, counts: tf.Tensor2D): void {
  if (head.shape.join() === counts.shape.join()) return;
  throw new ParamError('countNll: the parameters do not fit the counts', {
    got: `[${head.shape.join(', ')}]`,
    expected: `[${counts.shape.join(', ')}]`,
  });
}
