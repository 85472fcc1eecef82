import { DataError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { checkSameShape } from './check-shapes.js';
import { reduceCells, sumRows, type ReductionOptions } from './reduction.js';

/** Rows whose elements are all smaller than this have no direction. */
const ZERO_ROW = 1e-12;

/**
 * Rows divided by their Euclidean norm. A row of zeros stays zero with a gradient of 0, where
 * x / max(norm, 1e-12) would have one of 1e12; neither do huge rows overflow.
 *
 * @param x - [n, d]
 * @returns [n, d]
 */
export function normalizeRows(x: tf.Tensor2D): tf.Tensor2D {
  const op = tf.customGrad((values, save) => {
    const { unit, inverseNorm } = unitRows(values as tf.Tensor);
    (save as tf.GradSaveFunc)([unit, inverseNorm]);
    return {
      value: unit,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [rows, inverse] = saved as [tf.Tensor, tf.Tensor];
        const along = tf.sum(tf.mul(dy, rows), 1, true);
        return tf.mul(tf.sub(dy, tf.mul(rows, along)), inverse);
      },
    };
  });
  return op(x) as tf.Tensor2D;
}

/** Rows of norm 1 and 1 / norm, [n, 1]; both 0 for rows without a direction. */
function unitRows(x: tf.Tensor): { unit: tf.Tensor; inverseNorm: tf.Tensor } {
  const largest = tf.max(tf.abs(x), 1, true);
  const isZero = tf.cast(tf.less(largest, ZERO_ROW), 'float32');
  const isRow = tf.sub(1, isZero);
  const scale = tf.add(largest, isZero);
  const scaled = tf.mul(tf.div(x, scale), isRow);
  const norm = tf.add(tf.sqrt(tf.sum(tf.square(scaled), 1, true)), isZero);
  return {
    unit: tf.div(scaled, norm),
    inverseNorm: tf.div(tf.div(isRow, norm), scale),
  };
}

/**
 * Cosine of the angle between the rows of two matrices, pair by pair; 0 where one of them is a row
 * of zeros.
 *
 * @param a - [n, d]
 * @param b - [n, d]
 * @returns [n]
 * @throws ParamError if the shapes differ
 */
export function cosineSimilarity(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor1D {
  checkSameShape('cosineSimilarity', [a, b]);
  return sumRows(tf.mul(normalizeRows(a), normalizeRows(b)));
}

/**
 * 1 - cosine similarity of each pair of rows.
 *
 * @param a - [n, d]
 * @param b - [n, d]
 * @returns scalar, or [n] without reduction
 * @throws ParamError if the shapes differ
 */
export function cosineLoss(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  { reduction }: ReductionOptions = {},
): tf.Tensor {
  return reduceCells(tf.sub(1, cosineSimilarity(a, b)), reduction);
}

/** Options of {@link cosineEmbeddingLoss}. */
export interface CosineEmbeddingOptions extends ReductionOptions {
  /** Cosine up to which unlike pairs cost nothing, default 0. */
  readonly margin?: number;
}

/**
 * Cosine embedding loss: 1 - cosine for pairs that belong together (label 1), max(0, cosine -
 * margin) for those that do not (label -1).
 *
 * @param a - [n, d]
 * @param b - [n, d]
 * @param labels - 1 or -1 for each pair, [n]
 * @returns scalar, or [n] without reduction
 * @throws ParamError if the shapes differ
 * @throws DataError if the labels are others or not one a pair
 */
export function cosineEmbeddingLoss(
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  labels: ArrayLike<number>,
  { margin = 0, reduction }: CosineEmbeddingOptions = {},
): tf.Tensor {
  const together = tf.tensor1d(indicator(labels, a.shape[0]));
  const cosine = cosineSimilarity(a, b);
  const alike = tf.mul(together, tf.sub(1, cosine));
  const unlike = tf.mul(tf.sub(1, together), tf.relu(tf.sub(cosine, margin)));
  return reduceCells(tf.add(alike, unlike), reduction);
}

/** 1 for label 1, 0 for label -1. */
function indicator(labels: ArrayLike<number>, nPairs: number): Float32Array {
  const values = Float32Array.from(labels);
  if (values.length !== nPairs) {
    throw new DataError('cosineEmbeddingLoss: number of labels', {
      got: String(values.length),
      expected: `${nPairs}, one a pair`,
    });
  }
  return values.map((label, i) => {
    if (label === 1) return 1;
    if (label === -1) return 0;
    throw new DataError(`cosineEmbeddingLoss: label of pair ${i}`, {
      got: String(label),
      expected: '1 or -1',
    });
  });
}
