import type * as tf from '@tensorflow/tfjs';
import { ParamError } from '@dance-ts/core';
import { defineOp, type Op } from '../backend/define-op.js';
import { composedSoftAssign, composedSoftAssignGradient } from './soft-assign-composed.js';

interface Attributes {
  readonly alpha: number;
}

const forward: Op<Attributes> = defineOp({
  name: 'DanceSoftAssign',
  webgpu: composedSoftAssign,
  outputs: (shapes) => [[shapes['z']![0]!, shapes['centers']![0]!]],
  run: ({ kernels, inputs, shapes, outputs, attributes }) => {
    const [rows = 0, dim = 0] = shapes['z']!;
    const [z, centers] = [inputs['z'] as Float32Array, inputs['centers'] as Float32Array];
    const clusters = shapes['centers']![0]!;
    kernels.softAssign({ rows, clusters, dim, z, centers, ...attributes, q: outputs[0]! });
  },
  gradient: {
    inputs: ['z', 'centers'],
    outputs: [0],
    of: ([dq], saved, attributes) => {
      const [z, centers, q] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      const gradients = backward({ dq, q, z, centers }, attributes);
      return { z: () => gradients[0]!, centers: () => gradients[1]! };
    },
  },
});

const backward: Op<Attributes> = defineOp({
  name: 'DanceSoftAssignGradient',
  webgpu: composedSoftAssignGradient,
  outputs: (shapes) => [shapes['z']!, shapes['centers']!, shapes['q']!],
  run: ({ kernels, inputs, shapes, outputs, attributes }) => {
    const [rows = 0, dim = 0] = shapes['z']!;
    const [dz, dCenters, weights] = outputs as [Float32Array, Float32Array, Float32Array];
    const given = inputs as Readonly<Record<string, Float32Array>>;
    kernels.softAssignGradient({
      ...{ rows, dim, clusters: shapes['centers']![0]!, ...attributes, dz, dCenters, weights },
      ...{ dq: given['dq']!, q: given['q']!, z: given['z']!, centers: given['centers']! },
    });
  },
});

/**
 * Soft assignment of points to cluster centers by Student's t kernel, as in deep embedded clustering
 * (Xie, Girshick and Farhadi, 2016, equation 1): q[i, j] is proportional to
 * (1 + |z_i - c_j|^2 / alpha)^(-(alpha + 1) / 2), and rows sum up to 1. Differentiable in both.
 *
 * @param z - points [n, d]
 * @param centers - [K, d]
 * @param alpha - degrees of freedom, above 0; default 1
 * @returns [n, K]
 * @throws ParamError if alpha is not a number above 0 or the widths differ
 */
export function softAssign(z: tf.Tensor2D, centers: tf.Tensor2D, alpha = 1): tf.Tensor2D {
  if (!(alpha > 0 && alpha < Infinity)) {
    throw new ParamError('softAssign: alpha', { got: String(alpha), expected: 'a number > 0' });
  }
  if (z.shape[1] !== centers.shape[1]) {
    throw new ParamError('softAssign: centers do not fit the points', {
      got: `${centers.shape[1]} columns`,
      expected: String(z.shape[1]),
      remedy: 'Give the centers as [clusters, dimensions of the points].',
    });
  }
  return forward({ z, centers }, { alpha })[0] as tf.Tensor2D;
}
