import * as tf from '@tensorflow/tfjs';
import { int, runProgram } from './program.js';

/** Squared distances of rows on WebGPU, as sums of squared differences. */
export function squaredDistancesWebGpu(inputs: Readonly<Record<string, tf.Tensor>>): tf.Tensor[] {
  const [a, b] = [inputs['a'] as tf.Tensor2D, inputs['b'] as tf.Tensor2D];
  const [nA, width] = a.shape;
  const outputShape = [nA, b.shape[0]];
  if (a.size * b.size === 0) return [tf.zeros(outputShape)];
  const distances = runProgram({
    key: 'dance_squared_distances',
    inputs: { a, b },
    uniforms: { width: int(width), others: int(b.shape[0]) },
    outputShape,
    body: `
      let left = index / uniforms.others;
      let right = index - left * uniforms.others;
      var sum = 0.0;
      for (var f = 0; f < uniforms.width; f++) {
        let difference = a[left * uniforms.width + f] - b[right * uniforms.width + f];
        sum += difference * difference;
      }
      result[index] = sum;`,
  });
  return [distances];
}
