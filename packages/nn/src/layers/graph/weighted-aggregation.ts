import * as tf from '@tensorflow/tfjs';
import { CsrMatrix, DataError, type Rng } from '@dance-ts/core';
import { xavierUniform } from '../../init/initializers.js';
import { dense } from '../../ops/dense.js';
import { SparseOperand, spmm } from '../../ops/spmm.js';
import type { Parameter, ParameterSet } from '../../parameters.js';

/** Edges into a set of nodes, ready for {@link WeightedAggregation}. */
export interface WeightedEdges {
  /** a_ij / (1 + n_i), [n, m]. */
  readonly graph: SparseOperand;
  /** 1 / (1 + n_i), [n]. */
  readonly ownScale: Float32Array;
}

/**
 * Divides each row of weights by 1 + the number of its entries n_i.
 *
 * @param weights - a_ij of the edge from j to i, [n, m]
 * @param rescaled - first make the weights of each row sum to n_i, as scDeepSort does; default false
 * @throws DataError if a row to be rescaled does not sum to a positive number
 */
export function weightedEdges(weights: CsrMatrix, rescaled = false): WeightedEdges {
  const { nRows, indptr } = weights;
  const counts = Float64Array.from({ length: nRows }, (_, i) => indptr[i + 1]! - indptr[i]!);
  const ownScale = Float32Array.from(counts, (count) => 1 / (1 + count));
  const sums = rescaled ? weights.rowSums() : counts;
  const bad = sums.findIndex((sum, i) => counts[i]! > 0 && !(sum > 0 && sum < Infinity));
  if (bad >= 0) {
    throw new DataError('weightedEdges: weights cannot be rescaled', {
      got: `sum ${sums[bad]!} in row ${bad}`,
      expected: 'a positive number',
    });
  }
  const factors = counts.map((count, i) => (count === 0 ? 0 : count / sums[i]! / (1 + count)));
  return { graph: new SparseOperand(weights.scaleRows(factors)), ownScale };
}

/** Learnable confidence of edges, shared by the layers of a network. */
export interface EdgeConfidence {
  /** Of the edges that leave each neighbor, [m]. */
  readonly beta: tf.Tensor;
  /** Of the self loops, one number. */
  readonly alpha: tf.Tensor;
}

/** Options of {@link WeightedAggregation}. */
export interface WeightedAggregationOptions {
  readonly nIn: number;
  readonly nOut: number;
  readonly rng: Rng;
}

/**
 * Layer of scDeepSort (Shao et al., Nucleic Acids Research 2021):
 * ReLU(n W + b) with n_i = (alpha x_i + sum_j beta_j a_ij x_j) / (1 + n_i). W Xavier uniform with
 * gain sqrt 2, b 0 at first. Between the two steps is the place for dropout.
 */
export class WeightedAggregation {
  readonly weight: Parameter; // [nIn, nOut]
  readonly bias: Parameter; // [nOut]

  constructor(parameters: ParameterSet, name: string, options: WeightedAggregationOptions) {
    const { nIn, nOut, rng } = options;
    const initial = xavierUniform(nIn, nOut, rng.fork(name), Math.SQRT2);
    this.weight = parameters.add(`${name}/weight`, [nIn, nOut], initial);
    this.bias = parameters.add(`${name}/bias`, [nOut], new Float32Array(nOut));
  }

  /**
   * @param edges - from the m neighbors to the n nodes
   * @param x - features of the neighbors, [m, nIn]
   * @param own - features of the nodes, [n, nIn]
   * @returns n, [n, nIn]
   */
  aggregate(
    { graph, ownScale }: WeightedEdges,
    { beta, alpha }: EdgeConfidence,
    x: tf.Tensor2D,
    own: tf.Tensor2D,
  ): tf.Tensor2D {
    return tf.tidy(() => {
      const messages = spmm(graph, tf.mul<tf.Tensor2D>(x, tf.reshape(beta, [-1, 1])));
      const scaled = tf.mul(own, tf.tensor2d(ownScale, [ownScale.length, 1]));
      return tf.add(messages, tf.mul(scaled, tf.reshape(alpha, [1, 1])));
    });
  }

  /** ReLU(n W + b), [n, nOut]. */
  project(aggregated: tf.Tensor2D): tf.Tensor2D {
    const weight = this.weight.variable as tf.Variable<tf.Rank.R2>;
    return dense(aggregated, weight, this.bias.variable as tf.Variable<tf.Rank.R1>, true);
  }
}
