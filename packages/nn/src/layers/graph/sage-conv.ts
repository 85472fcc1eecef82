import * as tf from '@tensorflow/tfjs';
import { ParamError, type Rng } from '@dance-ts/core';
import { torchLinear, xavierUniform } from '../../init/initializers.js';
import { neighborMax } from '../../ops/graph/segment-reduce.js';
import { spmm, type SparseOperand } from '../../ops/spmm.js';
import type { ParameterSet } from '../../parameters.js';
import { Linear } from '../linear.js';
import { applyToFeatures, type Features } from '../sparse-features.js';

/** Options of {@link SageConv}. */
export interface SageConvOptions {
  /** Features of the neighbors. */
  readonly nIn: number;
  /** Features of the nodes themselves; default `nIn`. */
  readonly nOwn?: number;
  readonly nOut: number;
  /** How neighbors are put together, see {@link SageConv}; default `'mean'`. */
  readonly aggregator?: 'mean' | 'pool' | 'gcn';
  /** Whether there is a bias; default true. */
  readonly bias?: boolean;
  /** `'dgl'` (default): Xavier uniform with gain sqrt 2; `'pyg'`: PyTorch's `Linear`. */
  readonly initializer?: 'dgl' | 'pyg';
  readonly rng: Rng;
}

/**
 * GraphSAGE layer (Hamilton et al., NeurIPS 2017), x_j the neighbors of a node, x_i the node:
 * - `'mean'`: x_i W_own + mean(x_j) W_neighbors + b; graph `rowNormalized(adjacency)`,
 * - `'pool'`: x_i W_own + max(ReLU(x_j W_pool + b_pool)) W_neighbors + b; the values of the graph
 *   are not used,
 * - `'gcn'`: mean(x_j and x_i) W_neighbors + b; graph `rowNormalized(adjacency, {selfLoops: true})`.
 *
 * No activation. The graph may lead from one kind of nodes to another.
 */
export class SageConv {
  readonly neighbors: Linear;
  readonly own: Linear | undefined;
  readonly pool: Linear | undefined;

  constructor(parameters: ParameterSet, name: string, options: SageConvOptions) {
    const { nIn, nOwn = nIn, nOut, aggregator = 'mean', bias = true, rng } = options;
    const linear = (part: string, fanIn: number, fanOut: number, hasBias: boolean): Linear => {
      const stream = rng.fork(`${name}/${part}/initial`);
      const weight =
        options.initializer === 'pyg'
          ? torchLinear(fanIn * fanOut, fanIn, stream)
          : xavierUniform(fanIn, fanOut, stream, Math.SQRT2);
      const layer = `${name}/${part}`;
      return new Linear(parameters, layer, fanIn, fanOut, rng, { bias: hasBias, weight });
    };
    const isGcn = aggregator === 'gcn';
    if (aggregator === 'pool') this.pool = linear('pool', nIn, nIn, true);
    this.neighbors = linear('neighbors', nIn, nOut, bias && isGcn);
    if (!isGcn) this.own = linear('own', nOwn, nOut, bias);
  }

  /**
   * @param graph - [n, m], row i holds the neighbors of node i; see the class
   * @param x - features of the neighbors, [m, nIn]; sparse ones only with the mean
   * @param own - features of the nodes, [n, nOwn]; default `x`
   * @returns [n, nOut]
   * @throws ParamError for sparse features of neighbors with another aggregator than the mean
   */
  apply(graph: SparseOperand, x: Features, own = x): tf.Tensor2D {
    return tf.tidy(() => {
      const messages = this.messages(graph, x);
      return this.own === undefined ? messages : tf.add(applyToFeatures(this.own, own), messages);
    });
  }

  private messages(graph: SparseOperand, x: Features): tf.Tensor2D {
    if (!(x instanceof tf.Tensor)) {
      if (this.own === undefined || this.pool !== undefined) {
        throw new ParamError('SageConv: the features of the neighbors are sparse', {
          remedy: "Use the aggregator 'mean', or dense features.",
        });
      }
      return spmm(graph, applyToFeatures(this.neighbors, x));
    }
    if (this.pool !== undefined) {
      return this.neighbors.apply(neighborMax(graph, this.pool.apply(x, true)));
    }
    const [nIn = 0, nOut = 0] = this.neighbors.weight.shape;
    // A mean is linear: projecting first keeps it narrow; a bias must not be averaged away.
    const projectsFirst = nOut < nIn && this.neighbors.bias === undefined;
    return projectsFirst
      ? spmm(graph, this.neighbors.apply(x))
      : this.neighbors.apply(spmm(graph, x));
  }
}
