import { DataError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { plainKernels } from '@dance-ts/kernels';
import { OWN_KERNELS } from '../backend/wasm-kernels.js';

/**
 * Rows of a matrix by index; the gradient adds up the rows that share an index. Works on every
 * backend (stock wasm has no gradient for `tf.gather`).
 *
 * @param x - [n, d]
 * @param indices - [m], each in 0..n-1
 * @returns [m, d]
 * @throws DataError if an index is out of range
 */
export function gatherRows(x: tf.Tensor2D, indices: Int32Array): tf.Tensor2D {
  const [n, width] = x.shape;
  checkRange('gatherRows: row index', indices, n);
  const op = tf.customGrad((source) => ({
    value: rowsOf(source as tf.Tensor2D, indices),
    gradFunc: (dy: tf.Tensor) => sumRows(dy as tf.Tensor2D, indices, n, width),
  }));
  return op(x) as tf.Tensor2D;
}

/**
 * Sum of rows by segment: out[s] = sum of x[i] with segmentIds[i] = s. The gradient gathers.
 *
 * @param x - [m, d]
 * @param segmentIds - [m], each in 0..nSegments-1
 * @returns [nSegments, d]
 * @throws DataError if a segment is out of range or there is not one a row
 */
export function segmentSum(x: tf.Tensor2D, segmentIds: Int32Array, nSegments: number): tf.Tensor2D {
  const [n, width] = x.shape;
  if (segmentIds.length !== n) {
    throw new DataError('segmentSum: segment ids', {
      got: String(segmentIds.length),
      expected: String(n),
    });
  }
  checkRange('segmentSum: segment', segmentIds, nSegments);
  const op = tf.customGrad((values) => ({
    value: sumRows(values as tf.Tensor2D, segmentIds, nSegments, width),
    gradFunc: (dy: tf.Tensor) => rowsOf(dy as tf.Tensor2D, segmentIds),
  }));
  return op(x) as tf.Tensor2D;
}

/** On wasm an index out of range would read or overwrite whatever else lies on the heap. */
function checkRange(name: string, indices: Int32Array, bound: number): void {
  const bad = indices.find((index) => index < 0 || index >= bound);
  if (bad === undefined) return;
  throw new DataError(name, { got: String(bad), expected: `an integer in [0, ${bound})` });
}

function rowsOf(x: tf.Tensor2D, indices: Int32Array): tf.Tensor2D {
  if (tf.getBackend() === 'wasm') {
    const ids = tf.tensor1d(indices, 'int32');
    return tf.engine().runKernel(OWN_KERNELS.gatherRows, { x, indices: ids });
  }
  const width = x.shape[1];
  const out = new Float32Array(indices.length * width);
  plainKernels.gatherRows({ source: x.dataSync<'float32'>(), width, indices, out });
  return tf.tensor2d(out, [indices.length, width]);
}

function sumRows(
  x: tf.Tensor2D,
  segmentIds: Int32Array,
  nSegments: number,
  width: number,
): tf.Tensor2D {
  if (tf.getBackend() === 'wasm') {
    return tf.unsortedSegmentSum(x, tf.tensor1d(segmentIds, 'int32'), nSegments);
  }
  const out = new Float32Array(nSegments * width);
  plainKernels.segmentSum({ values: x.dataSync<'float32'>(), width, segmentIds, nSegments, out });
  return tf.tensor2d(out, [nSegments, width]);
}
