import { ParamError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { defineOp } from '../backend/define-op.js';
import { squaredErrorWebGpu } from '../backend/webgpu/losses.js';

const squaredError = defineOp<object>({
  name: 'DanceSquaredError',
  webgpu: squaredErrorWebGpu,
  outputs: (shapes) => [[], shapes['prediction']!],
  run: ({ kernels, inputs, outputs }) => {
    const prediction = inputs['prediction'] as Float32Array;
    const target = inputs['target'] as Float32Array;
    const count = Math.max(1, prediction.length);
    const args = { prediction, target, scale: 2 / count, gradient: outputs[1]! };
    outputs[0]![0] = kernels.squaredError(args) / count;
  },
});

/**
 * Mean squared error over all elements.
 *
 * @param target - data, gets no gradient
 * @throws ParamError if the shapes differ
 */
export function meanSquaredError(prediction: tf.Tensor, target: tf.Tensor): tf.Scalar {
  if (prediction.shape.join() !== target.shape.join()) {
    throw new ParamError('meanSquaredError: shapes', {
      got: `[${prediction.shape.join(', ')}] and [${target.shape.join(', ')}]`,
      expected: 'the same shape',
    });
  }
  const op = tf.customGrad((x, save) => {
    const results = squaredError({ prediction: x as tf.Tensor, target }, {});
    (save as tf.GradSaveFunc)(results.slice(1));
    return {
      value: results[0]!,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(saved[0]!, dy),
    };
  });
  return op(prediction) as tf.Scalar;
}
