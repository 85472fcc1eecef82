import {
  defineParams,
  loadModelBundle,
  parseParams,
  type AnnData,
  type ArtifactStore,
  type FitContext,
  type ModelSpec,
  type ParamInput,
  type ParamValues,
} from '@dance-ts/core';
import type { ScoreNetwork } from '@dance-ts/nn';
import type { Compose } from '@dance-ts/transforms';
import { z } from 'zod';
import { clusterFitParams } from './cluster-training.js';
import type { Clustering, SoftClustering } from './clustering-model.js';
import { PretrainedClusteringModel } from './pretraining.js';
import {
  fitZinbClusters,
  zinbParams,
  zinbPipeline,
  zinbPreprocessParams,
  zinbPretrainFitParams,
  zinbScores,
} from './zinb-clustering.js';
import { clusteringPass } from './zinb-passes.js';

const params = defineParams(zinbParams);

const fitParams = defineParams({
  epochs: z.int().min(0).default(500).describe('Most epochs of clustering'),
  lr: z.number().positive().default(1).describe('Learning rate of clustering (Adadelta)'),
  batchSize: z.int().min(1).default(256).describe('Cells in a batch of clustering'),
  ...clusterFitParams,
  ...zinbPretrainFitParams,
});

/** Constructor parameters of {@link ScDeepCluster}. */
export type ScDeepClusterParams = ParamInput<typeof params>;
/** Parameters of {@link ScDeepCluster.fit}. */
export type ScDeepClusterFitParams = ParamInput<typeof fitParams>;
/** Parameters of {@link ScDeepCluster.preprocessing}. */
export type ScDeepClusterPreprocessParams = ParamInput<typeof zinbPreprocessParams>;

/**
 * scDeepCluster: a denoising autoencoder of counts whose embedding is clustered while it is
 * learned.
 *
 * An encoder of normalized expression gives the embedding z; a decoder gives mean s_i mu, dispersion
 * theta and dropout pi of a zero-inflated negative binomial, from a z of noisy input. Pre-training
 * minimizes ZINB(counts); k-means on z gives the centers mu_j. Then q_ij, proportional to
 * (1 + |z_i - mu_j|^2 / alpha)^(-(alpha + 1) / 2), is sharpened into the target p_ij, proportional
 * to q_ij^2 / sum_i q_ij, over all cells before each pass, and weights and centers minimize
 * ZINB(counts) + gamma KL(p || q) until less than `tol` of the cells change their cluster. A cell's
 * cluster is that of its largest q.
 *
 * Memory: cells x genes for the scaled expression (it is dense), the counts stay sparse; twice
 * batch x genes on the backend and five times that during a step, 4 bytes each. Select genes
 * (`nTopGenes`) where that is too much: a step takes time in proportion to genes.
 *
 * Departures from DANCE's code, which are the authors': gamma is applied once, not squared;
 * training stops by `tol`, and the last epoch is kept (DANCE keeps the one with the highest ARI to
 * the labels: `modelSelection: 'ari', tol: 0`). `epochs` and `sigma` are by default those of both
 * scripts, 500 and 2.5: DANCE's class has 10, which ends before `tol` can, and 1. Clusters and
 * embedding are taken after the last pass, so that they belong to the weights that are saved. Noise
 * is added to the input only (DANCE and the authors' PyTorch code); `hiddenNoise` adds it to each
 * hidden layer, as their Keras code does.
 *
 * Source: Tian, Wan, Song & Wei, Clustering single-cell RNA-seq data with a model-based deep
 * learning approach, Nature Machine Intelligence 1, 2019.
 */
export class ScDeepCluster extends PretrainedClusteringModel<
  typeof params,
  typeof fitParams,
  typeof zinbPreprocessParams
> {
  static readonly spec: ModelSpec<typeof params, typeof fitParams, typeof zinbPreprocessParams> = {
    id: 'scdeepcluster',
    name: 'ScDeepCluster',
    task: 'clustering',
    inference: 'transductive',
    backbone: 'AE',
    paper: {
      authors: 'Tian et al.',
      title: 'Clustering single-cell RNA-seq data with a model-based deep learning approach',
      venue: 'Nature Machine Intelligence 1:191-198',
      year: 2019,
      doi: '10.1038/s42256-019-0037-0',
    },
    params,
    fitParams,
    preprocessParams: zinbPreprocessParams,
  };

  protected override readonly clusteringParams = ['nClusters', 'alpha', 'gamma'] as const;

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ScDeepClusterParams) {
    super(ScDeepCluster.spec, input);
  }

  /** A saved model, ready to predict for the cells it was trained on. */
  static async load(store: ArtifactStore): Promise<ScDeepCluster> {
    const saved = await loadModelBundle(store, ScDeepCluster.spec);
    return new ScDeepCluster(saved.params).restore(saved.bundle);
  }

  /** The paper's pipeline: filters, counts kept aside, normalization, log, scaling. */
  static preprocessing(options?: ScDeepClusterPreprocessParams): Compose {
    return zinbPipeline(parseParams(zinbPreprocessParams, options, 'ScDeepCluster.preprocessing'));
  }

  protected override pipeline(values: ParamValues<typeof zinbPreprocessParams>): Compose {
    return zinbPipeline(values);
  }

  protected override async cluster(
    data: AnnData,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<SoftClustering> {
    const { params: own, history } = this;
    return fitZinbClusters(
      {
        ...{ owner: this.spec.name, params: own, values, data, history },
        pretrained: (options) => this.pretrained(options, context),
        pass: (network, optimizer, input) =>
          clusteringPass(network, optimizer, input, {
            batchSize: values.batchSize,
            gamma: own.gamma,
          }),
      },
      context,
    );
  }

  protected override scoreNetwork(data: AnnData, { weights }: Clustering): ScoreNetwork {
    return zinbScores(this.params, data, weights);
  }
}
