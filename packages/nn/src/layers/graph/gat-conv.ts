import * as tf from '@tensorflow/tfjs';
import type { Rng } from '@dance-ts/core';
import { xavierNormal, xavierUniform } from '../../init/initializers.js';
import { gatAggregate, type GatAggregated } from '../../ops/graph/gat-aggregate.js';
import type { SparseOperand } from '../../ops/spmm.js';
import type { Parameter, ParameterSet } from '../../parameters.js';

/** Options of {@link GatConv}. */
export interface GatConvOptions {
  readonly nIn: number;
  /** Features of each head. */
  readonly nOut: number;
  /** Default 1. */
  readonly heads?: number;
  /** `'concat'` (default): [n, heads * nOut]; `'mean'`: [n, nOut]. */
  readonly combine?: 'concat' | 'mean';
  /** Slope of the scores' LeakyReLU below 0; default 0.2. */
  readonly negativeSlope?: number;
  /** Whether there is a bias, 0 at first; default true. */
  readonly bias?: boolean;
  /** `'pyg'` (default): Xavier uniform; `'dgl'`: Xavier normal with gain sqrt 2. */
  readonly initializer?: 'pyg' | 'dgl';
  readonly rng: Rng;
}

/**
 * Graph attention layer (Velickovic et al., ICLR 2018): z = X W, score of the edge from j to i =
 * LeakyReLU(a_source . z_j + a_target . z_i), softmax over the neighbors of i, weighted sum, bias.
 * No activation. Give the graph with self loops (`withSelfLoops`) if nodes are to see themselves.
 */
export class GatConv {
  readonly weight: Parameter; // [nIn, heads * nOut], head by head
  readonly attentionSource: Parameter; // [heads, nOut]
  readonly attentionTarget: Parameter; // [heads, nOut]
  readonly bias: Parameter | undefined; // [heads * nOut] or [nOut]
  private readonly options: Required<Pick<GatConvOptions, 'heads' | 'combine' | 'negativeSlope'>>;

  constructor(parameters: ParameterSet, name: string, options: GatConvOptions) {
    const { nIn, nOut, heads = 1, combine = 'concat', negativeSlope = 0.2 } = options;
    const stream = options.rng.fork(name);
    const isDgl = options.initializer === 'dgl';
    const initial = (fanIn: number, fanOut: number, gain: number): Float32Array =>
      isDgl ? xavierNormal(fanIn, fanOut, stream, gain) : xavierUniform(fanIn, fanOut, stream);
    const weight = initial(nIn, heads * nOut, Math.SQRT2);
    this.weight = parameters.add(`${name}/weight`, [nIn, heads * nOut], weight);
    // DGL keeps these as [1, heads, nOut], which PyTorch takes for fans of heads nOut and nOut.
    const gain = Math.SQRT2 * Math.sqrt((heads + nOut) / (heads * nOut + nOut));
    const add = (which: string): Parameter =>
      parameters.add(`${name}/${which}`, [heads, nOut], initial(heads, nOut, gain));
    this.attentionSource = add('attention-source');
    this.attentionTarget = add('attention-target');
    const nBias = combine === 'concat' ? heads * nOut : nOut;
    if (options.bias ?? true) {
      this.bias = parameters.add(`${name}/bias`, [nBias], new Float32Array(nBias));
    }
    this.options = { heads, combine, negativeSlope };
  }

  /**
   * @param graph - [n, n]; its values are not used
   * @param x - [n, nIn]
   * @returns [n, heads * nOut], or [n, nOut] for the mean
   */
  apply(graph: SparseOperand, x: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => this.applyWithAttention(graph, x).out);
  }

  /** {@link apply}, and the attention weights [nnz, heads] in the order of the graph's entries. */
  applyWithAttention(graph: SparseOperand, x: tf.Tensor2D): GatAggregated {
    return tf.tidy(() => {
      const { heads, combine, negativeSlope } = this.options;
      const z = tf.matMul<tf.Tensor2D>(x, this.weight.variable);
      const source = scoresOf(z, this.attentionSource);
      const target = scoresOf(z, this.attentionTarget);
      const { out, attention } = gatAggregate(graph, { z, source, target }, { negativeSlope });
      const [n, width] = out.shape;
      const combined =
        combine === 'concat'
          ? out
          : tf.mean<tf.Tensor2D>(tf.reshape(out, [n, heads, width / heads]), 1);
      const biased = this.bias === undefined ? combined : tf.add(combined, this.bias.variable);
      return { out: biased as tf.Tensor2D, attention };
    });
  }
}

/** [n, heads]: the dot product of each head's features with its attention vector. */
function scoresOf(z: tf.Tensor2D, { variable, shape }: Parameter): tf.Tensor2D {
  const [heads = 1, width = 0] = shape;
  const byHead = tf.reshape(tf.mul(z, tf.reshape(variable, [heads * width])), [-1, heads, width]);
  return tf.sum<tf.Tensor2D>(byHead, 2);
}
