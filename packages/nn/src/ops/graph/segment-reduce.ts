import * as tf from '@tensorflow/tfjs';
import { CsrMatrix, DataError } from '@dance-ts/core';
import { defineOp, type Op } from '../../backend/define-op.js';
import { neighborMaxGradientWebGpu, neighborMaxWebGpu } from '../../backend/webgpu/graph.js';
import { SparseOperand, spmm } from '../spmm.js';
import { checkShapes } from './edges.js';

interface Attributes {
  readonly graph: SparseOperand;
}

/** The row numbers of the maxima are kept as the bits of a float32 tensor. */
function integersIn(values: Float32Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length);
}

const forward: Op<Attributes> = defineOp({
  name: 'DanceNeighborMax',
  webgpu: neighborMaxWebGpu,
  outputs: (shapes, { graph }) => {
    const shape = [graph.matrix.nRows, shapes['x']![1]!];
    return [shape, shape];
  },
  run: ({ kernels, inputs, shapes, outputs, attributes }) => {
    const { nRows: nSegments, indptr, indices } = attributes.graph.matrix;
    kernels.segmentMax({
      ...{ nSegments, indptr, indices, width: shapes['x']![1]! },
      x: inputs['x'] as Float32Array,
      out: outputs[0]!,
      argmax: integersIn(outputs[1]!),
    });
  },
  gradient: {
    outputs: [1],
    of: ([dy], saved, attributes) => ({
      x: () => backward({ dy, argmax: saved[0]! }, attributes)[0]!,
    }),
  },
});

const backward: Op<Attributes> = defineOp({
  name: 'DanceNeighborMaxGradient',
  webgpu: neighborMaxGradientWebGpu,
  outputs: (shapes, { graph }) => [[graph.matrix.nCols, shapes['dy']![1]!]],
  run: ({ kernels, inputs, shapes, outputs, attributes }) => {
    const { nRows: nSegments, nCols: nRows } = attributes.graph.matrix;
    kernels.segmentMaxGradient({
      ...{ nSegments, nRows, width: shapes['dy']![1]! },
      argmax: integersIn(inputs['argmax'] as Float32Array),
      dOut: inputs['dy'] as Float32Array,
      dX: outputs[0]!,
    });
  },
});

/**
 * Largest value of each feature over the neighbors of each node: out[i] = max of x[j] over the
 * stored entries (i, j); 0 for nodes without neighbors. The gradient goes to the first of equals.
 *
 * @param graph - [n, m]; its values are not used
 * @param x - [m, d]
 * @returns [n, d]
 * @throws DataError if the shapes do not fit
 */
export function neighborMax(graph: SparseOperand, x: tf.Tensor2D): tf.Tensor2D {
  checkShapes('neighborMax', { x: [x.shape, [graph.matrix.nCols, x.shape[1]]] });
  return tf.tidy(() => forward({ x }, { graph })[0] as tf.Tensor2D);
}

/**
 * Largest value of each feature by segment: out[s] = max of the x[i] with segmentIds[i] = s; 0 for
 * segments without rows. The gradient goes to the first of equals.
 *
 * @param x - [m, d]
 * @param segmentIds - [m], each in 0..nSegments-1
 * @returns [nSegments, d]
 * @throws DataError if a segment is out of range or there is not one a row
 */
export function segmentMax(x: tf.Tensor2D, segmentIds: Int32Array, nSegments: number): tf.Tensor2D {
  return neighborMax(membership('segmentMax', x.shape[0], segmentIds, nSegments), x);
}

/**
 * Mean of rows by segment: out[s] = mean of the x[i] with segmentIds[i] = s; 0 for segments without
 * rows.
 *
 * @param x - [m, d]
 * @param segmentIds - [m], each in 0..nSegments-1
 * @returns [nSegments, d]
 * @throws DataError if a segment is out of range or there is not one a row
 */
export function segmentMean(
  x: tf.Tensor2D,
  segmentIds: Int32Array,
  nSegments: number,
): tf.Tensor2D {
  return spmm(membership('segmentMean', x.shape[0], segmentIds, nSegments), x);
}

/** [nSegments, nRows], 1 / (rows of the segment) where a row belongs to a segment. */
function membership(
  operation: string,
  nRows: number,
  segmentIds: Int32Array,
  nSegments: number,
): SparseOperand {
  if (segmentIds.length !== nRows) {
    throw new DataError(`${operation}: segment ids`, {
      got: String(segmentIds.length),
      expected: String(nRows),
    });
  }
  const bad = segmentIds.find((id) => id < 0 || id >= nSegments);
  if (bad !== undefined) {
    throw new DataError(`${operation}: segment`, {
      got: String(bad),
      expected: `an integer in [0, ${nSegments})`,
    });
  }
  const indptr = new Int32Array(nSegments + 1);
  for (const id of segmentIds) indptr[id + 1]! += 1;
  for (let s = 0; s < nSegments; s++) indptr[s + 1]! += indptr[s]!;
  const next = indptr.slice();
  const [indices, data] = [new Int32Array(nRows), new Float32Array(nRows)];
  for (const [row, id] of segmentIds.entries()) {
    const place = next[id]!++;
    indices[place] = row;
    data[place] = 1 / (indptr[id + 1]! - indptr[id]!);
  }
  return new SparseOperand(new CsrMatrix(nSegments, nRows, indptr, indices, data));
}
