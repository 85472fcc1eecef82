import * as tf from '@tensorflow/tfjs';
import type { Rng } from '@dance-ts/core';
import { xavierNormal } from '../../init/initializers.js';
import { spmmWithValues } from '../../ops/graph/edge-products.js';
import { gatAggregate, type GatAggregated } from '../../ops/graph/gat-aggregate.js';
import type { SparseOperand } from '../../ops/spmm.js';
import type { Parameter, ParameterSet } from '../../parameters.js';

/** Gain of STAGATE's initial values. */
const GAIN = 1.414;

/** Options of {@link StagateAttention}. */
export interface StagateAttentionOptions {
  readonly nIn: number;
  readonly nOut: number;
  readonly rng: Rng;
}

/**
 * Attention layer of STAGATE (Dong and Zhang, Nature Communications 2022): M = X W, score of the
 * edge from j to i = sigmoid(M_j . a_source + M_i . a_target), softmax over the neighbors of i,
 * ELU of the weighted sum. {@link decode} goes back through W^T with the same attention, so the
 * gradients of both ways add up in W. All values Xavier normal with gain 1.414; no bias. Give the
 * graph with self loops.
 */
export class StagateAttention {
  readonly weight: Parameter; // [nIn, nOut]
  readonly attentionSource: Parameter; // [nOut]
  readonly attentionTarget: Parameter; // [nOut]

  constructor(parameters: ParameterSet, name: string, options: StagateAttentionOptions) {
    const { nIn, nOut, rng } = options;
    const stream = rng.fork(name);
    const initial = xavierNormal(nIn, nOut, stream, GAIN);
    this.weight = parameters.add(`${name}/weight`, [nIn, nOut], initial);
    // The authors keep these as [1, 1, nOut], which PyTorch takes for fans of nOut and nOut.
    const gain = GAIN * Math.sqrt((nOut + 1) / (2 * nOut));
    const add = (which: string): Parameter =>
      parameters.add(`${name}/${which}`, [nOut], xavierNormal(nOut, 1, stream, gain));
    this.attentionSource = add('attention-source');
    this.attentionTarget = add('attention-target');
  }

  /**
   * @param graph - [n, n]; its values are not used
   * @param x - [n, nIn]
   * @returns the ELU of the weighted sums [n, nOut], and the attention [nnz, 1]
   */
  encode(graph: SparseOperand, x: tf.Tensor2D): GatAggregated {
    return tf.tidy(() => {
      const z = tf.matMul<tf.Tensor2D>(x, this.weight.variable);
      const scores = (vector: Parameter): tf.Tensor2D =>
        tf.matMul(z, tf.reshape(vector.variable, [-1, 1]));
      const [source, target] = [scores(this.attentionSource), scores(this.attentionTarget)];
      const activation = 'sigmoid';
      const { out, attention } = gatAggregate(graph, { z, source, target }, { activation });
      return { out: tf.elu(out), attention };
    });
  }

  /**
   * Way back: f(attention Y) W^T, where Y is what the inner layers made of the encoding.
   *
   * @param graph - the graph of {@link encode}
   * @param attention - its attention, [nnz, 1]
   * @param y - [n, nOut]
   * @param f - ELU (default) or nothing
   * @returns [n, nIn], linear
   */
  decode(
    graph: SparseOperand,
    attention: tf.Tensor2D,
    y: tf.Tensor2D,
    f: 'elu' | 'linear' = 'elu',
  ): tf.Tensor2D {
    return tf.tidy(() => {
      const sums = spmmWithValues(graph, attention, y);
      const hidden = f === 'elu' ? tf.elu(sums) : sums;
      return tf.matMul<tf.Tensor2D>(hidden, this.weight.variable, false, true);
    });
  }
}
