import * as tf from '@tensorflow/tfjs';
import { DenseMatrix, type CsrMatrix, type Rng } from '@dance-ts/core';
import type { Kernels } from '@dance-ts/kernels';
import { xavierUniform } from '../init/initializers.js';
import type { Parameter, ParameterSet } from '../parameters.js';
import { activation, type Activation, type ActivationName } from './activation.js';

/** Options of {@link WeightedBipartiteConv}. */
export interface WeightedBipartiteConvOptions {
  readonly nIn: number;
  readonly nOut: number;
  readonly activation: ActivationName;
  readonly rng: Rng;
}

/**
 * Dense half of graph-sc's weighted graph convolution: act(A W + b), with A the messages of
 * {@link aggregateMessages}. Aggregating before projecting keeps everything as wide as the input.
 */
export class WeightedBipartiteConv {
  private readonly weight: Parameter; // [nIn, nOut]
  private readonly bias: Parameter; // [nOut]
  private readonly activate: Activation;

  constructor(parameters: ParameterSet, name: string, options: WeightedBipartiteConvOptions) {
    const { nIn, nOut, rng } = options;
    const initial = xavierUniform(nIn, nOut, rng.fork(name));
    this.weight = parameters.add(`${name}/weight`, [nIn, nOut], initial);
    this.bias = parameters.add(`${name}/bias`, [nOut], new Float32Array(nOut));
    this.activate = activation(options.activation, parameters, name);
  }

  /** [n, nIn] -\> [n, nOut] */
  apply(aggregated: tf.Tensor2D): tf.Tensor2D {
    const projected = tf.matMul(aggregated, this.weight.variable);
    return this.activate(tf.add(projected, this.bias.variable));
  }
}

/** Arguments of {@link aggregateMessages}. */
export interface MessageArgs {
  /** Weighted edges from neighbors to targets, [nTargets, nNeighbors]. */
  readonly edges: CsrMatrix;
  /** Features of the neighbors, [nNeighbors, d]. */
  readonly neighbors: DenseMatrix;
  /** Edges that leave each neighbor, [nNeighbors]; values below 1 count as 1. */
  readonly neighborDegrees: Float64Array;
  /** Features of the targets themselves (self loop of weight 1), [nTargets, d]. */
  readonly own: DenseMatrix;
  /** See {@link targetScale}, [nTargets]. */
  readonly scale: Float32Array;
}

/**
 * A = diag(scale) (edges diag(o)^-1/2 neighbors + own): what reaches each target of a weighted
 * graph convolution (DGL's GraphConv with `norm='both'` and edge weights) before projection.
 *
 * @returns [nTargets, d]
 */
export function aggregateMessages(kernels: Kernels, args: MessageArgs): DenseMatrix {
  const { edges, neighbors, own, scale } = args;
  const factors = args.neighborDegrees.map((degree) => 1 / Math.sqrt(Math.max(1, degree)));
  const out = DenseMatrix.zeros(edges.nRows, own.nCols);
  kernels.spmm({
    nRows: edges.nRows,
    indptr: edges.indptr,
    indices: edges.indices,
    values: edges.data,
    x: neighbors.scaleRows(factors).data,
    width: own.nCols,
    out: out.data,
  });
  for (let i = 0; i < out.nRows; i++) {
    const row = out.row(i);
    const self = own.row(i);
    for (let f = 0; f < row.length; f++) row[f] = (row[f]! + self[f]!) * scale[i]!;
  }
  return out;
}

/**
 * Factor of each target with n edges and its self loop: (n + 1)^-1/2, and for the mean of the
 * messages instead of their sum another 1 / (n + 1).
 */
export function targetScale(degrees: Float64Array, agg: 'sum' | 'mean'): Float32Array {
  const power = agg === 'mean' ? -1.5 : -0.5;
  return Float32Array.from(degrees, (degree) => Math.pow(degree + 1, power));
}

/** Stored entries of each row. */
export function rowDegrees(edges: CsrMatrix): Float64Array {
  return Float64Array.from(
    { length: edges.nRows },
    (_, i) => edges.indptr[i + 1]! - edges.indptr[i]!,
  );
}

/** Stored entries of each column. */
export function columnDegrees(edges: CsrMatrix): Float64Array {
  const degrees = new Float64Array(edges.nCols);
  for (const j of edges.indices) degrees[j]! += 1;
  return degrees;
}
