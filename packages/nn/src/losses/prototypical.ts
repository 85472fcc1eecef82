import { DataError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { checkClasses, checkSameWidth } from './check-shapes.js';
import { checkTemperature, type ContrastiveOptions } from './contrastive.js';
import { normalizeRows } from './cosine.js';
import { reduceCells, sumRows } from './reduction.js';
import { stopGradient } from './stop-gradient.js';

/** One clustering of the cells, as contrast for their embeddings. */
export interface Prototypes {
  /** Centers of the clusters, [K, d]; constants. */
  readonly centers: tf.Tensor2D;
  /** Cluster of each cell, [n], in 0..K-1. */
  readonly assignments: ArrayLike<number>;
}

/**
 * Prototypical contrastive loss (Li et al., 2020, arXiv:2005.04966; for cells: Lee et al., 2023,
 * https://doi.org/10.1093/bioinformatics/btad342): -ln of the softmax over all centers of
 * cosine(h, center) / temperature at the cell's own center, averaged over clusterings of different
 * granularity.
 *
 * @param h - embedding, [n, d]
 * @param granularities - at least one clustering of the same cells
 * @returns scalar, or [n] without reduction
 * @throws ParamError if the widths differ or the temperature is not positive
 * @throws DataError if there is no clustering or a cell's cluster is not one of its centers
 */
export function prototypicalLoss(
  h: tf.Tensor2D,
  granularities: readonly Prototypes[],
  { temperature = 0.25, reduction }: ContrastiveOptions = {},
): tf.Tensor {
  checkTemperature('prototypicalLoss', temperature);
  if (granularities.length === 0) {
    throw new DataError('prototypicalLoss: clusterings', { got: '0', expected: '1 or more' });
  }
  const unit = normalizeRows(h);
  const losses = granularities.map((prototypes) => lossOf(unit, prototypes, temperature));
  return reduceCells(tf.div(tf.addN(losses), losses.length), reduction);
}

function lossOf(unit: tf.Tensor2D, prototypes: Prototypes, temperature: number): tf.Tensor1D {
  const { centers, assignments } = prototypes;
  const [n, nClusters] = [unit.shape[0], centers.shape[0]];
  checkSameWidth('prototypicalLoss', unit, centers);
  checkClasses('prototypicalLoss', assignments, n, nClusters);
  const directions = stopGradient(normalizeRows(centers));
  const logits = tf.div(tf.matMul(unit, directions, false, true), temperature);
  const own = tf.oneHot(tf.tensor1d(Int32Array.from(assignments), 'int32'), nClusters);
  return tf.neg(sumRows(tf.mul(tf.logSoftmax(logits), tf.cast(own, 'float32'))));
}
