import {
  CsrMatrix,
  defineParams,
  DenseMatrix,
  loadModelBundle,
  parseParams,
  type AnnData,
  type ArtifactStore,
  type FitContext,
  type ModelSpec,
  type ParamInput,
  type ParamValues,
  type SavedTensor,
} from '@dance-ts/core';
import { topologicalFilter } from '@dance-ts/ml';
import {
  Adam,
  decKl,
  DEVICES,
  pseudoLabelKl,
  selectBackend,
  type ScoreNetwork,
} from '@dance-ts/nn';
import {
  CellPca,
  Compose,
  FilterCellsScanpy,
  FilterGenesScanpy,
  HighlyVariableGenes,
  Log1P,
  NeighborGraph,
  NormalizeTotal,
  readNeighborGraph,
  SaveRaw,
  Scale,
  SetConfig,
} from '@dance-ts/transforms';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import {
  clusterFitParams,
  hardLabels,
  probabilitiesOf,
  trainClusters,
  type ClusterPass,
  type SoftAssignment,
  type Target,
} from './cluster-training.js';
import type { Clustering, SoftClustering } from './clustering-model.js';
import { readCountInput } from './count-input.js';
import { correctedGraph } from './graph-correction.js';
import { nClustersParam } from './initial-clusters.js';
import { PretrainedClusteringModel, pretrainFitParams } from './pretraining.js';
import {
  cellGraph,
  TagAutoencoder,
  tagAutoencoderParams,
  tagScores,
  type CellGraph,
} from './tag-autoencoder.js';
import {
  centerInitParam,
  firstCenters,
  graphHash,
  interruptedCenters,
  pretrainTag,
  reconstructionFitParams,
  reconstructionLoss,
  tagClusteringParams,
} from './tag-training.js';
import { diagnosticsFitParams, recordDiagnostics, trueTarget } from './training-diagnostics.js';
import type { PhaseTensors } from './training-phase.js';

const params = defineParams({
  nClusters: nClustersParam,
  ...tagAutoencoderParams,
  centerInit: centerInitParam.default('spectral'),
  trainableCenters: z
    .boolean()
    .default(true)
    .describe('Whether the clustering loss moves the centers, too'),
  seed: z.int().min(0).default(0).describe('Seed of every random stream'),
  device: z.enum(DEVICES).default('auto').describe('Where tensors are computed'),
});

const fitParams = defineParams({
  epochs: z.int().min(0).default(500).describe('Most clustering epochs'),
  pretrainEpochs: z.int().min(0).default(300).describe('Epochs without clustering before'),
  pretrainLr: z.number().positive().default(5e-4).describe('Learning rate of pre-training (Adam)'),
  lr: z.number().positive().default(5e-4).describe('Learning rate of clustering (Adam)'),
  beta1: z.number().min(0).max(0.999).default(0.95).describe('Decay of the first moment, same'),
  ...reconstructionFitParams,
  wC: z.number().min(0).default(1.5).describe('Weight of the clustering loss'),
  pseudoLoss: z
    .enum(['kl', 'cross_entropy'])
    .default('kl')
    .describe('KL(q || pseudo-label) floored at 1e-7, as published, or cross-entropy'),
  epsilon: z
    .number()
    .min(0)
    .max(0.999)
    .default(0.7)
    .describe('Margin between the two largest q above which a cell is confident'),
  kCc: z.int().min(1).default(2).describe('Neighbors in the graph of connected components'),
  zeta: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('Share of the voting neighbors that must agree; 0: no vote'),
  kOutlier: z.int().min(1).default(60).describe('Neighbors that vote'),
  correctGraph: z.boolean().default(true).describe('Link reliable cells to representatives'),
  stopFraction: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe('Stop at the next update once more of the cells are reliable; 1: never'),
  ...pretrainFitParams,
  ...clusterFitParams,
  ...diagnosticsFitParams,
  updateInterval: clusterFitParams.updateInterval.default(8),
  tol: clusterFitParams.tol.default(0),
});

const preprocessParams = defineParams({
  minCellFraction: z
    .number()
    .min(0)
    .max(0.99)
    .default(0.01)
    .describe('Smallest share of the cells that express a gene'),
  nTopGenes: z.int().min(1).default(1500).describe('Highly variable genes (seurat flavor)'),
  nComponents: z.int().min(1).default(50).describe('Principal components the graph is built in'),
  nNeighbors: z.int().min(2).default(15).describe('Neighbors of a cell, itself counted'),
});

/** Constructor parameters of {@link ScTPF}. */
export type ScTPFParams = ParamInput<typeof params>;
/** Parameters of {@link ScTPF.fit}. */
export type ScTPFFitParams = ParamInput<typeof fitParams>;
/** Parameters of {@link ScTPF.preprocessing}. */
export type ScTPFPreprocessParams = ParamInput<typeof preprocessParams>;

type FitValues = ParamValues<typeof fitParams>;

/**
 * scTPF: the graph autoencoder of scTAG, whose clusters are learned from reliable cells only, on a
 * graph that is gradually turned into a clustering graph.
 *
 * After pre-training with wA MSE(A^, A) + wX ZINB the centers are the means of a spectral clustering
 * of the graph. Every `updateInterval` epochs the cells are soft-assigned (Student t) and filtered:
 * by the margin of q, by the largest connected component of each cluster, by a vote of neighbors.
 * The loss has wC KL(q || p), where p is one-hot for reliable cells, and for the others the q of that
 * update, which holds them where they are until the next. The graph that encoder and decoder use is
 * the original one with links from reliable cells to the representatives of their clusters. Training
 * stops at the update after the one that found most cells reliable, as the paper's Algorithm 1 does,
 * or after `epochs`.
 *
 * History: `reliable`, the share of reliable cells at each update.
 *
 * Memory: about 20 x cells x genes x 4 bytes, as all cells train at once; time of the graph decoder
 * grows with cells^2, its memory does not.
 *
 * Departures from the authors' code: the likelihood is of counts with size factors, not of scaled
 * values; centers are trained as in the paper's Algorithm 1 (`trainableCenters: false` undoes it);
 * hops are powers of the graph (`hops: 'repeat'`); training may stop early (`stopFraction: 1`);
 * final clusters are those on the original graph; weights start as PyTorch's and DGL's do; their
 * best epoch by the true labels is `modelSelection: 'ari'`.
 *
 * Source: Mrabah, Amar, Bouguessa & Diallo, Exploring the Interaction between Local and Global
 * Latent Configurations for Clustering Single-Cell RNA-Seq: A Unified Perspective, AAAI 37(8), 2023.
 */
export class ScTPF extends PretrainedClusteringModel<
  typeof params,
  typeof fitParams,
  typeof preprocessParams
> {
  static readonly spec: ModelSpec<typeof params, typeof fitParams, typeof preprocessParams> = {
    id: 'sctpf',
    name: 'ScTPF',
    task: 'clustering',
    inference: 'transductive',
    backbone: 'GNN',
    paper: {
      authors: 'Mrabah, Amar, Bouguessa & Diallo',
      title:
        'Exploring the Interaction between Local and Global Latent Configurations for Clustering ' +
        'Single-Cell RNA-Seq: A Unified Perspective',
      venue: 'AAAI 37(8):9235-9242',
      year: 2023,
      doi: '10.1609/aaai.v37i8.26107',
    },
    params,
    fitParams,
    preprocessParams,
  };

  protected override readonly clusteringParams = tagClusteringParams;

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ScTPFParams) {
    super(ScTPF.spec, input);
  }

  /** A saved model, ready to predict for the cells it was trained on. */
  static async load(store: ArtifactStore): Promise<ScTPF> {
    const saved = await loadModelBundle(store, ScTPF.spec);
    return new ScTPF(saved.params).restore(saved.bundle);
  }

  /** The authors' pipeline: filters, counts kept, log expression, variable genes, cell graph. */
  static preprocessing(options?: ScTPFPreprocessParams): Compose {
    return pipeline(parseParams(preprocessParams, options, 'ScTPF.preprocessing'));
  }

  protected override pipeline(values: ParamValues<typeof preprocessParams>): Compose {
    return pipeline(values);
  }

  protected override async cluster(
    data: AnnData,
    values: FitValues,
    context: FitContext,
  ): Promise<SoftClustering> {
    const input = readCountInput(data);
    const graph = cellGraph(readNeighborGraph(data));
    await selectBackend(this.params.device, { reporter: context.reporter });
    const network = new TagAutoencoder(input, { ...this.params, dropout: 0, rng: context.rng });
    try {
      const centers =
        (await interruptedCenters(context)) ??
        (await this.begin(network, graph, data, values, context));
      network.addCenters(centers, this.params.trainableCenters);
      const { latent, logQ } = await this.trainReliable(network, graph, data, values, context);
      return {
        labels: hardLabels(logQ),
        probabilities: probabilitiesOf(logQ),
        latent,
        weights: await network.parameters.capture('network/'),
      };
    } finally {
      network.dispose();
    }
  }

  protected override scoreNetwork(data: AnnData, { weights }: Clustering): ScoreNetwork {
    return tagScores(this.params, data, weights);
  }

  /** Pre-trains and finds the first centers. */
  private async begin(
    network: TagAutoencoder,
    graph: CellGraph,
    data: AnnData,
    values: FitValues,
    context: FitContext,
  ): Promise<DenseMatrix> {
    const { parameters } = network;
    const { pretrainEpochs: epochs, pretrainLr, wA, wX, forcePretrain } = values;
    const { history } = this;
    const { matrix } = graph.adjacency;
    const train = (): Promise<void> => {
      const optimizer = new Adam(parameters.trainable(), { learningRate: pretrainLr });
      const options = { owner: this.spec.name, network, graph, optimizer, epochs, history };
      return pretrainTag({ ...options, weights: values }, context);
    };
    const settings = { epochs, pretrainLr, wA, wX, graph: await graphHash(matrix) };
    await this.pretrained({ parameters, data, settings, forcePretrain, train }, context);
    return firstCenters(await network.embed(graph), matrix, this.params, context);
  }

  private async trainReliable(
    network: TagAutoencoder,
    graph: CellGraph,
    data: AnnData,
    values: FitValues,
    context: FitContext,
  ): Promise<SoftAssignment> {
    const { parameters } = network;
    const { history } = this;
    const betas = [values.beta1, 0.999] as const;
    const optimizer = new Adam(parameters.trainable(), { learningRate: values.lr, betas });
    const phase = new ReliablePhase(network, graph, data, values, history, context);
    try {
      return await trainClusters(
        {
          ...{ owner: this.spec.name, values, parameters, optimizer, data, history, extra: phase },
          assign: () => network.assign(graph),
          target: (assignment) => phase.update(assignment),
          pass: (input) => optimizer.minimizeTerms(() => phase.losses(input)),
        },
        context,
      );
    } finally {
      optimizer.dispose();
    }
  }
}

/** Clustering by reliable cells: pseudo-labels, and the graph corrected by them. */
class ReliablePhase {
  private graph: CellGraph;

  constructor(
    private readonly network: TagAutoencoder,
    private readonly original: CellGraph,
    private readonly data: AnnData,
    private readonly values: FitValues,
    private readonly history: Record<string, number[]>,
    private readonly context: FitContext,
  ) {
    this.graph = original;
  }

  /**
   * Filters the cells by their assignment on the graph that is trained on, and corrects the original
   * graph by that on the original: one-hot rows for the reliable cells, what they are assigned for
   * the others.
   */
  async update(onOriginal: SoftAssignment): Promise<Target> {
    const { epsilon, kCc: k, zeta, kOutlier, stopFraction, diagnostics } = this.values;
    const { signal } = this.context;
    const shares = (this.history['reliable'] ??= []);
    if ((shares.at(-1) ?? 0) > stopFraction) return 'stop';
    const isCorrected = this.graph !== this.original;
    const assignment = isCorrected ? await this.network.assign(this.graph) : onOriginal;
    const target = probabilitiesOf(assignment.logQ);
    const options = { epsilon, k, zeta, kOutlier, signal };
    const { reliable } = await topologicalFilter(assignment.latent, target, options);
    shares.push(reliable.length / target.nRows);
    const labels = hardLabels(target);
    for (const cell of reliable) target.row(cell).fill(0)[labels[cell]!] = 1;
    if (this.values.correctGraph) {
      const { latent, logQ } = onOriginal;
      const centers = await this.network.readCenters();
      const correction = { latent, labels: hardLabels(logQ), reliable, centers };
      this.graph = cellGraph(correctedGraph(this.original.adjacency.matrix, correction));
    }
    if (diagnostics) await this.diagnose(target, assignment);
    return target;
  }

  /** Loss terms of a training pass. */
  losses({ target }: ClusterPass): Record<'loss' | 'adjacency' | 'zinb' | 'pseudo', tf.Scalar> {
    const { latent, adjacency, zinb } = this.network.forward(this.graph);
    const pseudo = this.pseudoLoss(target.data, latent);
    const reconstruction = reconstructionLoss({ adjacency, zinb }, this.values);
    const loss = tf.add<tf.Scalar>(reconstruction, tf.mul(pseudo, this.values.wC));
    return { loss, adjacency, zinb, pseudo };
  }

  /** The corrected graph, for checkpoints. */
  capture(): PhaseTensors {
    const { indptr, indices, data } = this.graph.adjacency.matrix;
    const part = (name: string, values: SavedTensor['data']): [string, SavedTensor] => [
      `graph/${name}`,
      { shape: [values.length], data: values },
    ];
    return [part('indptr', indptr), part('indices', indices), part('data', data)];
  }

  /** Takes the graph of a checkpoint. */
  restore(tensors: ReadonlyMap<string, SavedTensor>): void {
    const [indptr, indices, data] = ['indptr', 'indices', 'data'].map(
      (name) => tensors.get(`graph/${name}`)?.data,
    );
    const isGraph =
      indptr instanceof Int32Array && indices instanceof Int32Array && data instanceof Float32Array;
    if (!isGraph) return;
    const n = this.network.nCells;
    this.graph = cellGraph(new CsrMatrix(n, n, indptr, indices, data));
  }

  /** Mean over all cells; those without a target (rows of 0) count 0. */
  private pseudoLoss(target: Float32Array, latent: tf.Tensor2D): tf.Scalar {
    const logQ = this.network.logAssignment(latent);
    const p = tf.tensor2d(target, logQ.shape);
    if (this.values.pseudoLoss === 'cross_entropy') return decKl(p, logQ).asScalar();
    const perCell = pseudoLabelKl(logQ, p, { reduction: 'none' });
    return tf.mean(tf.mul(perCell, tf.sum(p, 1)));
  }

  private async diagnose(target: DenseMatrix, { logQ }: SoftAssignment): Promise<void> {
    const ofTarget = (p: Float32Array) => (): tf.Scalar =>
      this.pseudoLoss(p, this.network.forward(this.graph).latent);
    const known = trueTarget(this.data, logQ, this.values.truth);
    await recordDiagnostics(
      this.network.parameters,
      {
        pseudoSupervised: ofTarget(target.data),
        selfSupervised: () => reconstructionLoss(this.network.forward(this.graph), this.values),
        ...(known && { supervised: ofTarget(known) }),
      },
      this.history,
    );
  }
}

function pipeline(values: ParamValues<typeof preprocessParams>): Compose {
  const { minCellFraction, nTopGenes, nComponents, nNeighbors } = values;
  return new Compose([
    new FilterGenesScanpy({ minCounts: 1, minCells: minCellFraction }),
    new FilterCellsScanpy({ minCounts: 1 }),
    new SaveRaw(),
    new NormalizeTotal(),
    new Log1P(),
    new HighlyVariableGenes({ flavor: 'seurat', nTopGenes, subset: true }),
    new Scale(),
    new CellPca({ nComponents }),
    new NeighborGraph({ nNeighbors, method: 'knn' }),
    new SetConfig({
      feature: [
        { slot: 'X' },
        { slot: 'layers', key: 'counts' },
        { slot: 'obsp', key: 'NeighborGraph' },
      ],
    }),
  ]);
}
