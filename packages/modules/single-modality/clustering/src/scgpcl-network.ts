import { DataError, DenseMatrix, Pacer, toCsr, type AnnData, type CsrMatrix } from '@dance-ts/core';
import type { Rng, RunContext } from '@dance-ts/core';
import { kMeans, type KMeansResult } from '@dance-ts/ml';
import {
  BatchBuffer,
  BipartiteSampler,
  CountHeads,
  decKl,
  gatherRows,
  HeteroSage,
  Linear,
  logSoftAssign,
  meanCountNll,
  meanSquaredError,
  Mlp,
  ntXent,
  ParameterSet,
  prototypicalLoss,
  rowNormalized,
  SparseOperand,
  type BipartiteFeatures,
  type BipartiteGraph,
  type Features,
  type Optimizer,
  type Parameter,
  type Prototypes,
  type SparseFeatures,
} from '@dance-ts/nn';
import * as tf from '@tensorflow/tfjs';
import type { SoftAssignment } from './cluster-training.js';
import { readCountInput } from './count-input.js';

/** The cell-gene graph and what is known of its cells. */
export interface ContrastiveInput {
  /** Log expression divided by the deviation of each gene, not centered, [nCells, nGenes]. */
  readonly x: CsrMatrix;
  /** What centering subtracts from x, [nGenes]. */
  readonly shift: Float32Array;
  /** [nCells, nGenes] */
  readonly counts: CsrMatrix;
  /** [nCells] */
  readonly sizeFactors: Float32Array;
}

/** Parameters of {@link ContrastiveNetwork}. */
export interface ContrastiveNetworkParams {
  readonly layers: readonly number[];
  readonly geneDim: number;
  readonly tau: number;
  readonly alpha: number;
  readonly recon: 'zinb' | 'mse';
  readonly maskP1: number;
  readonly maskP2: number;
  readonly numSamples: readonly number[];
}

/** Options of {@link ContrastiveNetwork.contrastStep}. */
export interface ContrastOptions {
  readonly lam1: number;
  readonly lam2: number;
  /** Restarts of k-means. */
  readonly nInit: number;
  /** Numbers of prototypes of each clustering; none: no prototypical loss. */
  readonly nPrototypes: readonly number[];
  readonly rng: Rng;
  readonly signal: AbortSignal | undefined;
}

/** Options of {@link ContrastiveNetwork.clusterStep}. */
export interface ClusterStepOptions {
  /** p of the cells of the batch, [batch, K]. */
  readonly target: DenseMatrix;
  readonly lam3: number;
  readonly rng: Rng;
}

/** Sampled neighbors of a batch, with masked features. */
interface View {
  readonly graph: BipartiteGraph;
  /** Standardized expression, [cells, nGenes], without the mask. */
  readonly cells: SparseFeatures;
  readonly genes: Int32Array;
  /** 1 for the features of cells that are left, [nGenes]. */
  readonly cellFactors: tf.Tensor1D;
  /** 1 for the features of genes that are left, [geneDim]. */
  readonly geneFactors: tf.Tensor1D;
  readonly nSeeds: number;
}

/** What a batch is to be reconstructed to. */
interface Target {
  readonly values: tf.Tensor2D; // [batch, nGenes]
  readonly sizeFactors: tf.Tensor1D; // [batch]
}

/**
 * What scGPCL reads from data its pipeline prepared.
 *
 * @throws DataError if the data were not prepared
 */
export function readContrastiveInput(data: AnnData): ContrastiveInput {
  const { x, counts, sizeFactors } = readCountInput(data);
  const numbers = (name: string): Float64Array => {
    const column = data.var.has(name) ? data.var.get(name) : undefined;
    if (column?.kind === 'numeric') return Float64Array.from(column.values);
    throw new DataError(`ScGPCL: the data have no numbers in var["${name}"]`, {
      remedy: 'Run the preprocess method of the model, or Scale with zeroCenter: false.',
    });
  };
  const deviations = numbers('std');
  const shift = Float32Array.from(numbers('mean'), (mean, g) => mean / deviations[g]!);
  return { x: toCsr(x), shift, counts, sizeFactors };
}

/**
 * Numbers of prototypes of the clusterings: multiples of the number of clusters, rounded down (the
 * last up), each larger than the one before.
 */
export function prototypeCounts(nClusters: number, granularity: readonly number[]): number[] {
  const counts: number[] = [];
  granularity.forEach((multiple, t) => {
    const isLast = t === granularity.length - 1;
    const rounded = isLast ? Math.ceil(multiple * nClusters) : Math.floor(multiple * nClusters);
    counts.push(Math.max((counts.at(-1) ?? 0) + 1, rounded));
  });
  return counts;
}

/** Network of scGPCL: graph layers as encoder, a decoder of counts, and the centers of clusters. */
export class ContrastiveNetwork {
  readonly parameters = new ParameterSet();
  readonly nCells: number;
  readonly latentDim: number;
  private readonly geneFeatures: Parameter; // [nGenes, geneDim]
  private readonly encoder: readonly HeteroSage[];
  private readonly decoder: Mlp;
  private readonly heads: CountHeads | Linear;
  private centers: Parameter | undefined; // [K, latentDim]
  private readonly sampler: BipartiteSampler;
  private readonly wholeGraph: BipartiteGraph;
  private readonly targets: BatchBuffer;
  private readonly shift: tf.Tensor1D; // [nGenes]

  constructor(
    private readonly params: ContrastiveNetworkParams,
    private readonly input: ContrastiveInput,
    rng: Rng,
  ) {
    const { layers, geneDim, recon, numSamples } = params;
    const { x, counts } = input;
    const { parameters } = this;
    const stream = rng.fork('init');
    const normal = stream.fork('genes');
    this.nCells = x.nRows;
    this.latentDim = layers[layers.length - 1]!;
    const initial = Float32Array.from({ length: x.nCols * geneDim }, () => normal.normal());
    this.geneFeatures = parameters.add('genes', [x.nCols, geneDim], initial);
    this.encoder = layers.map((nOut, i) => {
      const [nCellFeatures, nGeneFeatures] =
        i === 0 ? [x.nCols, geneDim] : [layers[i - 1]!, layers[i - 1]!];
      const options = { nCellFeatures, nGeneFeatures, nOut, rng: stream };
      return new HeteroSage(parameters, `encoder/${i}`, options);
    });
    const widths = layers.toReversed();
    this.decoder = new Mlp(parameters, 'decoder', widths, stream, { batchNorm: true });
    const Head = recon === 'zinb' ? CountHeads : Linear;
    this.heads = new Head(parameters, 'heads', layers[0]!, x.nCols, stream);
    const edges = counts.mapData((count) => (count > 0 ? 1 : 0));
    const toGenes = edges.transpose();
    this.sampler = new BipartiteSampler(edges, numSamples, toGenes);
    this.wholeGraph = { toCells: rowNormalized(edges), toGenes: rowNormalized(toGenes) };
    this.targets = new BatchBuffer(recon === 'zinb' ? counts : x);
    this.shift = tf.tensor1d(input.shift);
  }

  /** Adds the centers of the clusters, [K, latentDim], to the parameters. */
  addCenters({ shape, data }: DenseMatrix): void {
    this.centers = this.parameters.add('centers', shape, data);
  }

  /** Frees all tensors. */
  dispose(): void {
    this.parameters.dispose();
    this.targets.dispose();
    this.shift.dispose();
  }

  /** Embedding of all cells on the whole graph, without masks, [nCells, latentDim]. */
  async embedAll({ signal }: Pick<RunContext, 'signal'>): Promise<DenseMatrix> {
    const pacer = new Pacer(signal);
    const graph = this.wholeGraph;
    let features: BipartiteFeatures<Features> = {
      cells: { values: new SparseOperand(this.input.x), shift: this.shift },
      genes: tf.clone(this.geneFeatures.variable) as tf.Tensor2D,
    };
    const made: tf.Tensor[] = [features.genes];
    try {
      for (const [i, layer] of this.encoder.entries()) {
        const isLast = i === this.encoder.length - 1;
        await pacer.tick();
        const cells = layer.applyToCells(graph, features, false);
        made.push(cells);
        await pacer.tick();
        const genes = isLast ? features.genes : layer.applyToGenes(graph, features, false);
        made.push(genes);
        features = { cells, genes };
      }
      const latent = await (features.cells as tf.Tensor2D).data<'float32'>();
      return new DenseMatrix(this.nCells, this.latentDim, Float32Array.from(latent));
    } finally {
      tf.dispose(made);
    }
  }

  /** All cells: embedding and ln q. */
  async assign(context: Pick<RunContext, 'signal'>): Promise<SoftAssignment> {
    const latent = await this.embedAll(context);
    const logQ = tf.tidy(() => this.logQ(tf.tensor2d(latent.data, [...latent.shape])));
    const values = Float32Array.from(await logQ.data<'float32'>());
    const nClusters = logQ.shape[1];
    logQ.dispose();
    return { latent, logQ: new DenseMatrix(this.nCells, nClusters, values) };
  }

  /**
   * q of each cluster for other expression of all cells, on the whole graph, [nCells, K].
   *
   * @param x - not centered, [nCells, nGenes]
   */
  probabilities(x: tf.Tensor2D): tf.Tensor2D {
    const genes = this.geneFeatures.variable as tf.Tensor as tf.Tensor2D;
    let features: BipartiteFeatures = { cells: tf.sub(x, this.shift), genes };
    for (const layer of this.encoder) features = layer.apply(this.wholeGraph, features, false);
    return tf.exp(this.logQ(features.cells));
  }

  /** One step of contrastive pre-training; returns the terms of the loss. */
  async contrastStep(
    batch: Int32Array,
    optimizer: Optimizer,
    options: ContrastOptions,
  ): Promise<Record<string, number>> {
    const { maskP1, maskP2, tau: temperature } = this.params;
    const views = [maskP1, maskP2].map((p, k) =>
      this.viewOf(batch, p, options.rng.fork(`view-${k + 1}`)),
    ) as [View, View];
    const target = this.targetOf(batch);
    let prototypes: Prototypes[] = [];
    try {
      if (options.nPrototypes.length > 0) prototypes = await this.prototypesOf(views[1], options);
      const { loss, ...terms } = await optimizer.minimizeTerms(() => {
        const [first, second] = views.map((view) => this.encode(view)) as [
          tf.Tensor2D,
          tf.Tensor2D,
        ];
        const both = tf.add(
          this.reconstruction(first, target),
          this.reconstruction(second, target),
        );
        const reconstruction = tf.mul<tf.Scalar>(both, 0.5);
        const instance = ntXent(first, second, { temperature }) as tf.Scalar;
        const sum = tf.add<tf.Scalar>(reconstruction, tf.mul(instance, options.lam1));
        if (prototypes.length === 0) return { loss: sum, reconstruction, instance };
        const prototype = prototypicalLoss(first, prototypes, { temperature }) as tf.Scalar;
        const loss = tf.add<tf.Scalar>(sum, tf.mul(prototype, options.lam2));
        return { loss, reconstruction, instance, prototype };
      });
      return { pretrainLoss: loss, ...terms };
    } finally {
      for (const { cellFactors, geneFactors } of views) tf.dispose([cellFactors, geneFactors]);
      tf.dispose([target.sizeFactors, ...prototypes.map(({ centers }) => centers)]);
    }
  }

  /** One step of the clustering phase; returns the terms of the loss. */
  async clusterStep(
    batch: Int32Array,
    optimizer: Optimizer,
    { target: p, lam3, rng }: ClusterStepOptions,
  ): Promise<Record<string, number>> {
    const view = this.viewOf(batch, this.params.maskP1, rng.fork('view-1'));
    const target = this.targetOf(batch);
    const goal = tf.tensor2d(p.data, [...p.shape]);
    try {
      return await optimizer.minimizeTerms(() => {
        const h = this.encode(view);
        const likelihood = this.reconstruction(h, target);
        const clustering = decKl(goal, this.logQ(h)) as tf.Scalar;
        return { loss: tf.add(likelihood, tf.mul(clustering, lam3)), likelihood, clustering };
      });
    } finally {
      tf.dispose([view.cellFactors, view.geneFactors, target.sizeFactors, goal]);
    }
  }

  /** K-means of the embeddings of a view, one for each number of prototypes. */
  private async prototypesOf(
    view: View,
    { rng, nInit, signal, nPrototypes }: ContrastOptions,
  ): Promise<Prototypes[]> {
    const h = tf.tidy(() => this.encode(view, false));
    const latent = new DenseMatrix(view.nSeeds, this.latentDim, await h.data<'float32'>());
    h.dispose();
    const clusterings: KMeansResult[] = [];
    for (const [t, count] of nPrototypes.entries()) {
      const options = { nInit, signal, rng: rng.fork(`prototypes-${t}`) };
      const k = Math.min(count, view.nSeeds);
      clusterings.push(await kMeans(latent, { ...options, nClusters: k }));
    }
    // Tensors are made when nothing can be aborted any more.
    return clusterings.map(({ centers: { data, shape }, labels: assignments }) => ({
      centers: tf.tensor2d(data, [...shape]),
      assignments,
    }));
  }

  /** Samples around a batch and masks features. */
  private viewOf(batch: Int32Array, maskP: number, rng: Rng): View {
    const { cells, genes, edges } = this.sampler.sample(batch, rng.fork('nodes'));
    const mask = (size: number, stream: Rng): tf.Tensor1D =>
      tf.tensor1d(Float32Array.from({ length: size }, () => (stream.uniform() < maskP ? 0 : 1)));
    return {
      graph: { toCells: rowNormalized(edges), toGenes: rowNormalized(edges.transpose()) },
      cells: {
        values: new SparseOperand(this.input.x.selectRows(cells)),
        shift: this.shift,
      },
      genes,
      cellFactors: mask(this.input.x.nCols, rng.fork('cell-mask')),
      geneFactors: mask(this.params.geneDim, rng.fork('gene-mask')),
      nSeeds: batch.length,
    };
  }

  private targetOf(batch: Int32Array): Target {
    const sizes = Float32Array.from(batch, (cell) => this.input.sizeFactors[cell]!);
    return { values: this.targets.take(batch), sizeFactors: tf.tensor1d(sizes) };
  }

  /**
   * Embedding of the seeds of a view in training mode, [nSeeds, latentDim]; unless `track` is
   * false, the running statistics follow.
   */
  private encode(view: View, track = true): tf.Tensor2D {
    const all = this.geneFeatures.variable as tf.Tensor as tf.Tensor2D;
    let features: BipartiteFeatures<Features> = {
      cells: { ...view.cells, factors: view.cellFactors },
      genes: tf.mul(gatherRows(all, view.genes), view.geneFactors),
    };
    const last = this.encoder.length - 1;
    for (const layer of this.encoder.slice(0, last)) {
      features = layer.apply(view.graph, features, true, track);
    }
    const h = this.encoder[last]!.applyToCells(view.graph, features, true, track);
    return tf.slice(h, [0, 0], [view.nSeeds, this.latentDim]);
  }

  private reconstruction(h: tf.Tensor2D, { values, sizeFactors }: Target): tf.Scalar {
    const decoded = this.decoder.apply(h, { training: true });
    if (this.heads instanceof Linear) {
      return meanSquaredError(this.heads.apply(decoded), tf.sub(values, this.shift));
    }
    const logits = this.heads.apply(decoded);
    return meanCountNll({ counts: values, ...logits, sizeFactors }, { activate: true });
  }

  private logQ(h: tf.Tensor2D): tf.Tensor2D {
    if (this.centers === undefined) throw new DataError('ScGPCL: there are no centers yet');
    const centers = this.centers.variable as tf.Tensor as tf.Tensor2D;
    return logSoftAssign(h, centers, { alpha: this.params.alpha });
  }
}
