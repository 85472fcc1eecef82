import {
  defineParams,
  DenseMatrix,
  Rng,
  type AnnData,
  type FitContext,
  type History,
  type Json,
  type ParamValues,
} from '@dance-ts/core';
import {
  Adadelta,
  Adam,
  DEVICES,
  selectBackend,
  ZINB_ACTIVATIONS,
  type Device,
  type Optimizer,
  type ScoreNetwork,
  type Terms,
} from '@dance-ts/nn';
import {
  Compose,
  FilterCellsScanpy,
  FilterGenesScanpy,
  HighlyVariableGenes,
  Log1P,
  NormalizeTotal,
  SaveRaw,
  Scale,
  SetConfig,
} from '@dance-ts/transforms';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { restored, roomForCenters, type Weights } from './cluster-explanation.js';
import {
  CLUSTERING_PHASE,
  hardLabels,
  probabilitiesOf,
  trainClusters,
  type ClusterFitValues,
  type ClusterPass,
} from './cluster-training.js';
import type { SoftClustering } from './clustering-model.js';
import { readCountInput } from './count-input.js';
import { initialClusters, nClustersParam } from './initial-clusters.js';
import { pretrainEpochs } from './pretrain-epochs.js';
import { pretrainFitParams, type PretrainingOptions } from './pretraining.js';
import { savedProgress } from './training-phase.js';
import { ZinbClusterNetwork, type ZinbNetworkParams } from './zinb-network.js';

/** Constructor parameters of the models on a ZINB autoencoder. */
export const zinbParams = {
  nClusters: nClustersParam,
  zDim: z.int().min(1).default(32).describe('Width of the embedding'),
  encodeLayer: z
    .array(z.int().min(1))
    .default([256, 64])
    .describe('Widths of the hidden layers of the encoder'),
  decodeLayer: z
    .array(z.int().min(1))
    .optional()
    .describe('Widths of the hidden layers of the decoder; those of the encoder reversed'),
  activation: z.enum(ZINB_ACTIVATIONS).default('relu').describe('Activation of hidden layers'),
  sigma: z.number().min(0).default(2.5).describe('Standard deviation of the noise on the input'),
  hiddenNoise: z
    .boolean()
    .default(false)
    .describe(
      "Noise before each hidden activation of the encoder too, as in the authors' Keras code",
    ),
  alpha: z.number().positive().default(1).describe('Degrees of freedom of the soft assignment'),
  gamma: z.number().min(0).default(1).describe('Weight of the clustering loss'),
  seed: z.int().min(0).default(0).describe('Seed of every random stream'),
  device: z.enum(DEVICES).default('auto').describe('Where tensors are computed'),
};

/** Fit parameters of their pre-training. */
export const zinbPretrainFitParams = {
  pretrainEpochs: z
    .int()
    .min(0)
    .default(400)
    .describe('Epochs of the autoencoder alone; 0 begins with random weights'),
  pretrainLr: z.number().positive().default(1e-3).describe('Learning rate of pre-training (Adam)'),
  pretrainBatchSize: z.int().min(1).default(256).describe('Cells in a batch of pre-training'),
  ...pretrainFitParams,
};

/** Preprocessing parameters of these models. */
export const zinbPreprocessParams = defineParams({
  nTopGenes: z
    .int()
    .min(1)
    .optional()
    .describe('Highly variable genes (cell_ranger flavor) to keep; all genes if left out'),
  maxValue: z
    .number()
    .positive()
    .optional()
    .describe('Clip scaled expression beyond this many deviations; no clipping if left out'),
});

/**
 * Genes and cells with counts, the counts kept aside, then each cell to the median total, log1p and
 * each gene to mean 0 and deviation 1.
 */
export function zinbPipeline(values: ParamValues<typeof zinbPreprocessParams>): Compose {
  const { nTopGenes, maxValue } = values;
  return new Compose([
    new FilterGenesScanpy({ minCounts: 1 }),
    new FilterCellsScanpy({ minCounts: 1 }),
    new SaveRaw(),
    new NormalizeTotal(),
    new Log1P(),
    ...(nTopGenes === undefined
      ? []
      : [new HighlyVariableGenes({ flavor: 'cell_ranger', nTopGenes, subset: true })]),
    new Scale(maxValue === undefined ? {} : { maxValue }),
    new SetConfig({ feature: [{ slot: 'X' }] }),
  ]);
}

/** Restarts of k-means for the first centers, as the authors have them. */
const K_MEANS_RESTARTS = 20;

/** Values of the constructor parameters of {@link zinbParams}. */
interface ZinbValues extends ZinbNetworkParams {
  readonly seed: number;
  readonly nClusters: number | 'auto';
  readonly device: Device;
}

/** Values of {@link zinbPretrainFitParams} and of the clustering phase. */
interface ZinbFitValues extends ClusterFitValues {
  readonly lr: number;
  readonly batchSize: number;
  readonly pretrainEpochs: number;
  readonly pretrainLr: number;
  readonly pretrainBatchSize: number;
  readonly forcePretrain: boolean;
}

/** Options of {@link fitZinbClusters}. */
export interface ZinbClusteringOptions {
  /** Model name, for progress and messages. */
  readonly owner: string;
  readonly params: ZinbValues;
  readonly values: ZinbFitValues;
  readonly data: AnnData;
  readonly history: History;
  /** The model's way to pre-train or to take pre-trained weights from a store. */
  readonly pretrained: (options: PretrainingOptions) => Promise<void>;
  /** One pass over the cells; returns the mean of each loss term, `loss` among them. */
  readonly pass: (
    network: ZinbClusterNetwork,
    optimizer: Optimizer,
    input: ClusterPass,
  ) => Promise<Terms>;
}

/**
 * Fit of the models on a ZINB autoencoder: pre-training by AMSGrad, first centers by k-means on the
 * embedding, then passes by Adadelta with the target of deep embedded clustering.
 *
 * @throws DataError if the data are not prepared or a loss is not finite; AbortError
 */
export async function fitZinbClusters(
  options: ZinbClusteringOptions,
  context: FitContext,
): Promise<SoftClustering> {
  const { owner, params, values, data, history } = options;
  const input = readCountInput(data);
  await selectBackend(params.device, { reporter: context.reporter });
  const network = new ZinbClusterNetwork(params, input, context.rng);
  try {
    network.addCenters(await firstCenters(network, options, context));
    const optimizer = new Adadelta(network.parameters.trainable(), {
      ...{ learningRate: values.lr, rho: 0.95 },
    });
    try {
      const { parameters } = network;
      const run = { ...context, rng: context.rng.fork('clustering') };
      const { latent, logQ } = await trainClusters(
        {
          ...{ owner, values, parameters, optimizer, history, data },
          assign: () => network.assign(values.batchSize, run),
          pass: (pass) => options.pass(network, optimizer, pass),
        },
        run,
      );
      return {
        ...{ latent, labels: hardLabels(logQ), probabilities: probabilitiesOf(logQ) },
        weights: await parameters.capture('network/'),
      };
    } finally {
      optimizer.dispose();
    }
  } finally {
    network.dispose();
  }
}

/**
 * The trained network as a function of scaled expression: q of each cell by itself.
 *
 * @throws DataError if the data are not prepared as they were for the fit
 */
export function zinbScores(params: ZinbValues, data: AnnData, weights: Weights): ScoreNetwork {
  const input = readCountInput(data);
  const network = new ZinbClusterNetwork(params, input, Rng.fromSeed(0));
  network.addCenters(roomForCenters(weights));
  return {
    ...restored(network.parameters, weights, () => {
      network.dispose();
    }),
    ...{ features: input.x, joint: false },
    scores: (x) => tf.exp(network.logQ(network.encode(x))),
  };
}

/** Centers of the pre-trained embedding, or those of an interrupted clustering phase. */
async function firstCenters(
  network: ZinbClusterNetwork,
  { owner, params, values, data, history, pretrained }: ZinbClusteringOptions,
  context: FitContext,
): Promise<DenseMatrix> {
  const saved = await savedProgress(context.checkpoint, CLUSTERING_PHASE);
  const centers = saved?.tensors.get('network/centers');
  if (centers?.data instanceof Float32Array) {
    const [nClusters = 0, width = 0] = centers.shape;
    return new DenseMatrix(nClusters, width, centers.data);
  }
  const { pretrainEpochs: epochs, pretrainLr, pretrainBatchSize: batchSize } = values;
  const settings: Record<string, Json> = { epochs, pretrainLr, batchSize };
  const { parameters, cells, nCells: nItems } = network;
  await pretrained({
    ...{ parameters, data, settings, forcePretrain: values.forcePretrain },
    train: () => {
      const adam = { learningRate: pretrainLr, amsgrad: true };
      const optimizer = new Adam(parameters.trainable(), adam);
      const step = (indices: Int32Array, rng: Rng): Promise<number> => {
        const batch = cells.take(indices);
        return optimizer.minimize(() => network.zinb(batch, rng));
      };
      const run = { owner, phase: 'pretraining', term: 'pretrainLoss', epochs, nItems, batchSize };
      return pretrainEpochs({ ...run, parameters, optimizer, history, step }, context);
    },
  });
  const latent = await network.embed(values.batchSize, context);
  const { nClusters } = params;
  const clusters = await initialClusters(latent, {
    ...context,
    nClusters,
    nInit: K_MEANS_RESTARTS,
  });
  return clusters.centers;
}
