import * as tf from '@tensorflow/tfjs';
import { runProgram } from './program.js';
import { ZINB_FUNCTIONS } from './zinb-functions.js';

/** log Γ(x + 1) of each element, x >= 0, on WebGPU. */
export function logFactorialWebGpu({ x }: Readonly<Record<string, tf.Tensor>>): tf.Tensor[] {
  const counts = x as tf.Tensor;
  if (counts.size === 0) return [tf.zerosLike(counts)];
  const logarithms = runProgram({
    key: 'dance_log_factorial',
    inputs: { counts },
    uniforms: {},
    outputShape: counts.shape,
    declarations: ZINB_FUNCTIONS,
    body: 'result[index] = logFactorial(counts[index]);',
  });
  return [logarithms];
}
