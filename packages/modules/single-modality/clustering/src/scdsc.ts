import {
  defineParams,
  DenseMatrix,
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
import {
  Adam,
  BatchBuffer,
  DEVICES,
  selectBackend,
  SparseOperand,
  symmetricNormalized,
  xavierNormal,
  type ScoreNetwork,
} from '@dance-ts/nn';
import {
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
import { z } from 'zod';
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
import { readCountInput, type CountInput } from './count-input.js';
import { initialClusters, nClustersParam } from './initial-clusters.js';
import { pretrainEpochs } from './pretrain-epochs.js';
import { PretrainedClusteringModel, pretrainFitParams } from './pretraining.js';
import { AllCells, StructuralNetwork } from './structural-network.js';
import { toTensor } from './tensors.js';
import { savedProgress } from './training-phase.js';

const width = (units: number, layer: string): z.ZodDefault<z.ZodInt> =>
  z.int().min(1).default(units).describe(`Units of ${layer}`);

const params = defineParams({
  nClusters: nClustersParam,
  sigma: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('Share of the autoencoder in the input of each graph layer; 1 cuts the graph off'),
  nEnc1: width(512, 'the first encoder layer'),
  nEnc2: width(256, 'the second encoder layer'),
  nEnc3: width(256, 'the third encoder layer'),
  nZ1: width(256, 'the first latent layer'),
  nZ2: width(128, 'the second latent layer'),
  nZ3: width(32, 'the third latent layer, the embedding'),
  nDec1: width(256, 'the first decoder layer'),
  nDec2: width(256, 'the second decoder layer'),
  nDec3: width(512, 'the third decoder layer'),
  v: z.number().positive().default(1).describe('Degrees of freedom of the soft assignment'),
  labelsFrom: z
    .enum(['q', 'pred'])
    .default('q')
    .describe('Clusters of the embedding (q) or of the last graph layer (pred)'),
  compat: z
    .enum(['paper', 'dance'])
    .default('paper')
    .describe("The paper's method, or DANCE's: see the departures of the class"),
  seed: z.int().min(0).default(0).describe('Seed of every random stream'),
  device: z.enum(DEVICES).default('auto').describe('Where tensors are computed'),
});

const fitParams = defineParams({
  epochs: z.int().min(0).default(300).describe('Clustering epochs, one step on all cells each'),
  lr: z.number().positive().default(1e-3).describe('Learning rate of Adam'),
  bcl: z.number().min(0).default(0.1).describe('Weight of the binary cross-entropy of q and p'),
  cl: z.number().min(0).default(0.01).describe('Weight of the divergence of pred from p'),
  rl: z.number().min(0).default(1).describe('Weight of the squared error of the reconstruction'),
  zl: z.number().min(0).default(0.1).describe('Weight of the likelihood of the counts'),
  pretrainEpochs: z.int().min(0).default(200).describe('Epochs of pre-training the autoencoder'),
  pretrainLr: z.number().positive().default(1e-3).describe('Learning rate of pre-training'),
  pretrainBatchSize: z.int().min(2).default(256).describe('Cells in a batch of pre-training'),
  ...pretrainFitParams,
  ...clusterFitParams,
  updateInterval: z.int().min(1).default(10).describe('Epochs between two updates of the target p'),
  tol: z
    .number()
    .min(0)
    .default(0)
    .describe('Stop when a smaller share of the cells changed its cluster since the last update'),
});

const preprocessParams = defineParams({
  nTopGenes: z.int().min(1).default(2000).describe('Highly variable genes (cell_ranger flavor)'),
  nNeighbors: z.int().min(2).default(50).describe('Neighbors of a cell in the graph, with itself'),
});

/** Constructor parameters of {@link ScDSC}. */
export type ScDSCParams = ParamInput<typeof params>;
/** Parameters of {@link ScDSC.fit}. */
export type ScDSCFitParams = ParamInput<typeof fitParams>;
/** Parameters of {@link ScDSC.preprocessing}. */
export type ScDSCPreprocessParams = ParamInput<typeof preprocessParams>;

/**
 * scDSC: deep structural clustering by an autoencoder and a graph network that teach each other.
 *
 * An autoencoder with batch normalization (three encoder, three latent, three decoder layers)
 * reconstructs the scaled expression X by squared error and the counts by a zero-inflated negative
 * binomial. Beside it run seven graph layers H_l = relu(A M_l W_l) on the graph of correlated cells,
 * M_1 = X and M_l = (1 - sigma) H_(l-1) + sigma T_(l-1) with T the outputs of the encoder's layers;
 * the softmax of the last one is `pred`. q is the Student t assignment of the embedding z3 to
 * trained centers and p its target. Loss: bcl BCE(q, p) + cl KL(p | pred) + rl MSE + zl ZINB.
 *
 * Memory: each clustering step takes all cells: cells x genes x 4 bytes for the scaled expression,
 * and the outputs of all layers with their gradients; what the decoder gives is held for 1,024 cells
 * at a time. Pre-training works in batches.
 *
 * Departures from DANCE's code, which `compat: 'dance'` undoes: centers from k-means on the
 * pre-trained embedding instead of at random; the autoencoder is trained further instead of frozen;
 * the graph is D^-1/2 (A + I) D^-1/2 instead of unnormalized; the likelihood is that of the counts
 * instead of their logarithms, and X is taken to the logarithm once. Whichever `compat`: sigma is
 * 0.5 by default, as 1 would cut the graph off. There is no stop rule unless `tol` is set, as in
 * both. Where DANCE and the authors' code differ otherwise, the defaults are DANCE's; the authors
 * train with `lr: 1e-4`, renew p in each epoch (`updateInterval: 1`, theirs with the statistics of
 * the batch) and report `labelsFrom: 'pred'`, a setting of its own in the benchmark. Their graph,
 * D^-1 (A + I) of plain neighbors, gives way to the paper's symmetric form.
 *
 * Source: Gan et al., Deep structural clustering for single-cell RNA-seq data jointly through
 * autoencoder and graph neural network, Briefings in Bioinformatics 23(2), 2022.
 */
export class ScDSC extends PretrainedClusteringModel<
  typeof params,
  typeof fitParams,
  typeof preprocessParams
> {
  static readonly spec: ModelSpec<typeof params, typeof fitParams, typeof preprocessParams> = {
    id: 'scdsc',
    name: 'ScDSC',
    task: 'clustering',
    inference: 'transductive',
    backbone: 'AE + GNN',
    paper: {
      authors: 'Gan et al.',
      title:
        'Deep structural clustering for single-cell RNA-seq data jointly through autoencoder and graph neural network',
      venue: 'Briefings in Bioinformatics 23(2):bbac018',
      year: 2022,
      doi: '10.1093/bib/bbac018',
    },
    params,
    fitParams,
    preprocessParams,
  };

  protected override readonly clusteringParams = ['nClusters', 'sigma', 'v', 'labelsFrom'] as const;

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ScDSCParams) {
    super(ScDSC.spec, input);
  }

  /** A saved model, ready to predict for the cells it was trained on. */
  static async load(store: ArtifactStore): Promise<ScDSC> {
    const saved = await loadModelBundle(store, ScDSC.spec);
    return new ScDSC(saved.params).restore(saved.bundle);
  }

  /** Filters, counts kept, normalization, variable genes, scaling, graph of correlated cells. */
  static preprocessing(options?: ScDSCPreprocessParams): Compose {
    return pipeline(parseParams(preprocessParams, options, 'ScDSC.preprocessing'), 'paper');
  }

  protected override pipeline(values: ParamValues<typeof preprocessParams>): Compose {
    return pipeline(values, this.params.compat);
  }

  protected override async cluster(
    data: AnnData,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<SoftClustering> {
    const input = readCountInput(data);
    await selectBackend(this.params.device, { reporter: context.reporter });
    const cells = new AllCells(input, this.graphOf(data));
    const network = new StructuralNetwork(this.params, input.x.nCols, context.rng.fork('init'));
    try {
      await this.prepareClusters(network, cells, data, values, context);
      const assignment = await this.trainNetwork(network, cells, data, values, context);
      const probabilities = probabilitiesOf(
        this.params.labelsFrom === 'q' ? assignment.logQ : await network.predictions(cells),
      );
      return {
        labels: hardLabels(probabilities),
        latent: assignment.latent,
        probabilities,
        weights: await network.parameters.capture('network/'),
      };
    } finally {
      cells.dispose();
      network.parameters.dispose();
    }
  }

  protected override scoreNetwork(data: AnnData, { weights }: Clustering): ScoreNetwork {
    const { x: features } = readCountInput(data);
    const network = new StructuralNetwork(this.params, features.nCols, Rng.fromSeed(0));
    network.addClusters(roomForCenters(weights));
    const graph = this.params.labelsFrom === 'pred' ? this.graphOf(data) : undefined;
    return {
      ...restored(network.parameters, weights),
      ...{ features, joint: graph !== undefined },
      scores: (x) => network.probabilities(x, graph),
    };
  }

  private graphOf(data: AnnData): SparseOperand {
    const graph = readNeighborGraph(data);
    return this.params.compat === 'paper'
      ? symmetricNormalized(graph, { selfLoops: true })
      : new SparseOperand(graph);
  }

  /** Pre-trains and adds the centers and the graph layers; only adds them to a resumed run. */
  private async prepareClusters(
    network: StructuralNetwork,
    cells: AllCells,
    data: AnnData,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<void> {
    const saved = await savedProgress(context.checkpoint, CLUSTERING_PHASE);
    const shape = saved?.tensors.get('network/centers')?.shape;
    if (shape !== undefined) {
      network.addClusters(DenseMatrix.zeros(shape[0]!, shape[1]!));
      return;
    }
    const { forcePretrain, pretrainEpochs: epochs, pretrainLr, pretrainBatchSize } = values;
    await this.pretrained(
      {
        ...{ parameters: network.parameters, data, forcePretrain },
        settings: { epochs, pretrainLr, pretrainBatchSize },
        train: () => this.pretrainNetwork(network, cells.input.x, values, context),
      },
      context,
    );
    const { nClusters, compat } = this.params;
    const rng = context.rng.fork('centers');
    if (compat === 'dance' && nClusters !== 'auto') {
      const random = xavierNormal(nClusters, this.params.nZ3, rng);
      network.addClusters(new DenseMatrix(nClusters, this.params.nZ3, random));
      return;
    }
    const latent = await network.embed(cells);
    const { centers } = await initialClusters(latent, { ...context, rng, nClusters });
    network.addClusters(centers);
  }

  private async pretrainNetwork(
    network: StructuralNetwork,
    x: CountInput['x'],
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<void> {
    const { parameters } = network;
    const learned = network.learnedWhilePretraining();
    const optimizer = new Adam(learned, { learningRate: values.pretrainLr });
    const batches = new BatchBuffer(x);
    try {
      await pretrainEpochs(
        {
          ...{ owner: this.spec.name, phase: 'pretrain', term: 'pretrainLoss' },
          ...{ epochs: values.pretrainEpochs, batchSize: values.pretrainBatchSize },
          ...{ nItems: x.nRows, parameters, optimizer, history: this.history },
          step: (batch) => {
            const target = batches.take(batch);
            return optimizer.minimize(() => network.reconstructionLoss(target));
          },
        },
        context,
      );
    } finally {
      batches.dispose();
    }
  }

  private async trainNetwork(
    network: StructuralNetwork,
    cells: AllCells,
    data: AnnData,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<SoftAssignment> {
    const { parameters } = network;
    const learned = network.learnedWhileClustering({
      frozenAutoencoder: this.params.compat === 'dance',
    });
    const optimizer = new Adam(learned, { learningRate: values.lr });
    try {
      return await trainClusters(
        {
          ...{ owner: this.spec.name, values, parameters, optimizer, data, history: this.history },
          assign: () => network.assign(cells),
          pass: async ({ target, pacer }) => {
            await pacer.tick();
            const p = toTensor(target);
            try {
              return await optimizer.minimizeTerms(() => network.loss(cells, p, values));
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

function pipeline(
  { nTopGenes, nNeighbors }: ParamValues<typeof preprocessParams>,
  compat: 'paper' | 'dance',
): Compose {
  const counts = [new SaveRaw({ out: 'counts' })];
  const logarithm = [new NormalizeTotal(), new Log1P()];
  const again = [
    new FilterGenesScanpy({ minCounts: 1 }),
    new FilterCellsScanpy({ minCounts: 1 }),
    ...counts,
    ...logarithm,
  ];
  return new Compose([
    new FilterGenesScanpy({ minCounts: 3 }),
    new FilterCellsScanpy({ minCounts: 1 }),
    ...(compat === 'paper' ? counts : []),
    ...logarithm,
    new HighlyVariableGenes({ flavor: 'cell_ranger', nTopGenes, subset: true }),
    ...(compat === 'dance' ? again : []),
    new Scale(),
    new NeighborGraph({ metric: 'correlation', nNeighbors, channel: 'X' }),
    new SetConfig({ feature: [{ slot: 'obsp', key: 'NeighborGraph' }, { slot: 'X' }] }),
  ]);
}
