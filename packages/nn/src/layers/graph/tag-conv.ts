import * as tf from '@tensorflow/tfjs';
import type { Rng } from '@dance-ts/core';
import { torchLinear, xavierNormal } from '../../init/initializers.js';
import { spmm, type SparseOperand } from '../../ops/spmm.js';
import type { Parameter, ParameterSet } from '../../parameters.js';

/** Options of {@link TagConv}. */
export interface TagConvOptions {
  readonly nIn: number;
  readonly nOut: number;
  /** Highest power K of the graph, default 2. */
  readonly k?: number;
  /**
   * `'power'` (default): hop h sees A^h X, as in the paper. `'repeat'`: every hop sees A X, as in
   * Spektral, with which the results of scTAG and scTPF were obtained.
   */
  readonly hops?: 'power' | 'repeat';
  /** Whether there is a bias; default true. */
  readonly bias?: boolean;
  readonly rng: Rng;
}

/**
 * Topology adaptive graph convolution [X, A X, ..., A^K X] W + b (Du et al. 2017, arXiv:1710.10370)
 * with DGL's initial values: W Xavier normal with gain sqrt 2, b as a PyTorch `Linear`. The graph
 * comes normalized (`symmetricNormalized(adjacency)`, no self loops). No activation.
 */
export class TagConv {
  readonly weight: Parameter; // [(k + 1) nIn, nOut], hop by hop
  readonly bias: Parameter | undefined; // [nOut]
  private readonly k: number;
  private readonly hops: 'power' | 'repeat';

  constructor(parameters: ParameterSet, name: string, options: TagConvOptions) {
    const { nIn, nOut, k = 2, hops = 'power', bias = true, rng } = options;
    const fanIn = (k + 1) * nIn;
    const stream = rng.fork(name);
    const initial = xavierNormal(fanIn, nOut, stream, Math.SQRT2);
    this.weight = parameters.add(`${name}/weight`, [fanIn, nOut], initial);
    if (bias) this.bias = parameters.add(`${name}/bias`, [nOut], torchLinear(nOut, fanIn, stream));
    this.k = k;
    this.hops = hops;
  }

  /**
   * Works by Horner's rule, X W0 + A (X W1 + A (X W2)), so that the sparse products are as narrow
   * as the output.
   *
   * @param graph - normalized, [n, n]
   * @param x - [n, nIn]
   * @returns [n, nOut]
   */
  apply(graph: SparseOperand, x: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => {
      const out = this.hops === 'power' ? this.applyPowers(graph, x) : this.applyRepeat(graph, x);
      return this.bias === undefined ? out : tf.add(out, this.bias.variable);
    });
  }

  private applyPowers(graph: SparseOperand, x: tf.Tensor2D): tf.Tensor2D {
    let out = tf.matMul<tf.Tensor2D>(x, this.weightOf(this.k, x));
    for (let hop = this.k - 1; hop >= 0; hop--) {
      out = tf.add(tf.matMul(x, this.weightOf(hop, x)), spmm(graph, out));
    }
    return out;
  }

  private applyRepeat(graph: SparseOperand, x: tf.Tensor2D): tf.Tensor2D {
    const own = tf.matMul<tf.Tensor2D>(x, this.weightOf(0, x));
    if (this.k === 0) return own;
    const others = Array.from({ length: this.k }, (_, hop) => this.weightOf(hop + 1, x));
    return tf.add(own, spmm(graph, tf.matMul(x, tf.addN(others))));
  }

  private weightOf(hop: number, x: tf.Tensor2D): tf.Tensor2D {
    const nIn = x.shape[1];
    const weight = this.weight.variable as tf.Variable<tf.Rank.R2>;
    return tf.slice(weight, [hop * nIn, 0], [nIn, weight.shape[1]]);
  }
}
