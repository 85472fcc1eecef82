import {
  DataError,
  defineParams,
  loadModelBundle,
  parseParams,
  Rng,
  type AnnData,
  type ArtifactStore,
  type FitContext,
  type ModelSpec,
  type ParamInput,
  type ParamValues,
} from '@dance-ts/core';
import { adjustedRandIndex } from '@dance-ts/metrics';
import { kMeans } from '@dance-ts/ml';
import {
  Adadelta,
  Adam,
  DEVICES,
  selectBackend,
  shuffledBatches,
  trainEpochs,
  TrainingState,
  type ScoreNetwork,
  type Terms,
} from '@dance-ts/nn';
import {
  Compose,
  FilterCellsScanpy,
  FilterGenesScanpy,
  FilterGenesVariance,
  Log1P,
  NormalizeTotal,
  SaveRaw,
  Scale,
  SetConfig,
} from '@dance-ts/transforms';
import { z } from 'zod';
import { restored, roomForCenters } from './cluster-explanation.js';
import {
  CLUSTERING_PHASE,
  clusterFitParams,
  hardLabels,
  probabilitiesOf,
  trainClusters,
  type ClusterPass,
  type SoftAssignment,
} from './cluster-training.js';
import type { Clustering, SoftClustering } from './clustering-model.js';
import { initialClusters, labelCount, nClustersParam } from './initial-clusters.js';
import { PretrainedClusteringModel, pretrainFitParams } from './pretraining.js';
import { ContrastiveNetwork, prototypeCounts, readContrastiveInput } from './scgpcl-network.js';
import { phaseCheckpoint, savedProgress } from './training-phase.js';

const width = z.int().min(1);
const weight = z.number().min(0);
const rate = z.number().min(0).max(0.95).default(0.2);

const params = defineParams({
  nClusters: nClustersParam,
  layers: z.array(width).min(1).default([256, 64]).describe('Widths of the graph layers'),
  geneDim: width.default(64).describe('Width of the learned features of the genes'),
  tau: z.number().positive().default(0.25).describe('Temperature of both contrastive losses'),
  alpha: z.number().positive().default(1).describe("Degrees of freedom of Student's t kernel"),
  granularity: z
    .array(z.number().positive())
    .min(1)
    .default([1, 1.5, 2])
    .describe('Prototypes of each clustering, in multiples of nClusters'),
  recon: z
    .enum(['zinb', 'mse'])
    .default('zinb')
    .describe('Reconstruct counts (ZINB) or standardized expression (mean squared error)'),
  maskP1: rate.describe('Share of the features masked in view 1'),
  maskP2: rate.describe('Share of the features masked in view 2'),
  numSamples: z
    .array(z.int().min(0))
    .min(1)
    .default([2048, 1024])
    .describe('Cells and genes, each, that a step of sampling adds to a batch'),
  seed: z.int().min(0).default(0).describe('Seed of every random stream'),
  device: z.enum(DEVICES).default('auto').describe('Where tensors are computed'),
});

const fitParams = defineParams({
  pretrainEpochs: z.int().min(0).default(200).describe('Epochs of contrastive pre-training'),
  warmup: z
    .int()
    .min(0)
    .default(100)
    .describe('Epochs before the prototypical loss and the stop rule of pre-training set in'),
  r: z
    .number()
    .max(1)
    .default(0.99)
    .describe('Stop pre-training when the ARI of the clusters of two epochs is larger'),
  pretrainLr: z.number().positive().default(1e-4).describe('Learning rate of AdamW'),
  ...pretrainFitParams,
  epochs: z.int().min(0).default(200).describe('Epochs of the clustering phase'),
  lr: z.number().positive().default(1).describe('Learning rate of Adadelta, clustering phase'),
  ...clusterFitParams,
  batchSize: z.int().min(1).default(1024).describe('Cells in a mini-batch'),
  decay: weight.default(1e-4).describe('Weight decay: decoupled in pre-training, then L2'),
  lam1: weight.default(1).describe('Weight of the contrastive loss of cells'),
  lam2: weight.default(0.05).describe('Weight of the prototypical loss'),
  lam3: weight.default(1).describe('Weight of the clustering loss'),
  nInit: z.int().min(1).default(20).describe('Restarts of every k-means'),
});

const preprocessParams = defineParams({
  hvg: z
    .number()
    .positive()
    .max(1)
    .default(0.2)
    .describe('Share of the genes to keep, by variance'),
  nTopGenes: z.int().min(1).optional().describe('Number of genes to keep instead of a share'),
});

/** Constructor parameters of {@link ScGPCL}. */
export type ScGPCLParams = ParamInput<typeof params>;
/** Parameters of {@link ScGPCL.fit}. */
export type ScGPCLFitParams = ParamInput<typeof fitParams>;
/** Parameters of {@link ScGPCL.preprocessing}. */
export type ScGPCLPreprocessParams = ParamInput<typeof preprocessParams>;
type FitValues = ParamValues<typeof fitParams>;

const PRETRAINING_PHASE = 'pre-training';

/**
 * scGPCL: clusters cells by contrastive learning on the cell-gene graph.
 *
 * A cell is joined to each gene it expresses. Layers of means over neighbors, cells' = BN(W1 mean
 * of genes + b + W2 cells) and genes' alike, without activation, give the embedding h of the cells;
 * cells start from standardized expression, genes from learned features. A batch is seen in two
 * views: sampled neighbors (genes and further cells) with masked feature columns. Pre-training
 * minimizes (ZINB(view 1) + ZINB(view 2)) / 2 + lam1 NT-Xent(h1, h2) and, after `warmup`, + lam2
 * times the prototypical loss of h1 against k-means centers of h2 at several granularities; it
 * stops when the clusters of two epochs agree. The clustering phase minimizes ZINB + lam3 KL(p | q)
 * with Student's t soft clusters q of trainable centers and their sharpened target p.
 *
 * With `nClusters: 'auto'` the prototypes and the stop rule count the Leiden communities of the
 * embedding after `warmup` epochs; the clustering phase begins with those found after all of them.
 *
 * Memory: about 40 bytes an edge for the graph, the counts and their copies by gene; 4 bytes x
 * (cells + genes) x the widest layer for the embedding of all cells; 4 bytes x batchSize x genes x
 * about 8 for the decoder and (2 batchSize)² for NT-Xent. Expression is never dense beyond a batch:
 * 20,000 cells x 1,996 genes with 29 % of the counts above 0 took 1.2 GiB.
 *
 * Departures from the authors' code: NT-Xent excludes each embedding from its own contrast in both
 * views (theirs in one only); the `mse` variant reconstructs both views (theirs view 1 twice);
 * all cells are embedded on the whole graph instead of on samples of it, so that labels do not
 * jitter; sampling spreads the budget of a node to all of its neighbors. Departures from the text:
 * lam3 weighs the clustering loss, as in the code. DANCE has no such model.
 *
 * Source: Lee, Kim, Hyun, Lee, Kim & Park, Deep single-cell RNA-seq data clustering with graph
 * prototypical contrastive learning, Bioinformatics 39(6), 2023.
 */
export class ScGPCL extends PretrainedClusteringModel<
  typeof params,
  typeof fitParams,
  typeof preprocessParams
> {
  static readonly spec: ModelSpec<typeof params, typeof fitParams, typeof preprocessParams> = {
    id: 'scgpcl',
    name: 'ScGPCL',
    task: 'clustering',
    inference: 'transductive',
    backbone: 'GNN',
    paper: {
      authors: 'Lee et al.',
      title:
        'Deep single-cell RNA-seq data clustering with graph prototypical contrastive learning',
      venue: 'Bioinformatics 39(6):btad342',
      year: 2023,
      doi: '10.1093/bioinformatics/btad342',
    },
    params,
    fitParams,
    preprocessParams,
  };

  protected override readonly clusteringParams = ['alpha'] as const;

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ScGPCLParams) {
    super(ScGPCL.spec, input);
  }

  /** A saved model, ready to predict for the cells it was trained on. */
  static async load(store: ArtifactStore): Promise<ScGPCL> {
    const saved = await loadModelBundle(store, ScGPCL.spec);
    return new ScGPCL(saved.params).restore(saved.bundle);
  }

  /** The paper's pipeline: filters, genes by variance, counts kept aside, log, scaling. */
  static preprocessing(options?: ScGPCLPreprocessParams): Compose {
    return pipeline(parseParams(preprocessParams, options, 'ScGPCL.preprocessing'));
  }

  protected override pipeline(values: ParamValues<typeof preprocessParams>): Compose {
    return pipeline(values);
  }

  protected override async cluster(
    data: AnnData,
    values: FitValues,
    context: FitContext,
  ): Promise<SoftClustering> {
    const input = readContrastiveInput(data);
    const { nClusters } = this.params;
    if (nClusters !== 'auto' && input.x.nRows < nClusters) {
      throw new DataError('ScGPCL: fewer cells than clusters', {
        got: `${input.x.nRows} cells for ${nClusters} clusters`,
        remedy: 'Lower nClusters or keep more cells.',
      });
    }
    await selectBackend(this.params.device, { reporter: context.reporter });
    const network = new ContrastiveNetwork(this.params, input, context.rng);
    try {
      const saved = await savedProgress(context.checkpoint, CLUSTERING_PHASE);
      if (saved === undefined) {
        await this.pretrain(network, data, values, context);
        const latent = await network.embedAll(context);
        const { nInit } = values;
        const { centers } = await initialClusters(latent, { ...context, nClusters, nInit });
        network.addCenters(centers);
      } else {
        network.addCenters(roomForCenters([...saved.tensors]));
      }
      const { latent, logQ } = await this.refine(network, data, values, context);
      const weights = await network.parameters.capture('network/');
      return { labels: hardLabels(logQ), latent, probabilities: probabilitiesOf(logQ), weights };
    } finally {
      network.dispose();
    }
  }

  protected override scoreNetwork(data: AnnData, { weights }: Clustering): ScoreNetwork {
    const input = readContrastiveInput(data);
    const network = new ContrastiveNetwork(this.params, input, Rng.fromSeed(0));
    network.addCenters(roomForCenters(weights));
    return {
      ...restored(network.parameters, weights, () => {
        network.dispose();
      }),
      ...{ features: input.x, joint: true, scores: (x) => network.probabilities(x) },
    };
  }

  private async pretrain(
    network: ContrastiveNetwork,
    data: AnnData,
    values: FitValues,
    context: FitContext,
  ): Promise<void> {
    const { pretrainEpochs, warmup, r, pretrainLr, batchSize, decay, lam1, lam2, nInit } = values;
    await this.pretrained(
      {
        ...{ parameters: network.parameters, data, forcePretrain: values.forcePretrain },
        settings: { pretrainEpochs, warmup, r, pretrainLr, batchSize, decay, lam1, lam2, nInit },
        train: () => this.contrast(network, values, context),
      },
      context,
    );
  }

  /** Contrastive pre-training. */
  private async contrast(
    network: ContrastiveNetwork,
    values: FitValues,
    { checkpoint, ...context }: FitContext,
  ): Promise<void> {
    const { pretrainLr: learningRate, decay: weightDecay, warmup, nInit } = values;
    const { granularity } = this.params;
    const rng = context.rng.fork(PRETRAINING_PHASE);
    const optimizer = new Adam(network.parameters.trainable(), {
      ...{ learningRate, weightDecay, decoupledWeightDecay: true },
    });
    let labels: Int32Array | undefined;
    const ownCheckpoint = phaseCheckpoint(checkpoint, PRETRAINING_PHASE, () =>
      labels === undefined ? [] : [['clusters/labels', { shape: [labels.length], data: labels }]],
    );
    const state = new TrainingState(network.parameters, optimizer, this.history);
    try {
      const saved = await savedProgress(checkpoint, PRETRAINING_PHASE);
      const before = saved?.tensors.get('clusters/labels')?.data;
      if (before instanceof Int32Array) labels = before;
      const firstEpoch = await state.resume(ownCheckpoint);
      let nClusters =
        this.params.nClusters === 'auto'
          ? labelCount(labels ?? new Int32Array())
          : this.params.nClusters;
      // "auto": counted once, when the first epoch with prototypes is about to begin.
      const countClusters = async (epoch: number): Promise<void> => {
        if (nClusters > 0 || epoch < warmup) return;
        const latent = await network.embedAll(context);
        const found = await initialClusters(latent, { ...context, rng, nClusters: 'auto' });
        nClusters = found.centers.nRows;
      };
      await countClusters(firstEpoch);
      let nextEpoch = firstEpoch;
      let isSettled = false;
      await trainEpochs({
        ...context,
        ...{ owner: `${this.spec.name} (${PRETRAINING_PHASE})`, firstEpoch, rng },
        ...{ epochs: values.pretrainEpochs, batchSize: values.batchSize },
        ...{ nItems: network.nCells, history: this.history },
        step: (batch, stream) =>
          network.contrastStep(batch, optimizer, {
            ...values,
            ...{ rng: stream, signal: context.signal },
            nPrototypes: nextEpoch < warmup ? [] : prototypeCounts(nClusters, granularity),
          }),
        onEpochEnd: async (epoch) => {
          nextEpoch = epoch + 1;
          await countClusters(nextEpoch);
          if (nextEpoch > warmup) {
            const latent = await network.embedAll(context);
            const { signal } = context;
            const options = { nClusters, nInit, signal, rng: rng.fork(`clusters-${epoch}`) };
            const now = (await kMeans(latent, options)).labels;
            isSettled = labels !== undefined && adjustedRandIndex(labels, now) > values.r;
            labels = now;
          }
          if (!isSettled) await state.saveIfDue(ownCheckpoint, epoch);
        },
        shouldStop: () => isSettled,
      });
    } finally {
      optimizer.dispose();
    }
  }

  /** The clustering phase. */
  private async refine(
    network: ContrastiveNetwork,
    data: AnnData,
    values: FitValues,
    context: FitContext,
  ): Promise<SoftAssignment> {
    const { lr: learningRate, decay: weightDecay, batchSize, lam3 } = values;
    const { parameters } = network;
    const optimizer = new Adadelta(parameters.trainable(), {
      ...{ learningRate, weightDecay, rho: 0.95 },
    });
    const pass = async ({ target, rng, pacer }: ClusterPass): Promise<Terms> => {
      const sums: Record<string, number> = {};
      const batches = shuffledBatches(network.nCells, batchSize, rng.fork('order'));
      for (const [b, batch] of batches.entries()) {
        await pacer.tick();
        const goal = target.selectRows(batch);
        const terms = await network.clusterStep(batch, optimizer, {
          ...{ target: goal, lam3, rng: rng.fork(`batch-${b}`) },
        });
        for (const [name, value] of Object.entries(terms)) {
          sums[name] = (sums[name] ?? 0) + (value * batch.length) / network.nCells;
        }
      }
      return sums;
    };
    try {
      return await trainClusters(
        {
          ...{ owner: this.spec.name, values, parameters, optimizer, data, pass },
          history: this.history,
          assign: () => network.assign(context),
        },
        { ...context, rng: context.rng.fork(CLUSTERING_PHASE) },
      );
    } finally {
      optimizer.dispose();
    }
  }
}

function pipeline({ hvg, nTopGenes }: ParamValues<typeof preprocessParams>): Compose {
  return new Compose([
    new FilterGenesScanpy({ minCounts: 1 }),
    new FilterCellsScanpy({ minCounts: 1 }),
    new FilterGenesVariance({ share: hvg, ...(nTopGenes && { nTopGenes }) }),
    new FilterCellsScanpy({ minCounts: 1 }),
    new SaveRaw(),
    new NormalizeTotal(),
    new Log1P(),
    // Sparse: the network subtracts the means.
    new Scale({ zeroCenter: false }),
    new SetConfig({ feature: [{ slot: 'X' }, { slot: 'layers', key: 'counts' }] }),
  ]);
}
