import * as tf from '@tensorflow/tfjs';
import type { Rng } from '@dance-ts/core';
import { xavierUniform } from '../../init/initializers.js';
import { spmm, type SparseOperand } from '../../ops/spmm.js';
import type { Parameter, ParameterSet } from '../../parameters.js';

/** Options of {@link GcnConv}. */
export interface GcnConvOptions {
  readonly nIn: number;
  readonly nOut: number;
  /** Whether there is a bias, 0 at first; default true. */
  readonly bias?: boolean;
  readonly rng: Rng;
}

/**
 * Graph convolution A X W + b (Kipf and Welling, ICLR 2017), W Xavier uniform. The graph comes
 * normalized: with `symmetricNormalized(adjacency, { selfLoops: true })` this is PyG's GCNConv,
 * without bias the plain GNN layer of scDSC and SDCN. No activation.
 */
export class GcnConv {
  readonly weight: Parameter; // [nIn, nOut]
  readonly bias: Parameter | undefined; // [nOut]

  constructor(parameters: ParameterSet, name: string, options: GcnConvOptions) {
    const { nIn, nOut, bias = true, rng } = options;
    const initial = xavierUniform(nIn, nOut, rng.fork(name));
    this.weight = parameters.add(`${name}/weight`, [nIn, nOut], initial);
    if (bias) this.bias = parameters.add(`${name}/bias`, [nOut], new Float32Array(nOut));
  }

  /**
   * Multiplies by the weights first or by the graph first, whichever keeps the rows short.
   *
   * @param graph - normalized, [n, m]
   * @param x - [m, nIn]
   * @returns [n, nOut]
   */
  apply(graph: SparseOperand, x: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => {
      const weight = this.weight.variable as tf.Variable<tf.Rank.R2>;
      const [nIn, nOut] = weight.shape;
      const out =
        nOut <= nIn
          ? spmm(graph, tf.matMul(x, weight))
          : tf.matMul<tf.Tensor2D>(spmm(graph, x), weight);
      return this.bias === undefined ? out : tf.add(out, this.bias.variable);
    });
  }
}
