import { DenseMatrix, Pacer, type Rng, type RunContext } from '@dance-ts/core';
import type { Kernels } from '@dance-ts/kernels';
import {
  aggregateMessages,
  BatchNorm,
  columnDegrees,
  dropout,
  dropoutMatrix,
  gatherRows,
  Linear,
  ParameterSet,
  rowDegrees,
  selfLinkLoss,
  shuffledBatches,
  SparseOperand,
  spmm,
  targetScale,
  WeightedBipartiteConv,
  type ActivationName,
} from '@dance-ts/nn';
import type { CellFeatureGraphData } from '@dance-ts/transforms';
import * as tf from '@tensorflow/tfjs';
import { toTensor } from './tensors.js';

/** Constructor parameters a {@link GraphNetwork} is built from. */
export interface GraphNetworkParams {
  readonly hiddenDim: number;
  readonly nLayers: number;
  readonly nHidden: number;
  readonly hidden1: number;
  readonly hidden2: number;
  readonly hiddenRelu: boolean;
  readonly hiddenBn: boolean;
  readonly activation: ActivationName;
  readonly agg: 'sum' | 'mean';
  readonly dropout: number;
  readonly degree: 'batch' | 'graph';
}

const DECODER_DROPOUT = 0.1;

/** What a batch needs beside the weights: aggregated messages, which carry no gradient. */
interface BatchInputs {
  readonly cells: DenseMatrix; // [batch, inFeats]
  /** For a second convolution only. */
  readonly second?: {
    readonly genes: DenseMatrix; // [nGenes, inFeats]
    readonly edges: SparseOperand; // [batch, nGenes], scaled
    readonly scale: Float32Array; // [batch]
  };
}

/** See {@link GraphNetwork.embeddingOfEdges}. */
export interface EdgeEmbedding {
  /** Weights [n, nGenes] of the edges into the cells `rows` -\> [n, latentDim]. */
  of(weights: tf.Tensor2D, rows: Int32Array): tf.Tensor2D;
  /** Frees the tensors made once for all. */
  dispose(): void;
}

/** Network of graph-sc: one or two weighted bipartite convolutions, then linear layers. */
export class GraphNetwork {
  readonly parameters = new ParameterSet();
  readonly nCells: number;
  readonly latentDim: number;
  private readonly first: WeightedBipartiteConv;
  private readonly second: WeightedBipartiteConv | undefined;
  private readonly encoder: ((x: tf.Tensor2D, training: boolean) => tf.Tensor2D)[] = [];
  private readonly geneDegrees: Float64Array;
  private readonly cellDegrees: Float64Array;

  constructor(
    private readonly params: GraphNetworkParams,
    private readonly graph: CellFeatureGraphData,
    private readonly kernels: Kernels,
    rng: Rng,
  ) {
    const { hiddenDim: nOut, hidden1, hidden2, nHidden, nLayers } = params;
    const inFeats = graph.geneFeatures.nCols;
    const shared = { nOut, activation: params.activation, rng: rng.fork('init') };
    this.nCells = graph.toCell.nRows;
    this.geneDegrees = rowDegrees(graph.toGene);
    this.cellDegrees = rowDegrees(graph.toCell);
    this.first = new WeightedBipartiteConv(this.parameters, 'conv1', { ...shared, nIn: inFeats });
    if (nLayers === 2) {
      this.second = new WeightedBipartiteConv(this.parameters, 'conv2', { ...shared, nIn: nOut });
    }
    const widths = [nOut, ...[hidden1, hidden2].slice(0, nHidden)];
    for (let i = 1; i < widths.length; i++) {
      this.addLinear(widths[i - 1]!, widths[i]!, `linear${i}`, shared.rng);
    }
    this.latentDim = widths.at(-1) ?? nOut;
  }

  /** Self-link reconstruction loss of one batch. */
  loss(inputs: BatchInputs, rng: Rng): tf.Scalar {
    return selfLinkLoss(dropout(this.encode(inputs, rng), DECODER_DROPOUT, rng.fork('decoder')));
  }

  /** Embedding of all cells without input dropout, in random batches as in training. */
  async embed(batchSize: number, context: RunContext): Promise<DenseMatrix> {
    const latent = DenseMatrix.zeros(this.nCells, this.latentDim);
    const pacer = new Pacer(context.signal);
    for (const batch of this.batches(batchSize, context)) {
      await pacer.tick();
      await this.embedInto(latent, batch, undefined);
    }
    return latent;
  }

  /** Batches in which {@link embed} sees the cells. */
  batches(batchSize: number, context: Pick<RunContext, 'rng'>): Int32Array[] {
    return [...shuffledBatches(this.nCells, batchSize, context.rng.fork('evaluate'))];
  }

  /** Embeds a batch into its rows of `latent`; with a random stream, in training mode. */
  async embedInto(latent: DenseMatrix, batch: Int32Array, rng: Rng | undefined): Promise<void> {
    const z = tf.tidy(() => this.encode(this.inputsOf(batch, rng), rng)); // [batch, latentDim]
    const values = await z.data<'float32'>();
    z.dispose();
    batch.forEach((cell, i) => {
      latent.row(cell).set(values.subarray(i * this.latentDim, (i + 1) * this.latentDim));
    });
  }

  /** Aggregates the features around a batch; input dropout is drawn from `rng`. */
  inputsOf(batch: Int32Array, rng: Rng | undefined): BatchInputs {
    const { geneFeatures, cellFeatures, toCell, toGene } = this.graph;
    const { agg, degree, dropout: rate, nLayers } = this.params;
    const edges = toCell.selectRows(batch);
    const batchDegrees = degree === 'batch' ? columnDegrees(edges) : this.geneDegrees;
    const scale = targetScale(rowDegrees(edges), agg);
    const genes = dropoutMatrix(geneFeatures, rate, rng?.fork('genes'));
    const cells = aggregateMessages(this.kernels, {
      edges,
      neighbors: genes,
      neighborDegrees: nLayers === 1 ? batchDegrees : this.geneDegrees,
      own: dropoutMatrix(cellFeatures.selectRows(batch), rate, rng?.fork('cells')),
      scale,
    });
    if (nLayers === 1) return { cells };
    const genesToo = aggregateMessages(this.kernels, {
      edges: toGene,
      neighbors: dropoutMatrix(cellFeatures, rate, rng?.fork('all-cells')),
      neighborDegrees: this.cellDegrees,
      own: genes,
      scale: targetScale(this.geneDegrees, agg),
    });
    const scaled = edges.data.map(
      (weight, e) => weight / Math.sqrt(Math.max(1, batchDegrees[edges.indices[e]!]!)),
    );
    return {
      cells,
      second: { genes: genesToo, edges: new SparseOperand(edges.withData(scaled)), scale },
    };
  }

  /**
   * The embedding as a function of the weights of the edges into some cells, without dropout. The
   * numbers of edges and the sums of their weights, by which messages and the cells' own features
   * are divided, stay those of the graph, so that all that reaches a cell is linear in its weights:
   * own features are the mean of the gene features weighted by them.
   *
   * @param batches - in which the cells are embedded
   */
  embeddingOfEdges(batches: readonly Int32Array[]): EdgeEmbedding {
    const { geneFeatures, toCell } = this.graph;
    const { agg, degree, nLayers } = this.params;
    const scale = targetScale(rowDegrees(toCell), agg);
    const shares = toCell.rowSums().map((sum) => (sum > 0 ? 1 / sum : 0));
    const ofGraph = inverseRoots(this.geneDegrees);
    const ofBatches = degree === 'graph' ? [] : batches.map((batch) => toCell.selectRows(batch));
    const roots = [ofGraph, ...ofBatches.map((edges) => inverseRoots(columnDegrees(edges)))];
    const rootOf = new Int32Array(this.nCells); // which roots are those of a cell
    ofBatches.forEach((_, b) => {
      for (const cell of batches[b]!) rootOf[cell] = b + 1;
    });
    const all = toTensor(DenseMatrix.fromRows(roots));
    const features = toTensor(geneFeatures);
    const genes = this.inputsOf(Int32Array.of(0), undefined).second?.genes;
    const secondGenes = genes && toTensor(genes);
    const column = (of: ArrayLike<number>, rows: Int32Array): tf.Tensor2D =>
      tf.tensor2d(
        Float32Array.from(rows, (row) => of[row]!),
        [rows.length, 1],
      );
    return {
      of: (weights, rows) => {
        const heard = gatherRows(
          all,
          rows.map((row) => rootOf[row]!),
        ); // [n, nGenes]
        const first = nLayers === 1 ? heard : tf.tensor2d(ofGraph, [1, ofGraph.length]);
        const factors = tf.add(first, column(shares, rows));
        const messages = tf.matMul<tf.Tensor2D>(tf.mul(weights, factors), features);
        const scales = column(scale, rows);
        const h = this.first.apply(tf.mul(messages, scales));
        if (this.second === undefined || secondGenes === undefined) return this.project(h, false);
        const fromGenes = tf.matMul(tf.mul(weights, heard), this.first.apply(secondGenes));
        const next = this.second.apply(tf.mul(tf.add(fromGenes, h), scales));
        return this.project(next, false);
      },
      dispose: () => {
        tf.dispose([all, features, secondGenes ?? []]);
      },
    };
  }

  private encode(inputs: BatchInputs, rng: Rng | undefined): tf.Tensor2D {
    const { dropout: rate } = this.params;
    const drop = (x: tf.Tensor2D, name: string): tf.Tensor2D =>
      rng ? dropout(x, rate, rng.fork(name)) : x;
    let h = this.first.apply(toTensor(inputs.cells)); // [batch, hiddenDim]
    if (this.second && inputs.second) {
      const { genes, edges, scale } = inputs.second;
      const fromGenes = drop(this.first.apply(toTensor(genes)), 'hidden-genes');
      const messages = tf.add(spmm(edges, fromGenes), drop(h, 'hidden-cells'));
      h = this.second.apply(tf.mul(messages, tf.tensor2d(scale, [scale.length, 1])));
    }
    return this.project(h, rng !== undefined);
  }

  /** The linear layers, [n, hiddenDim] -\> [n, latentDim]. */
  private project(hidden: tf.Tensor2D, training: boolean): tf.Tensor2D {
    return this.encoder.reduce((h, layer) => layer(h, training), hidden);
  }

  private addLinear(nIn: number, nOut: number, name: string, rng: Rng): void {
    const linear = new Linear(this.parameters, name, nIn, nOut, rng);
    this.encoder.push((x) => linear.apply(x));
    if (this.params.hiddenBn) {
      const norm = new BatchNorm(this.parameters, `${name}/norm`, nOut);
      this.encoder.push((x, training) => norm.apply(x, training));
    }
    if (this.params.hiddenRelu) this.encoder.push((x) => tf.relu(x));
  }
}

/** 1 / sqrt(max(1, degree)) */
function inverseRoots(degrees: Float64Array): Float32Array {
  return Float32Array.from(degrees, (degree) => 1 / Math.sqrt(Math.max(1, degree)));
}
