import * as tf from '@tensorflow/tfjs';

/**
 * Replaces the gradients of sums and means: the stock ones make an array of ones in JavaScript and
 * copy it to the backend in every step, where the backend can fill a tensor by itself.
 */
export function replaceReductionGradients(): void {
  for (const kernelName of ['Sum', 'Mean']) {
    tf.unregisterGradient(kernelName);
    tf.registerGradient({
      kernelName,
      inputsToSave: ['x'],
      gradFunc: (dy, saved, attributes) => {
        const { shape } = saved[0]!;
        const { axis } = attributes as { axis?: number | number[] };
        const axes = tf.util.parseAxisParam(axis ?? shape.map((_, i) => i), shape);
        const kept = shape.map((length, i) => (axes.includes(i) ? 1 : length));
        const count = axes.reduce((product, i) => product * shape[i]!, 1);
        const factor = kernelName === 'Mean' ? 1 / count : 1;
        return { x: () => tf.mul(tf.reshape(dy as tf.Tensor, kept), tf.fill(shape, factor)) };
      },
    });
  }
}
