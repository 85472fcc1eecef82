import {
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
} from '@dance-ts/core';
import {
  Adam,
  decKl,
  DEVICES,
  pairDistanceLoss,
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
  decTarget,
  hardLabels,
  probabilitiesOf,
  trainClusters,
  type SoftAssignment,
} from './cluster-training.js';
import type { Clustering, SoftClustering } from './clustering-model.js';
import { readCountInput } from './count-input.js';
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

const params = defineParams({
  nClusters: nClustersParam,
  ...tagAutoencoderParams,
  dropout: z.number().min(0).max(0.95).default(0.2).describe('Dropout rate of the input'),
  centerInit: centerInitParam.default('kmeans'),
  trainableCenters: z
    .boolean()
    .default(true)
    .describe('Whether the clustering loss moves the centers, too'),
  seed: z.int().min(0).default(0).describe('Seed of every random stream'),
  device: z.enum(DEVICES).default('auto').describe('Where tensors are computed'),
});

const fitParams = defineParams({
  epochs: z.int().min(0).default(300).describe('Clustering epochs; 0 clusters the pre-trained'),
  pretrainEpochs: z.int().min(0).default(200).describe('Epochs without clustering before'),
  lr: z.number().positive().default(5e-4).describe('Learning rate of Adam (AMSGrad), both phases'),
  ...reconstructionFitParams,
  wC: z.number().min(0).default(1.5).describe('Weight of the clustering loss'),
  wD: z.number().min(0).default(0).describe('Weight of the distance penalty of pre-training'),
  minDist: z.number().default(0.5).describe('Distances of cells below cost exponentially more'),
  maxDist: z.number().default(20).describe('Distances of cells above cost exponentially more'),
  klDirection: z
    .enum(['pq', 'qp'])
    .default('pq')
    .describe('KL(p || q) of the target p, or KL(q || p) as in the published code'),
  ...pretrainFitParams,
  ...clusterFitParams,
  ...diagnosticsFitParams,
  updateInterval: clusterFitParams.updateInterval.default(8),
  tol: clusterFitParams.tol.default(0),
});

const preprocessParams = defineParams({
  nTopGenes: z.int().min(1).default(3000).describe('Highly variable genes (cell_ranger flavor)'),
  nComponents: z.int().min(1).default(50).describe('Principal components the graph is built in'),
  nNeighbors: z.int().min(2).default(15).describe('Neighbors of a cell, itself counted'),
  graph: z
    .enum(['umap', 'knn'])
    .default('umap')
    .describe("UMAP's weights, or 1 for each neighbor as in the published code"),
});

/** Constructor parameters of {@link ScTAG}. */
export type ScTAGParams = ParamInput<typeof params>;
/** Parameters of {@link ScTAG.fit}. */
export type ScTAGFitParams = ParamInput<typeof fitParams>;
/** Parameters of {@link ScTAG.preprocessing}. */
export type ScTAGPreprocessParams = ParamInput<typeof preprocessParams>;

/**
 * scTAG: clusters cells by a graph autoencoder of their counts and of their neighbor graph.
 *
 * Two topology adaptive graph convolutions [X, A~ X, ..., A~^k X] W + b with A~ = D^-1/2 A D^-1/2
 * give the embedding Z; a zero-inflated negative binomial decodes the counts, sigmoid(Y B Y^T) with
 * Y = Z W + b the graph A. After pre-training with wA MSE(A^, A) + wX ZINB, k-means centers are
 * added and wC KL(p || q) joins the loss, where q is the Student t assignment to the centers and p
 * its sharpened target, renewed every `updateInterval` epochs.
 *
 * Memory: about 20 x cells x genes x 4 bytes, as all cells train at once; time of the graph decoder
 * grows with cells^2, its memory does not.
 *
 * Departures from DANCE's code: its clustering loss compares labels and has no gradient (use wC 0
 * for that), the paper's is trained here; the graph is normalized once and used with its weights
 * everywhere, not twice in training and without weights for the centers; ReLU after the first
 * convolution as in the paper; the graph decoder is 32 wide and bilinear as the authors', not as
 * wide as there are cells; the likelihood is of counts with size factors, not of log values.
 * Departures from the authors' code: hops are powers of the graph (`hops: 'repeat'` undoes it);
 * KL(p || q) instead of KL(q || p) (`klDirection`); trained centers (`trainableCenters`) that
 * k-means finds, not spectral clustering (`centerInit`); UMAP weights as in DANCE (`graph`);
 * dropout of the input acts; weights start as PyTorch's and DGL's do. DANCE picks the epoch by the
 * true labels (`modelSelection: 'ari'`); here the last one is kept.
 *
 * Source: Yu et al., ZINB-Based Graph Embedding Autoencoder for Single-Cell RNA-Seq
 * Interpretations, AAAI 36(4), 2022.
 */
export class ScTAG extends PretrainedClusteringModel<
  typeof params,
  typeof fitParams,
  typeof preprocessParams
> {
  static readonly spec: ModelSpec<typeof params, typeof fitParams, typeof preprocessParams> = {
    id: 'sctag',
    name: 'ScTAG',
    task: 'clustering',
    inference: 'transductive',
    backbone: 'GNN',
    paper: {
      authors: 'Yu, Lu, Wang, Tang, Wong & Li',
      title: 'ZINB-Based Graph Embedding Autoencoder for Single-Cell RNA-Seq Interpretations',
      venue: 'AAAI 36(4):4671-4679',
      year: 2022,
      doi: '10.1609/aaai.v36i4.20392',
    },
    params,
    fitParams,
    preprocessParams,
  };

  protected override readonly clusteringParams = tagClusteringParams;

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ScTAGParams) {
    super(ScTAG.spec, input);
  }

  /** A saved model, ready to predict for the cells it was trained on. */
  static async load(store: ArtifactStore): Promise<ScTAG> {
    const saved = await loadModelBundle(store, ScTAG.spec);
    return new ScTAG(saved.params).restore(saved.bundle);
  }

  /** The paper's pipeline: filters, counts kept, log expression, variable genes, cell graph. */
  static preprocessing(options?: ScTAGPreprocessParams): Compose {
    return pipeline(parseParams(preprocessParams, options, 'ScTAG.preprocessing'));
  }

  protected override pipeline(values: ParamValues<typeof preprocessParams>): Compose {
    return pipeline(values);
  }

  protected override async cluster(
    data: AnnData,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<SoftClustering> {
    const input = readCountInput(data);
    const graph = cellGraph(readNeighborGraph(data));
    await selectBackend(this.params.device, { reporter: context.reporter });
    const network = new TagAutoencoder(input, { ...this.params, rng: context.rng });
    try {
      const centers =
        (await interruptedCenters(context)) ??
        (await this.begin(network, graph, data, values, context));
      network.addCenters(centers, this.params.trainableCenters);
      const { latent, logQ } = await this.trainTogether(network, graph, data, values, context);
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
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<DenseMatrix> {
    const { parameters } = network;
    const { pretrainEpochs: epochs, lr, wA, wX, wD, minDist, maxDist, forcePretrain } = values;
    const { history } = this;
    const { matrix } = graph.adjacency;
    const train = (): Promise<void> => {
      const optimizer = adam(network, lr);
      const options = { owner: this.spec.name, network, graph, optimizer, epochs, history };
      const range = { minDistance: minDist, maxDistance: maxDist };
      const penalty = (latent: tf.Tensor2D): tf.Scalar =>
        tf.mul(pairDistanceLoss(latent, range), wD);
      return pretrainTag(
        { ...options, weights: values, penalty: wD > 0 ? penalty : undefined },
        context,
      );
    };
    const distances = wD > 0 ? { wD, minDist, maxDist } : {};
    const settings = { epochs, lr, wA, wX, ...distances, graph: await graphHash(matrix) };
    await this.pretrained({ parameters, data, settings, forcePretrain, train }, context);
    return firstCenters(await network.embed(graph), matrix, this.params, context);
  }

  /** Reconstruction and clustering. */
  private async trainTogether(
    network: TagAutoencoder,
    graph: CellGraph,
    data: AnnData,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<SoftAssignment> {
    const { parameters } = network;
    const { history } = this;
    const { wC, klDirection, diagnostics, truth } = values;
    const optimizer = adam(network, values.lr);
    const klOf = (target: ArrayLike<number>, logQ: tf.Tensor2D): tf.Scalar => {
      const p = tf.tensor2d(Float32Array.from(target), logQ.shape);
      return (klDirection === 'pq' ? decKl(p, logQ) : pseudoLabelKl(logQ, p)).asScalar();
    };
    /** Records how the losses get on, before the target is renewed. */
    const diagnose = async (p: DenseMatrix, { logQ }: SoftAssignment): Promise<void> => {
      const ofTarget = (target: ArrayLike<number>) => (): tf.Scalar =>
        klOf(target, network.logAssignment(network.forward(graph).latent));
      const known = trueTarget(data, logQ, truth);
      await recordDiagnostics(
        parameters,
        {
          pseudoSupervised: ofTarget(p.data),
          selfSupervised: () => reconstructionLoss(network.forward(graph), values),
          ...(known && { supervised: ofTarget(known) }),
        },
        history,
      );
    };
    try {
      return await trainClusters(
        {
          ...{ owner: this.spec.name, values, parameters, optimizer, data, history },
          assign: () => network.assign(graph),
          target: async (assignment) => {
            const p = decTarget(assignment);
            if (diagnostics) await diagnose(p, assignment);
            return p;
          },
          pass: ({ target, rng }) =>
            optimizer.minimizeTerms(() => {
              const { latent, adjacency, zinb } = network.forward(graph, rng);
              const kl = klOf(target.data, network.logAssignment(latent));
              const reconstruction = reconstructionLoss({ adjacency, zinb }, values);
              return { loss: tf.add(reconstruction, tf.mul(kl, wC)), adjacency, zinb, kl };
            }),
        },
        context,
      );
    } finally {
      optimizer.dispose();
    }
  }
}

function adam({ parameters }: TagAutoencoder, learningRate: number): Adam {
  return new Adam(parameters.trainable(), { learningRate, amsgrad: true });
}

function pipeline(values: ParamValues<typeof preprocessParams>): Compose {
  const { nTopGenes, nComponents, nNeighbors, graph: method } = values;
  return new Compose([
    new FilterGenesScanpy({ minCounts: 3 }),
    new FilterCellsScanpy({ minCounts: 1 }),
    new SaveRaw(),
    new NormalizeTotal(),
    new Log1P(),
    new HighlyVariableGenes({ flavor: 'cell_ranger', nTopGenes, subset: true }),
    new Scale(),
    new CellPca({ nComponents }),
    new NeighborGraph({ nNeighbors, method }),
    new SetConfig({
      feature: [
        { slot: 'X' },
        { slot: 'layers', key: 'counts' },
        { slot: 'obsp', key: 'NeighborGraph' },
      ],
    }),
  ]);
}
