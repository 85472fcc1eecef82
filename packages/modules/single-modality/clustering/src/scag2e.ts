import {
  defineParams,
  DenseMatrix,
  loadModelBundle,
  ParamError,
  parseParams,
  Rng,
  type AnnData,
  type ArtifactStore,
  type FitContext,
  type ModelSpec,
  type ParamInput,
  type ParamValues,
} from '@dance-ts/core';
import { Adam, BatchBuffer, DEVICES, selectBackend, type ScoreNetwork } from '@dance-ts/nn';
import {
  Compose,
  FilterCellsScanpy,
  FilterGenesScanpy,
  GeneNeighborGraph,
  HighlyVariableGenes,
  Log1P,
  NeighborGraph,
  NormalizeTotal,
  readGeneNeighborGraph,
  readNeighborGraph,
  SaveRaw,
  SetConfig,
} from '@dance-ts/transforms';
import type * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { CellGeneNetwork, CellsAndGenes } from './cell-gene-network.js';
import { restored, roomForCenters } from './cluster-explanation.js';
import {
  CLUSTERING_PHASE,
  clusterFitParams,
  hardLabels,
  probabilitiesOf,
  trainClusters,
  type SoftAssignment,
} from './cluster-training.js';
import type { Clustering, SoftClustering } from './clustering-model.js';
import { readCountInput } from './count-input.js';
import { initialClusters, nClustersParam } from './initial-clusters.js';
import { pretrainEpochs } from './pretrain-epochs.js';
import { PretrainedClusteringModel, pretrainFitParams } from './pretraining.js';
import { toTensor } from './tensors.js';
import { savedProgress } from './training-phase.js';

const weight = (value: number, term: string): z.ZodDefault<z.ZodNumber> =>
  z.number().min(0).default(value).describe(`Weight of ${term}`);

const layers = (encoder: string): z.ZodDefault<z.ZodArray<z.ZodInt>> =>
  z
    .array(z.int().min(1))
    .min(1)
    .default([64, 32])
    .describe(`Units of the ${encoder}'s layers; both encoders end with the same number`);

const params = defineParams({
  nClusters: nClustersParam,
  zDim: z.int().min(1).default(32).describe('Width of the embedding that is clustered'),
  cellLayers: layers('cell encoder'),
  geneLayers: layers('gene encoder'),
  dropout: z.number().min(0).max(0.95).default(0.1).describe('Dropout rate after each layer'),
  alpha: z.number().positive().default(1).describe('Degrees of freedom of the soft assignment'),
  recGamma: weight(0.01, 'the reconstruction by cells times genes'),
  cluGamma: weight(1, 'the clustering loss'),
  cellGamma: weight(1, 'the cell autoencoder with its penalties'),
  geneGamma: weight(1, 'the reconstruction of the gene graph'),
  zinbGamma: weight(0, 'the likelihood of the counts'),
  cellGraph: weight(1e-3, 'the smoothness of cells over their graph, within cellGamma'),
  cellSparse: weight(1e-4, 'the sparsity of the cell code, within cellGamma'),
  graphGamma: weight(0, 'the smoothness of genes over their graph'),
  graphSparse: weight(0, 'the sparsity of the gene code'),
  graphRegNorm: z
    .enum(['N', 'none'])
    .default('N')
    .describe('Divide the smoothness by the number of nodes (N) or not'),
  compat: z
    .enum(['paper', 'repo'])
    .default('paper')
    .describe("The paper's method, or that of the authors' code: see the departures of the class"),
  seed: z.int().min(0).default(0).describe('Seed of every random stream'),
  device: z.enum(DEVICES).default('auto').describe('Where tensors are computed'),
});

const fitParams = defineParams({
  epochs: z.int().min(0).default(400).describe('Most epochs, one step on all cells and genes each'),
  lr: z.number().positive().default(1e-5).describe('Learning rate of Adam'),
  pretrainEpochs: z.int().min(0).default(400).describe('Most epochs of pre-training, of each part'),
  pretrainLrCell: z.number().positive().default(1e-4).describe('Learning rate, cell autoencoder'),
  pretrainLrGene: z.number().positive().default(1e-4).describe('Learning rate, gene autoencoder'),
  pretrainBatchCell: z.int().min(1).default(1024).describe('Cells in a batch of pre-training'),
  pretrainBatchGene: z.int().min(1).default(1024).describe('Genes in a batch of pre-training'),
  tolPretrainCell: z
    .number()
    .min(0)
    .default(1e-3)
    .describe('Stop pre-training the cell autoencoder below this loss'),
  tolPretrainGene: z
    .number()
    .min(0)
    .default(1e-3)
    .describe('Stop pre-training the gene autoencoder below this loss'),
  ...pretrainFitParams,
  ...clusterFitParams,
  updateInterval: z.int().min(1).default(5).describe('Epochs between two updates of the target p'),
  tol: z
    .number()
    .min(0)
    .default(1e-4)
    .describe('Stop when a smaller share of the cells changed its cluster since the last update'),
});

const preprocessParams = defineParams({
  nTopGenes: z.int().min(1).default(2000).describe('Highly variable genes (seurat flavor)'),
  kGraph: z.int().min(2).default(30).describe('Neighbors of a cell and of a gene, with itself'),
});

/** Constructor parameters of {@link SCAG2E}. */
export type SCAG2EParams = ParamInput<typeof params>;
/** Parameters of {@link SCAG2E.fit}. */
export type SCAG2EFitParams = ParamInput<typeof fitParams>;
/** Parameters of {@link SCAG2E.preprocessing}. */
export type SCAG2EPreprocessParams = ParamInput<typeof preprocessParams>;

const N_INIT = 100;
const [CELL_PHASE, GENE_PHASE] = ['pretrain-cells', 'pretrain-genes'];

/**
 * scSAG2E: sparse autoencoders with gene graph embedding.
 *
 * An autoencoder of cells gives the code H_c, kept smooth over the graph of similar cells and
 * sparse; a graph convolutional autoencoder of genes, on the graph of similar genes, gives H_g.
 * Their product H_c H_g^T reconstructs the expression where there is any, and H_g H_g^T the gene
 * graph A_g; z, a linear map of H_c, is clustered. Joint loss, with X the logarithms of normalized
 * counts:
 *
 * recGamma mean((X - M H_c H_g^T)^2) + cluGamma KL(p | q)
 * + cellGamma (mean((X - X_decoded)^2) + cellGraph tr(H_c^T L_c H_c) / N + cellSparse mean |H_c|)
 * + geneGamma mean((A_g - H_g H_g^T)^2) + zinbGamma (ZINB(counts) + mean(pi^2))
 * + graphGamma tr(H_g^T L_g H_g) / G + graphSparse mean |H_g|.
 *
 * Both autoencoders are pre-trained by squared error. The default weights are those the authors
 * give for six of their nine data sets (Romanov and the ones after it). For the first three they
 * are recGamma 1, cellGamma 0, geneGamma 0, zinbGamma 1, graphGamma 1, cellSparse 1e-3 and lr 1e-3:
 * take these with `compat: 'repo'` only, since nothing holds the clusters apart once the product
 * has gradients, and they collapse.
 *
 * Memory: each joint step takes all cells and genes: about 4 x cells x genes x 4 bytes for the cell
 * autoencoder and 10 with the likelihood; H_c H_g^T is formed where X is not zero, the gene graph's
 * reconstruction is never formed.
 *
 * Departures from the authors' published code, which `compat: 'repo'` undoes (but for its average
 * of the likelihood over a batch before zeros and counts are told apart): gradients flow through
 * the product of both codes, for which the code of genes is scaled once after pre-training so that
 * the product fits the expression best (the separate pre-trainings leave it a thousand times too
 * large, and correcting that destroys the code of cells); the smoothness is not multiplied by 0,
 * and is divided by the number of nodes (`graphRegNorm`); sparsity is that of the code, not of the
 * constant graph; dropout goes on in joint training, which theirs leaves in evaluation mode; the
 * likelihood is that of the counts with size factors and an exponential mean; q has the exponent
 * (alpha + 1) / 2 of a t distribution, not alpha + 1. Both graphs are made undirected as (A +
 * A^T)/2, which leaves the gradients of smoothness and reconstruction as they are; the convolutions
 * take D^-1/2 A D^-1/2 of that, since the code lacks theirs. Pre-training uses the batches of the
 * authors' settings, joint training all cells as their code does.
 *
 * Source: scSAG2E: Sparse Autoencoders With Gene Graph Embedding for scRNA-Seq Data Clustering,
 * IEEE Transactions on Computational Biology and Bioinformatics, 2025.
 */
export class SCAG2E extends PretrainedClusteringModel<
  typeof params,
  typeof fitParams,
  typeof preprocessParams
> {
  static readonly spec: ModelSpec<typeof params, typeof fitParams, typeof preprocessParams> = {
    id: 'scag2e',
    name: 'SCAG2E',
    task: 'clustering',
    inference: 'transductive',
    backbone: 'AE + GNN',
    paper: {
      authors: 'scSAG2E authors',
      title: 'scSAG2E: Sparse Autoencoders With Gene Graph Embedding for scRNA-Seq Data Clustering',
      venue: 'IEEE Transactions on Computational Biology and Bioinformatics',
      year: 2025,
    },
    params,
    fitParams,
    preprocessParams,
  };

  protected override readonly clusteringParams = ['nClusters', 'alpha', 'cluGamma'] as const;

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: SCAG2EParams) {
    super(SCAG2E.spec, input);
    const { cellLayers, geneLayers, recGamma, cluGamma, cellGamma, geneGamma } = this.params;
    if (cellLayers.at(-1) !== geneLayers.at(-1)) {
      throw new ParamError('SCAG2E: parameter "geneLayers"', {
        got: `[${geneLayers.join(', ')}]`,
        expected: `a last layer as wide as that of cellLayers, [${cellLayers.join(', ')}]`,
      });
    }
    const { zinbGamma } = this.params;
    if (recGamma + cluGamma + cellGamma + geneGamma + zinbGamma === 0) {
      throw new ParamError('SCAG2E: parameter "cluGamma"', {
        got: '0, and no other weight above 0',
        expected: 'a loss with at least one term',
      });
    }
  }

  /** A saved model, ready to predict for the cells it was trained on. */
  static async load(store: ArtifactStore): Promise<SCAG2E> {
    const saved = await loadModelBundle(store, SCAG2E.spec);
    return new SCAG2E(saved.params).restore(saved.bundle);
  }

  /** Filters, counts kept, normalization, variable genes, graphs of cells and of genes. */
  static preprocessing(options?: SCAG2EPreprocessParams): Compose {
    return pipeline(parseParams(preprocessParams, options, 'SCAG2E.preprocessing'));
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
    const graphs = { cells: readNeighborGraph(data), genes: readGeneNeighborGraph(data) };
    await selectBackend(this.params.device, { reporter: context.reporter });
    const all = new CellsAndGenes(input, graphs, this.params);
    const network = new CellGeneNetwork(this.params, input.x.shape, context.rng.fork('init'));
    try {
      await this.prepareClusters(network, all, data, values, context);
      const { latent, logQ } = await this.trainNetwork(network, all, data, values, context);
      return {
        ...{ labels: hardLabels(logQ), latent, probabilities: probabilitiesOf(logQ) },
        weights: await network.parameters.capture('network/'),
      };
    } finally {
      all.dispose();
      network.parameters.dispose();
    }
  }

  protected override scoreNetwork(data: AnnData, { weights }: Clustering): ScoreNetwork {
    const { x: features } = readCountInput(data);
    const network = new CellGeneNetwork(this.params, features.shape, Rng.fromSeed(0));
    network.addCenters(roomForCenters(weights));
    const scores = (x: tf.Tensor2D): tf.Tensor2D => network.probabilities(x);
    return { ...restored(network.parameters, weights), features, joint: false, scores };
  }

  /** Pre-trains and adds the centers; only makes room for them in a resumed run. */
  private async prepareClusters(
    network: CellGeneNetwork,
    all: CellsAndGenes,
    data: AnnData,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<void> {
    const saved = await savedProgress(context.checkpoint, CLUSTERING_PHASE);
    const shape = saved?.tensors.get('network/centers')?.shape;
    if (shape !== undefined) {
      network.addCenters(DenseMatrix.zeros(shape[0]!, shape[1]!));
      return;
    }
    const { pretrainEpochs: epochs, pretrainLrCell, pretrainLrGene, forcePretrain } = values;
    const { pretrainBatchCell, pretrainBatchGene, tolPretrainCell, tolPretrainGene } = values;
    await this.pretrained(
      {
        ...{ parameters: network.parameters, data, forcePretrain },
        settings: {
          ...{ epochs, pretrainLrCell, pretrainLrGene, pretrainBatchCell, pretrainBatchGene },
          ...{ tolPretrainCell, tolPretrainGene, geneLinks: all.geneGraph.matrix.nnz },
        },
        train: () => this.pretrainBoth(network, all, values, context),
      },
      context,
    );
    const { nClusters, compat } = this.params;
    if (compat === 'paper' && epochs > 0) await network.fitScaleOfGenes(all);
    const options = { ...context, rng: context.rng.fork('centers'), nClusters, nInit: N_INIT };
    network.addCenters((await initialClusters(await network.embed(all), options)).centers);
  }

  /** Cells first, unless an interrupted run had come to the genes. */
  private async pretrainBoth(
    network: CellGeneNetwork,
    all: CellsAndGenes,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<void> {
    const cells = new BatchBuffer(all.x);
    const genes = new BatchBuffer(all.genes.matrix);
    const shared = { owner: this.spec.name, epochs: values.pretrainEpochs, history: this.history };
    try {
      if ((await savedProgress(context.checkpoint, GENE_PHASE)) === undefined) {
        const learned = network.parametersOf('cell');
        const optimizer = new Adam(learned, { learningRate: values.pretrainLrCell });
        await pretrainEpochs(
          {
            ...{ ...shared, phase: CELL_PHASE, term: 'pretrainCellLoss', optimizer },
            ...{ nItems: all.x.nRows, batchSize: values.pretrainBatchCell },
            ...{ parameters: network.parameters, stopBelow: values.tolPretrainCell },
            step: (batch, rng) => {
              const x = cells.take(batch);
              return optimizer.minimize(() => network.cellReconstruction(x, rng));
            },
          },
          context,
        );
      }
      const learned = network.parametersOf('gene');
      const optimizer = new Adam(learned, { learningRate: values.pretrainLrGene });
      await pretrainEpochs(
        {
          ...{ ...shared, phase: GENE_PHASE, term: 'pretrainGeneLoss', optimizer },
          ...{ nItems: all.x.nCols, batchSize: values.pretrainBatchGene },
          ...{ parameters: network.parameters, stopBelow: values.tolPretrainGene },
          step: (batch, rng) => {
            const x = genes.take(batch);
            return optimizer.minimize(() => network.geneReconstruction(all, batch, x, rng));
          },
        },
        context,
      );
    } finally {
      cells.dispose();
      genes.dispose();
    }
  }

  private async trainNetwork(
    network: CellGeneNetwork,
    all: CellsAndGenes,
    data: AnnData,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<SoftAssignment> {
    const { parameters } = network;
    const optimizer = new Adam(network.jointParameters(), { learningRate: values.lr });
    try {
      return await trainClusters(
        {
          ...{ owner: this.spec.name, values, parameters, optimizer, data, history: this.history },
          assign: () => network.assign(all),
          pass: async ({ target, rng, pacer }) => {
            await pacer.tick();
            const p = toTensor(target);
            try {
              return await optimizer.minimizeTerms(() => network.loss(all, p, rng));
            } finally {
              p.dispose();
            }
          },
        },
        context,
      );
    } finally {
      optimizer.dispose();
    }
  }
}

function pipeline({ nTopGenes, kGraph }: ParamValues<typeof preprocessParams>): Compose {
  const nearest = { metric: 'cosine', nNeighbors: kGraph } as const;
  return new Compose([
    new FilterGenesScanpy({ minCounts: 1 }),
    new FilterCellsScanpy({ minCounts: 1 }),
    new SaveRaw({ out: 'counts' }),
    new NormalizeTotal(),
    new Log1P(),
    new HighlyVariableGenes({ flavor: 'seurat', nTopGenes, subset: true }),
    new NeighborGraph({ ...nearest, method: 'knn', channel: 'X' }),
    new GeneNeighborGraph(nearest),
    new SetConfig({
      feature: [
        { slot: 'X' },
        { slot: 'obsp', key: 'NeighborGraph' },
        { slot: 'varp', key: 'GeneNeighborGraph' },
      ],
    }),
  ]);
}
