import * as tf from '@tensorflow/tfjs';
import { defineOp } from '../backend/define-op.js';
import { logFactorialWebGpu } from '../backend/webgpu/log-factorial.js';

const operation = defineOp<object>({
  name: 'DanceLogFactorial',
  webgpu: logFactorialWebGpu,
  outputs: (shapes) => [shapes['x']!],
  run: ({ kernels, inputs, outputs }) => {
    const x = inputs['x'] as Float32Array;
    const out = outputs[0]!;
    for (let i = 0; i < x.length; i++) out[i] = x[i]! + 1;
    kernels.unary({ f: 'lgamma', x: out, out });
  },
  // Counts are data: whatever is differentiated, this term is a constant.
  gradient: { of: ([dy]) => ({ x: () => tf.zerosLike(dy) }) },
});

/** ln x! = ln Γ(x + 1) of each count, a constant of the gradient. */
export function logFactorial(counts: tf.Tensor): tf.Tensor {
  return operation({ x: counts }, {})[0]!;
}
