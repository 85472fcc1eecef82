import * as tf from '@tensorflow/tfjs';
import type { Rng } from '@dance-ts/core';
import type { SparseOperand } from '../../ops/spmm.js';
import type { ParameterSet } from '../../parameters.js';
import { BatchNorm } from '../batch-norm.js';
import type { Features } from '../sparse-features.js';
import { SageConv } from './sage-conv.js';

/** Features of the two kinds of nodes. */
export interface BipartiteFeatures<Cells extends Features = tf.Tensor2D> {
  /** [nCells, d] */
  readonly cells: Cells;
  /** [nGenes, d] */
  readonly genes: tf.Tensor2D;
}

/** Edges of the bipartite graph both ways, each `rowNormalized`. */
export interface BipartiteGraph {
  /** Genes to cells, [nCells, nGenes]. */
  readonly toCells: SparseOperand;
  /** Cells to genes, [nGenes, nCells]. */
  readonly toGenes: SparseOperand;
}

/** Options of {@link HeteroSage}. */
export interface HeteroSageOptions {
  readonly nCellFeatures: number;
  readonly nGeneFeatures: number;
  readonly nOut: number;
  readonly rng: Rng;
}

/**
 * Layer of scGPCL on the graph of cells and genes (Lee et al., Bioinformatics 2023):
 * cells' = BN(W1 mean of genes + b + W2 cells), genes' = BN(W3 mean of cells + b' + W4 genes), with
 * PyTorch's initial values and no activation.
 */
export class HeteroSage {
  private readonly cells: SageConv;
  private readonly genes: SageConv;
  private readonly cellNorm: BatchNorm;
  private readonly geneNorm: BatchNorm;

  constructor(parameters: ParameterSet, name: string, options: HeteroSageOptions) {
    const { nCellFeatures, nGeneFeatures, nOut, rng } = options;
    const shared = { nOut, rng, initializer: 'pyg' } as const;
    this.cells = new SageConv(parameters, `${name}/cells`, {
      ...{ ...shared, nIn: nGeneFeatures, nOwn: nCellFeatures },
    });
    this.genes = new SageConv(parameters, `${name}/genes`, {
      ...{ ...shared, nIn: nCellFeatures, nOwn: nGeneFeatures },
    });
    this.cellNorm = new BatchNorm(parameters, `${name}/cell-norm`, nOut);
    this.geneNorm = new BatchNorm(parameters, `${name}/gene-norm`, nOut);
  }

  /** Both kinds of nodes, [nCells, nOut] and [nGenes, nOut]; see {@link applyToCells}. */
  apply(
    graph: BipartiteGraph,
    features: BipartiteFeatures<Features>,
    training: boolean,
    track = training,
  ): BipartiteFeatures {
    return tf.tidy(() => ({
      cells: this.applyToCells(graph, features, training, track),
      genes: this.applyToGenes(graph, features, training, track),
    }));
  }

  /**
   * Cells only, [nCells, nOut]: enough in the last layer.
   *
   * @param training - normalize with the statistics of these nodes
   * @param track - blend them into the running ones; default in training
   */
  applyToCells(
    { toCells }: Pick<BipartiteGraph, 'toCells'>,
    { cells, genes }: BipartiteFeatures<Features>,
    training: boolean,
    track = training,
  ): tf.Tensor2D {
    return tf.tidy(() =>
      this.cellNorm.apply(this.cells.apply(toCells, genes, cells), training, track),
    );
  }

  /** Genes only, [nGenes, nOut]; see {@link applyToCells}. */
  applyToGenes(
    { toGenes }: Pick<BipartiteGraph, 'toGenes'>,
    { cells, genes }: BipartiteFeatures<Features>,
    training: boolean,
    track = training,
  ): tf.Tensor2D {
    return tf.tidy(() =>
      this.geneNorm.apply(this.genes.apply(toGenes, cells, genes), training, track),
    );
  }
}
