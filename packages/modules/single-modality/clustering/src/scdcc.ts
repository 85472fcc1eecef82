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
import type { Optimizer, ScoreNetwork, Terms } from '@dance-ts/nn';
import {
  Compose,
  PairwiseConstraints,
  readPairwiseConstraints,
  type LinkedPairs,
} from '@dance-ts/transforms';
import { z } from 'zod';
import { clusterFitParams, type ClusterPass } from './cluster-training.js';
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
import type { ZinbClusterNetwork } from './zinb-network.js';
import { cannotLinkPass, clusteringPass, mustLinkPass } from './zinb-passes.js';

const params = defineParams({
  ...zinbParams,
  mlWeight: z.number().min(0).default(1).describe('Weight of the must-link loss'),
  clWeight: z.number().min(0).default(1).describe('Weight of the cannot-link loss'),
  compat: z
    .enum(['paper', 'dance'])
    .default('paper')
    .describe('Score the cells that are in no pair only, or all'),
});

const fitParams = defineParams({
  epochs: z.int().min(0).default(500).describe('Most epochs of clustering'),
  lr: z.number().positive().default(1).describe('Learning rate of clustering (Adadelta)'),
  batchSize: z.int().min(1).default(256).describe('Cells, or pairs, in a batch of clustering'),
  mlP: z.number().min(0).default(1).describe('Another factor on the must-link loss, of this fit'),
  clP: z.number().min(0).default(1).describe('Another factor on the cannot-link loss, of this fit'),
  ...clusterFitParams,
  ...zinbPretrainFitParams,
});

const preprocessParams = defineParams({
  ...zinbPreprocessParams.shape,
  nPairwise: z
    .int()
    .min(0)
    .default(0)
    .describe('Pairs of cells to draw from known labels, which replace those in the data; 0: none'),
  nPairwiseError: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Share of the drawn pairs that are given the wrong way round'),
  labelCells: z
    .number()
    .positive()
    .max(1)
    .default(0.1)
    .describe('Share of the cells whose labels the drawn pairs may look at'),
  pairLabels: z
    .string()
    .optional()
    .describe('Column of obs with the known labels for pairs; the label channel if left out'),
});

/** Constructor parameters of {@link ScDCC}. */
export type ScDCCParams = ParamInput<typeof params>;
/** Parameters of {@link ScDCC.fit}. */
export type ScDCCFitParams = ParamInput<typeof fitParams>;
/** Parameters of {@link ScDCC.preprocessing}. */
export type ScDCCPreprocessParams = ParamInput<typeof preprocessParams>;

/**
 * scDCC: scDeepCluster that is told of some pairs of cells whether they must or cannot be in one
 * cluster.
 *
 * Network, pre-training and first centers are those of scDeepCluster: a denoising ZINB autoencoder
 * and the soft assignment q of its embedding. Each epoch is one pass over the cells on
 * ZINB + gamma KL(p || q), then one over the pairs (a, b) that must be linked on
 * -ln sum_j q_aj q_bj + ZINB of both cells, then one over those that cannot be linked on
 * -ln(1 - sum_j q_aj q_bj), each batch a step of its own.
 *
 * Pairs are read from `obsp.must_link` and `obsp.cannot_link` of the data (1 at (a, b) for a pair).
 * Without any, which is the default, the fit is unsupervised; `preprocess(data, { nPairwise })`
 * draws pairs from known labels. Cells that are in a pair are left out of scores.
 *
 * Memory: cells x genes for the scaled expression (it is dense), the counts stay sparse; four times
 * batch x genes on the backend and ten times that during a step on pairs, 4 bytes each. A pass over
 * n pairs costs as much as two over n cells.
 *
 * Departures from DANCE's code, which are the authors': training stops by `tol`, and the last epoch
 * is kept (DANCE keeps the one with the highest ARI to the labels: `modelSelection: 'ari', tol:
 * 0`); the two weights are independent (DANCE's script passes the first as the second); scores
 * leave out constrained cells, unless `compat: 'dance'`. `epochs` and `sigma` are by default those
 * of DANCE's script, 500 and 2.5: its class has 10, which ends before `tol` can, and 1. Clusters
 * and embedding are taken after the last pass. Pairs are distinct, also those that cannot be
 * linked, and both losses are bounded where q is certain.
 *
 * Source: Tian, Zhang, Lin, Wei & Hakonarson, Model-based deep embedding for constrained clustering
 * analysis of single cell RNA-seq data, Nature Communications 12:1873, 2021.
 */
export class ScDCC extends PretrainedClusteringModel<
  typeof params,
  typeof fitParams,
  typeof preprocessParams
> {
  static readonly spec: ModelSpec<typeof params, typeof fitParams, typeof preprocessParams> = {
    id: 'scdcc',
    name: 'ScDCC',
    task: 'clustering',
    inference: 'transductive',
    backbone: 'AE',
    paper: {
      authors: 'Tian et al.',
      title:
        'Model-based deep embedding for constrained clustering analysis of single cell RNA-seq data',
      venue: 'Nature Communications 12:1873',
      year: 2021,
      doi: '10.1038/s41467-021-22008-3',
    },
    params,
    fitParams,
    preprocessParams,
  };

  protected override readonly clusteringParams = [
    'nClusters',
    'alpha',
    'gamma',
    'mlWeight',
    'clWeight',
  ] as const;

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ScDCCParams) {
    super(ScDCC.spec, input);
  }

  /** A saved model, ready to predict for the cells it was trained on. */
  static async load(store: ArtifactStore): Promise<ScDCC> {
    const saved = await loadModelBundle(store, ScDCC.spec);
    return new ScDCC(saved.params).restore(saved.bundle);
  }

  /** The paper's pipeline: filters, counts kept aside, normalization, log, scaling; and pairs. */
  static preprocessing(options?: ScDCCPreprocessParams): Compose {
    return pipeline(parseParams(preprocessParams, options, 'ScDCC.preprocessing'));
  }

  protected override pipeline(values: ParamValues<typeof preprocessParams>): Compose {
    return pipeline(values);
  }

  protected override async cluster(
    data: AnnData,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<SoftClustering> {
    const { params: own, history } = this;
    const links = readPairwiseConstraints(data);
    const rng = context.rng.fork('pairs');
    const shuffled: LinkedPairs = {
      mustLink: rng.fork('must-link').shuffle([...links.mustLink]),
      cannotLink: rng.fork('cannot-link').shuffle([...links.cannotLink]),
    };
    const clustering = await fitZinbClusters(
      {
        ...{ owner: this.spec.name, params: own, values, data, history },
        pretrained: (options) => this.pretrained(options, context),
        pass: (network, optimizer, input) =>
          this.pass(network, optimizer, input, { links: shuffled, values }),
      },
      context,
    );
    if (own.compat === 'dance') return clustering;
    return { ...clustering, told: cellsInPairs(links, data.nObs) };
  }

  protected override scoreNetwork(data: AnnData, { weights }: Clustering): ScoreNetwork {
    return zinbScores(this.params, data, weights);
  }

  /** One epoch: all cells, then pairs that must, then pairs that cannot be linked. */
  private async pass(
    network: ZinbClusterNetwork,
    optimizer: Optimizer,
    input: ClusterPass,
    { links, values }: { links: LinkedPairs; values: ParamValues<typeof fitParams> },
  ): Promise<Terms> {
    const { gamma, mlWeight, clWeight } = this.params;
    const { batchSize, mlP, clP } = values;
    const { rng, pacer } = input;
    const ofCells = await clusteringPass(network, optimizer, input, { batchSize, gamma });
    const mustLink = await mustLinkPass(network, optimizer, {
      ...{ pairs: links.mustLink, weight: mlP * mlWeight, batchSize, pacer },
      rng: rng.fork('must-link'),
    });
    const cannotLink = await cannotLinkPass(network, optimizer, {
      ...{ pairs: links.cannotLink, weight: clP * clWeight, batchSize, pacer },
      rng: rng.fork('cannot-link'),
    });
    return { ...ofCells, ...mustLink, ...cannotLink };
  }
}

function pipeline(values: ParamValues<typeof preprocessParams>): Compose {
  const { nPairwise: nPairs, nPairwiseError: errorRate, labelCells, pairLabels } = values;
  const base = zinbPipeline(values);
  if (nPairs === 0) return base;
  const labelKey = pairLabels === undefined ? {} : { labelKey: pairLabels };
  return new Compose([
    ...base.steps,
    new PairwiseConstraints({ nPairs, errorRate, labelFraction: labelCells, ...labelKey }),
  ]);
}

/** 1 for each cell that is in a pair. */
function cellsInPairs({ mustLink, cannotLink }: LinkedPairs, nCells: number): Int32Array {
  const marks = new Int32Array(nCells);
  for (const pair of [...mustLink, ...cannotLink]) for (const cell of pair) marks[cell] = 1;
  return marks;
}
