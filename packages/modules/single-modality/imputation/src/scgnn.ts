import {
  defineParams,
  loadModelBundle,
  parseParams,
  toCsr,
  type AnnData,
  type ArtifactStore,
  type CsrMatrix,
  type DenseMatrix,
  type FitContext,
  type History,
  type ModelSpec,
  type ParamInput,
  type ParamValues,
  type Rng,
} from '@dance-ts/core';
import { BatchBuffer, DEVICES, selectBackend } from '@dance-ts/nn';
import type { Compose } from '@dance-ts/transforms';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { ImputationModel, type Imputation } from './imputation-model.js';
import { FeatureAutoencoder } from './scgnn-autoencoder.js';
import { cellNeighbors, prunedGraph, PRUNING_RULES } from './scgnn-cell-graph.js';
import { clusterSizes, communityKMeans, mergedSmallClusters } from './scgnn-clusters.js';
import { aboveMean, graphEmbedding } from './scgnn-graph-autoencoder.js';
import { runIterations, type IterationChange, type IterationSteps } from './scgnn-iterations.js';
import { columnOf, weightedSquaredError } from './scgnn-loss.js';
import { scgnnPipeline, scgnnPreprocessParams as preprocessParams } from './scgnn-preprocessing.js';
import { regulatoryStates } from './scgnn-states.js';
import { addHistory, allRows, trainAutoencoder } from './scgnn-training.js';
import { validationMerit, type ValidationMerit } from './scgnn-validation.js';

const width = z.int().min(1);

const params = defineParams({
  hiddenDim: width.default(512).describe('Width of the hidden layers of the autoencoders'),
  latentDim: width.default(128).describe('Width of their latent features'),
  graphHiddenDim: width.default(32).describe('Hidden width of the graph autoencoder'),
  graphLatentDim: width.default(16).describe('Width of its embedding'),
  ltmg: z
    .boolean()
    .default(true)
    .describe('Whether regulatory states (LTMG) weight the errors of the first training'),
  nNeighbors: z.int().min(1).default(10).describe('Neighbors of each cell in the cell graph'),
  prune: z
    .enum(PRUNING_RULES)
    .default('isolation-forest')
    .describe('How far neighbors are dropped: the paper, the authors of the code, or not at all'),
  embedding: z
    .enum(['graph', 'feature'])
    .default('graph')
    .describe('What is clustered: graph embedding or latent features'),
  resolution: z
    .number()
    .positive()
    .max(1)
    .optional()
    .describe('k-means clusters per Louvain community; .8 below 2,000 cells, else .5'),
  maxClusters: z.int().min(2).default(30).describe('Most clusters; small ones are merged'),
  minClusterSize: z.int().min(1).default(5).describe('Cells of a cluster that is never merged'),
  seed: z.int().min(0).default(0).describe('Seed of every random stream'),
  device: z.enum(DEVICES).default('auto').describe('Where tensors are computed'),
});

const epochs = z.int().min(0);
const weight = z.number().min(0);

const fitParams = defineParams({
  epochs: epochs.default(500).describe('Epochs of the first training of the feature autoencoder'),
  iterations: z.int().min(0).default(10).describe('Most iterations'),
  emEpochs: epochs.default(200).describe('Epochs of the feature autoencoder in each iteration'),
  clusterEpochs: epochs.default(200).describe('Epochs of each cluster autoencoder'),
  graphEpochs: epochs.default(200).describe('Epochs of each graph autoencoder'),
  imputationEpochs: epochs.default(200).describe('Epochs of the imputation autoencoder'),
  batchSize: z
    .int()
    .min(1)
    .default(12800)
    .describe('Cells of a step; all at once if there are fewer'),
  lr: z.number().positive().default(1e-3).describe('Learning rate of the autoencoders (Adam)'),
  graphLr: z.number().positive().default(1e-2).describe('Learning rate of the graph autoencoder'),
  gamma: weight.default(0.1).describe('Weight of the squared errors'),
  alpha: weight.default(0.9).describe('Weight of the squared errors times regulatory states'),
  imputationGamma: weight.default(0).describe('Weight of the squared errors, last training'),
  graphWeight: weight.default(0.3).describe('Weight of errors per link, last training'),
  clusterWeight: weight.default(0.1).describe('Weight of errors per cell of the cluster, there'),
  l1: weight.default(1).describe('Weight of the sum of absolute weights, last training'),
  modelSelection: z
    .enum(['last', 'validation'])
    .default('last')
    .describe(
      'Epoch of the last training that is kept; "validation" needs held-out validation entries',
    ),
  convergence: z
    .enum(['either', 'both', 'clusters', 'graph'])
    .default('either')
    .describe('What must stay the same for the iterations to end'),
  ariThreshold: z
    .number()
    .max(1)
    .default(0.99)
    .describe('Clusters stay the same above this adjusted Rand index with those before'),
  graphThreshold: weight.default(0.01).describe('The graph stays the same below this change'),
});

/** Constructor parameters of {@link ScGNN}. */
export type ScGNNParams = ParamInput<typeof params>;
/** Parameters of {@link ScGNN.fit}. */
export type ScGNNFitParams = ParamInput<typeof fitParams>;
/** Parameters of {@link ScGNN.preprocessing}. */
export type ScGNNPreprocessParams = ParamInput<typeof preprocessParams>;

/**
 * scGNN: imputes by autoencoders that are regularized by regulatory states, cell graph and clusters.
 *
 * 1. A feature autoencoder (genes-512-128-512-genes, ReLU throughout) is trained on log expression
 *    with sum of (gamma + alpha T) E, E the squared errors and T the regulatory states of LTMG.
 * 2. The latent features give a graph of nearest neighbors, pruned of outliers; a variational graph
 *    autoencoder on features above their mean (0 or 1) embeds it; k-means groups the embedding, with
 *    the number of clusters from Louvain communities.
 * 3. Each cluster's copy of the autoencoder is trained on its cells' reconstruction (gamma E), the
 *    feature autoencoder on what these give; then step 2 again, until the clusters (ARI with those
 *    before) or the graph stay the same.
 * 4. An imputation autoencoder, from the initial weights, is trained on the original log expression
 *    with sum(A E) + sum(B E) weighted by .3 and .1 and an L1 penalty on its weights; A links
 *    cells in the graph, B cells of one cluster. Both sums are squared errors with a weight per cell
 *    (its links, the size of its cluster), so no cells x cells matrix exists. Its output is the
 *    imputed log expression.
 *
 * Memory: cells x genes x 4 bytes four times, batchSize x genes x 4 bytes about six times, and the
 * links. Time of the graph autoencoder grows with cells².
 *
 * The model is transductive. Its value has no uncertainty.
 *
 * Departures from the authors' code: each training reads the data it is meant for (there a default
 * argument binds every training to the original data); output biases start at 0; the L1 penalty is
 * in step 4, where the paper has it, each batch with its share; the graph autoencoder learns from
 * all links (there 15 % are held back for a link prediction score that nothing uses); pruning also
 * removes links from the graph autoencoder's target; LTMG sees scaled counts, not a logarithm of
 * logarithms. DANCE's version, which left the loop after one iteration and imputed by untrained
 * weights, is not offered.
 *
 * Source: Wang et al., scGNN is a novel graph neural network framework for single-cell RNA-Seq
 * analyses, Nature Communications 12:1882, 2021.
 */
export class ScGNN extends ImputationModel<
  typeof params,
  typeof fitParams,
  typeof preprocessParams
> {
  static readonly spec: ModelSpec<typeof params, typeof fitParams, typeof preprocessParams> = {
    id: 'scgnn',
    name: 'ScGNN',
    task: 'imputation',
    inference: 'transductive',
    backbone: 'GNN',
    paper: {
      authors: 'Wang et al.',
      title: 'scGNN is a novel graph neural network framework for single-cell RNA-Seq analyses',
      venue: 'Nature Communications 12:1882',
      year: 2021,
      doi: '10.1038/s41467-021-22197-x',
    },
    params,
    fitParams,
    preprocessParams,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ScGNNParams) {
    super(ScGNN.spec, input);
  }

  /** A saved model, ready to predict for the cells it was trained on. */
  static async load(store: ArtifactStore): Promise<ScGNN> {
    const saved = await loadModelBundle(store, ScGNN.spec);
    return new ScGNN(saved.params).restore(saved.bundle);
  }

  /** Filters, log expression and variable genes. */
  static preprocessing(options?: ScGNNPreprocessParams): Compose {
    return scgnnPipeline(parseParams(preprocessParams, options, 'ScGNN.preprocessing'));
  }

  protected override modelPipeline(values: ParamValues<typeof preprocessParams>): Compose {
    return scgnnPipeline(values);
  }

  protected override async learn(
    prepared: AnnData,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<Imputation> {
    const { ltmg, hiddenDim, latentDim, device } = this.params;
    await selectBackend(device, { reporter: context.reporter });
    const X = toCsr(prepared.X);
    const states = ltmg ? new BatchBuffer(await regulatoryStates(prepared, context)) : undefined;
    try {
      const widths = { hidden: hiddenDim, latent: latentDim };
      const steps = this.steps(values, states, context);
      const shared = { owner: this.spec.name, X, widths, context, history: this.history };
      const { graph, labels, embedding } = await runIterations({
        ...{ ...shared, steps, schedule: values },
      });
      const clusters =
        labels ?? (await steps.cluster(embedding, graph, context.rng.fork('clusters')));
      const cellWeights = this.cellWeights(graph, clusters, values);
      const merit =
        values.modelSelection === 'validation'
          ? validationMerit(prepared, this.spec.name, context)
          : undefined;
      return { values: await this.impute(X, cellWeights, values, context, merit), scale: 'log1p' };
    } finally {
      states?.dispose();
    }
  }

  private steps(
    values: ParamValues<typeof fitParams>,
    states: BatchBuffer | undefined,
    context: FitContext,
  ): IterationSteps {
    const { gamma, alpha } = values;
    const { nNeighbors, prune } = this.params;
    return {
      pretrainingLoss: ({ x, output, cells }) => {
        const weights = states && tf.add(tf.mul(states.take(cells), alpha), gamma);
        return weightedSquaredError(x, output, (weights as tf.Tensor2D | undefined) ?? gamma);
      },
      featureLoss: ({ x, output }) => weightedSquaredError(x, output, gamma),
      clusterLoss:
        () =>
        ({ x, output }) =>
          weightedSquaredError(x, output, gamma),
      cellGraph: async (latent) =>
        prunedGraph(await cellNeighbors(latent, nNeighbors, context), prune, context),
      embed: (latent, graph, rng, history) =>
        this.embed(latent, graph, values, { ...context, rng }, history),
      cluster: (embedding, graph, rng) => this.cluster(embedding, graph, rng, context.signal),
      hasConverged: (change) => hasConverged(change, values),
    };
  }

  private async embed(
    latent: DenseMatrix,
    graph: CsrMatrix,
    { graphEpochs, graphLr }: ParamValues<typeof fitParams>,
    context: FitContext,
    history: History,
  ): Promise<DenseMatrix> {
    const { embedding, graphHiddenDim, graphLatentDim } = this.params;
    if (embedding === 'feature') return latent;
    const training: History = {};
    const embedded = await graphEmbedding(aboveMean(latent), graph, {
      ...context,
      ...{ owner: this.spec.name, layers: 'gcn', history: training },
      hidden: graphHiddenDim,
      latent: graphLatentDim,
      epochs: graphEpochs,
      learningRate: graphLr,
    });
    addHistory(history, 'graph', training);
    return embedded;
  }

  private async cluster(
    embedding: DenseMatrix,
    graph: CsrMatrix,
    rng: Rng,
    signal: AbortSignal | undefined,
  ): Promise<Int32Array> {
    const { maxClusters, minClusterSize } = this.params;
    const { resolution = embedding.nRows < 2000 ? 0.8 : 0.5 } = this.params;
    const labels = await communityKMeans(embedding, graph, {
      nClusters: (found) => (found > 3 ? Math.floor(found * resolution) : 2),
      ...{ nInit: 10, rng, signal },
    });
    return mergedSmallClusters(labels, { maxClusters, minCells: minClusterSize });
  }

  /** What the squared errors of each cell count for in the last training. */
  private cellWeights(
    graph: CsrMatrix,
    labels: Int32Array,
    { imputationGamma, graphWeight, clusterWeight }: ParamValues<typeof fitParams>,
  ): Float64Array {
    const sizes = clusterSizes(labels);
    return graph
      .columnSums()
      .map(
        (links, cell) =>
          imputationGamma + graphWeight * links + clusterWeight * sizes[labels[cell]!]!,
      );
  }

  private async impute(
    X: CsrMatrix,
    cellWeights: Float64Array,
    { imputationEpochs, batchSize, lr, l1 }: ParamValues<typeof fitParams>,
    context: FitContext,
    merit: ValidationMerit | undefined,
  ): Promise<DenseMatrix> {
    const { hiddenDim, latentDim } = this.params;
    const widths = { hidden: hiddenDim, latent: latentDim };
    const network = new FeatureAutoencoder(X.nCols, widths, context.rng.fork('init'));
    const training: History = {};
    const cells = allRows(X.nRows);
    try {
      await trainAutoencoder({
        ...{ ...context, checkpoint: undefined },
        ...{ network, source: X, cells, batchSize, history: training },
        owner: `${this.spec.name} imputation`,
        epochs: imputationEpochs,
        learningRate: lr,
        rng: context.rng.fork('imputation'),
        merit,
        loss: ({ x, output, cells: batch, share }) => {
          const error = weightedSquaredError(x, output, columnOf(cellWeights, batch));
          const penalty = tf.mul<tf.Scalar>(network.l1Norm(), l1 * share);
          return { loss: tf.add<tf.Scalar>(error, penalty), error, penalty };
        },
      });
      addHistory(this.history, 'imputation', training);
      return (await network.reconstruct(X, cells, context.signal)).output;
    } finally {
      network.parameters.dispose();
    }
  }
}

function hasConverged(
  { ari, graphChange }: IterationChange,
  { convergence, ariThreshold, graphThreshold }: ParamValues<typeof fitParams>,
): boolean {
  const sameClusters = ari > ariThreshold;
  const sameGraph = graphChange < graphThreshold;
  switch (convergence) {
    case 'either':
      return sameClusters || sameGraph;
    case 'both':
      return sameClusters && sameGraph;
    case 'clusters':
      return sameClusters;
    case 'graph':
      return sameGraph;
  }
}
