import { DataError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { gatherRows } from '../ops/rows.js';
import { checkSameWidth } from './check-shapes.js';
import { elementwiseBce } from './inner-product.js';
import { reduceCells, sumRows } from './reduction.js';

/** Pairs of nodes. */
export interface Edges {
  /** Rows of the first embedding, [m]. */
  readonly sources: Int32Array;
  /** Rows of the second embedding, [m]. */
  readonly targets: Int32Array;
}

/** Options of {@link edgeReconstructionLoss}. */
export interface EdgeReconstructionOptions {
  /** Embedding of the targets, [nTargets, d]; default that of the sources. */
  readonly targetEmbedding?: tf.Tensor2D;
  /** Factor of the mean over the positive edges, default 1. */
  readonly positiveWeight?: number;
  /** Factor of the mean over the negative ones, default 1. */
  readonly negativeWeight?: number;
}

/**
 * Reconstruction of a graph from some of its edges and sampled pairs that are none: the mean of
 * binary cross-entropy over the positive edges plus that over the negative ones, with inner
 * products of embeddings as logits. Time and memory grow with the number of pairs given.
 *
 * @param embedding - of the sources, [n, d]
 * @param positives - edges of the graph; none cost 0
 * @param negatives - sampled pairs; none cost 0
 * @throws ParamError if the embeddings differ in width
 * @throws DataError if an edge lacks an end or a node is out of range
 */
export function edgeReconstructionLoss(
  embedding: tf.Tensor2D,
  positives: Edges,
  negatives: Edges,
  options: EdgeReconstructionOptions = {},
): tf.Scalar {
  const { targetEmbedding = embedding, positiveWeight = 1, negativeWeight = 1 } = options;
  checkSameWidth('edgeReconstructionLoss', embedding, targetEmbedding);
  const lossOf = (edges: Edges, target: 0 | 1): tf.Tensor => {
    checkEdges(edges);
    if (edges.sources.length === 0) return tf.scalar(0);
    const first = gatherRows(embedding, edges.sources);
    const logits = sumRows(tf.mul(first, gatherRows(targetEmbedding, edges.targets)));
    return reduceCells(elementwiseBce(logits, tf.fill(logits.shape, target)) as tf.Tensor1D);
  };
  return tf.add(
    tf.mul(lossOf(positives, 1), positiveWeight),
    tf.mul(lossOf(negatives, 0), negativeWeight),
  );
}

function checkEdges({ sources, targets }: Edges): void {
  if (sources.length === targets.length) return;
  throw new DataError('edgeReconstructionLoss: edges', {
    got: `${sources.length} sources and ${targets.length} targets`,
    expected: 'one target for each source',
  });
}
