import type { CsrMatrix } from '@dance-ts/core';
import { bceWithLogits, meanCountNll, type CountLogits } from '@dance-ts/nn';
import * as tf from '@tensorflow/tfjs';
import type { GraphPosterior } from './graphsci-network.js';

/** What a batch of cells is compared with. */
export interface CountTarget {
  /** [n, nGenes] */
  readonly counts: tf.Tensor2D;
  /** [n] */
  readonly sizeFactors: tf.Tensor1D;
  /** 0 at entries that must not be learned from, 1 elsewhere, [n, nGenes]; none if left out. */
  readonly kept?: tf.Tensor2D | undefined;
  /** Entries that are learned from. */
  readonly nKept: number;
}

/** Logit of a mean so small that a count of 0 costs nothing. */
const NO_COUNT = -20;

/** Logits exceed this only by accident: e^13.8 is the largest mean. */
const LARGEST_LOGIT = 13.8;

/**
 * Mean zero-inflated negative binomial loss of the entries that are learned from. Held-out entries
 * are zeros of `counts`; they get a constant mean near 0, hence no gradient.
 */
export function zinbLoss(logits: CountLogits, target: CountTarget): tf.Scalar {
  const { counts, sizeFactors, kept, nKept } = target;
  const mean = kept === undefined ? logits.mean : withoutHeldOut(logits.mean, kept);
  const loss = meanCountNll({ ...logits, mean, counts, sizeFactors }, { activate: true });
  return tf.mul(loss, counts.size / Math.max(1, nKept));
}

/** (.5 / nGenes) x mean squared error of the counts over the entries that are learned from. */
export function countErrorLoss({ mean }: CountLogits, target: CountTarget): tf.Scalar {
  const { counts, sizeFactors, kept, nKept } = target;
  const means = tf.exp(tf.minimum(mean, LARGEST_LOGIT));
  const error = tf.sub(tf.mul(means, tf.reshape(sizeFactors, [-1, 1])), counts);
  const counted = kept === undefined ? error : tf.mul(error, kept);
  const perCell = tf.sum(tf.square(counted), 1);
  return tf.mul(tf.sum(perCell), 0.5 / counts.shape[1] / Math.max(1, nKept));
}

/**
 * How badly Z, read as logits, gives back the gene graph: norm x mean of the binary cross entropy
 * with the links weighted by (G^2 - links) / links, norm = G^2 / (2 (G^2 - links)).
 *
 * @param z - [nGenes, nGenes]
 * @param links - 1 for each link, self loops too, [nGenes, nGenes]
 */
export function adjacencyLoss(z: tf.Tensor2D, links: tf.Tensor2D, nLinks: number): tf.Scalar {
  const others = Math.max(1, z.size - nLinks);
  return bceWithLogits(z, links, {
    positiveWeight: others / Math.max(1, nLinks),
    norm: z.size / (2 * others),
  });
}

/** KL divergence of the posterior from N(0, 1): the mean over genes of the sum, over nGenes. */
export function posteriorKl({ mean, logSigma }: GraphPosterior): tf.Scalar {
  const variance = tf.exp(tf.mul(logSigma, 2));
  const perEntry = tf.sub(tf.add(tf.square(mean), variance), tf.add(tf.mul(logSigma, 2), 1));
  return tf.mul(tf.mean(tf.mean(perEntry, 1)), 0.5);
}

/** 1 for every stored entry, as a tensor the caller frees. */
export function linkTensor({ nRows, nCols, indptr, indices }: CsrMatrix): tf.Tensor2D {
  const values = new Float32Array(nRows * nCols);
  for (let i = 0; i < nRows; i++) {
    for (let e = indptr[i]!; e < indptr[i + 1]!; e++) values[i * nCols + indices[e]!] = 1;
  }
  return tf.tensor2d(values, [nRows, nCols]);
}

/** A product, not a choice: what is not a number must stay so. */
function withoutHeldOut(logits: tf.Tensor2D, kept: tf.Tensor2D): tf.Tensor2D {
  return tf.add(tf.mul(logits, kept), tf.mul(tf.sub(1, kept), NO_COUNT));
}
