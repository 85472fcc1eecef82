import { DataError } from '@dance-ts/core';
import type * as tf from '@tensorflow/tfjs';
import { defineOp, type Op } from '../backend/define-op.js';
import { gatherRowsWebGpu, segmentSumWebGpu } from '../backend/webgpu/rows.js';

interface Rows {
  readonly indices: Int32Array;
  /** Rows of the matrix that is indexed. */
  readonly nRows: number;
}

const gather: Op<Rows> = defineOp({
  name: 'DanceGatherRows',
  webgpu: gatherRowsWebGpu,
  outputs: (shapes, { indices }) => [[indices.length, shapes['x']![1]!]],
  run: ({ kernels, inputs, shapes, outputs, attributes }) => {
    const { indices } = attributes;
    const source = inputs['x'] as Float32Array;
    kernels.gatherRows({ source, width: shapes['x']![1]!, indices, out: outputs[0]! });
  },
  gradient: { of: ([dy], _saved, rows) => ({ x: () => scatter({ x: dy }, rows)[0]! }) },
});

const scatter: Op<Rows> = defineOp({
  name: 'DanceSegmentSum',
  webgpu: segmentSumWebGpu,
  outputs: (shapes, { nRows }) => [[nRows, shapes['x']![1]!]],
  run: ({ kernels, inputs, shapes, outputs, attributes }) => {
    kernels.segmentSum({
      values: inputs['x'] as Float32Array,
      width: shapes['x']![1]!,
      segmentIds: attributes.indices,
      nSegments: attributes.nRows,
      out: outputs[0]!,
    });
  },
  gradient: { of: ([dy], _saved, rows) => ({ x: () => gather({ x: dy }, rows)[0]! }) },
});

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
  const nRows = x.shape[0];
  checkRange('gatherRows: row index', indices, nRows);
  return gather({ x }, { indices, nRows })[0] as tf.Tensor2D;
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
  if (segmentIds.length !== x.shape[0]) {
    throw new DataError('segmentSum: segment ids', {
      got: String(segmentIds.length),
      expected: String(x.shape[0]),
    });
  }
  checkRange('segmentSum: segment', segmentIds, nSegments);
  return scatter({ x }, { indices: segmentIds, nRows: nSegments })[0] as tf.Tensor2D;
}

/** On wasm an index out of range would read or overwrite whatever else lies on the heap. */
function checkRange(name: string, indices: Int32Array, bound: number): void {
  const bad = indices.find((index) => index < 0 || index >= bound);
  if (bad === undefined) return;
  throw new DataError(name, { got: String(bad), expected: `an integer in [0, ${bound})` });
}
