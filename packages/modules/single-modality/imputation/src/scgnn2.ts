import {
  defineParams,
  DenseMatrix,
  loadModelBundle,
  parseParams,
  toCsr,
  type AnnData,
  type ArtifactStore,
  type CsrMatrix,
  type FitContext,
  type History,
  type ModelSpec,
  type ParamInput,
  type ParamValues,
  type Rng,
} from '@dance-ts/core';
import { louvain } from '@dance-ts/ml';
import { BatchBuffer, DEVICES, selectBackend } from '@dance-ts/nn';
import type { Compose } from '@dance-ts/transforms';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { ImputationModel, type Imputation } from './imputation-model.js';
import { cellNeighbors, undirectedGraph } from './scgnn-cell-graph.js';
import { communityKMeans, mergedSmallClusters } from './scgnn-clusters.js';
import { aboveMean, graphEmbedding } from './scgnn-graph-autoencoder.js';
import { runIterations, type AutoencoderLoss, type IterationSteps } from './scgnn-iterations.js';
import { columnOf, observedErrorNorm, weightedSquaredError } from './scgnn-loss.js';
import { scgnnPipeline, scgnnPreprocessParams as preprocessParams } from './scgnn-preprocessing.js';
import { regulatoryStates } from './scgnn-states.js';
import { addHistory } from './scgnn-training.js';
import { validationMerit } from './scgnn-validation.js';
import { linksWithinCluster, inverseDistance, rowsOfSumOne } from './scgnn2-graph.js';

const width = z.int().min(1);

const params = defineParams({
  hiddenDim: width.default(512).describe('Width of the hidden layers of the autoencoders'),
  latentDim: width.default(128).describe('Width of their latent features'),
  graphLayers: z
    .enum(['gcn', 'gat'])
    .default('gcn')
    .describe('Graph autoencoder: variational convolutions, or attention'),
  graphHiddenDim: width
    .optional()
    .describe('Hidden width of the graph autoencoder; 32, or 64 for each head of attention'),
  graphLatentDim: width.default(16).describe('Width of its embedding'),
  graphFeatures: z
    .enum(['latent', 'row-sums', 'binary'])
    .default('latent')
    .describe('Its input: latent features, these over their sum, or 1 where above the mean'),
  neighborhood: z
    .number()
    .positive()
    .default(0.05)
    .describe('Neighbors of each cell in the cell graph; below 1 their share of all cells'),
  maxNeighbors: z.int().min(1).default(30).describe('Neighbors of each cell, at most'),
  retainWeights: z
    .boolean()
    .default(false)
    .describe('Whether the graph autoencoder sees the weights of the links'),
  clusterOn: z
    .enum(['graph', 'feature', 'both'])
    .default('graph')
    .describe('What is clustered: graph embedding, latent features or both'),
  louvainOnly: z
    .boolean()
    .default(false)
    .describe('Take the Louvain communities themselves instead of as many k-means clusters'),
  resolution: z
    .number()
    .positive()
    .max(1)
    .optional()
    .describe('k-means clusters per Louvain community; .8 below 2,000 cells, else .5'),
  maxClusters: z.int().min(2).default(30).describe('Most clusters; small ones are merged'),
  minClusterSize: z.int().min(1).default(5).describe('Cells of a cluster that is never merged'),
  ltmg: z
    .boolean()
    .default(false)
    .describe('Whether regulatory states (LTMG) weight the errors of the first training'),
  seed: z.int().min(0).default(0).describe('Seed of every random stream'),
  device: z.enum(DEVICES).default('auto').describe('Where tensors are computed'),
});

const epochs = z.int().min(0);
const weight = z.number().min(0);

const fitParams = defineParams({
  epochs: epochs.default(500).describe('Epochs of the first training of the feature autoencoder'),
  iterations: z.int().min(0).default(10).describe('Most iterations'),
  emEpochs: epochs.default(300).describe('Epochs of the feature autoencoder in each iteration'),
  clusterEpochs: epochs.default(200).describe('Epochs of each cluster autoencoder'),
  graphEpochs: epochs.default(200).describe('Epochs of each graph autoencoder'),
  batchSize: z
    .int()
    .min(1)
    .default(12800)
    .describe('Cells of a step; all at once if there are fewer'),
  lr: z.number().positive().default(1e-3).describe('Learning rate of the autoencoders (Adam)'),
  graphLr: z.number().positive().default(1e-2).describe('Learning rate of the graph autoencoder'),
  reguStrength: z
    .number()
    .min(0)
    .max(1)
    .default(0.9)
    .describe('Weight of the regulatory states in the first training; plain errors have the rest'),
  errorWeight: weight.default(0.3).describe('Weight of the squared errors of clusters'),
  observedWeight: weight.default(1).describe('Weight of the errors at observed counts, there'),
  graphWeight: weight.default(0.3).describe('Weight of errors at neighbors, there'),
  clusterWeight: weight.default(0.1).describe('Weight of errors in the same cluster, there'),
  l1: weight.default(1).describe('Weight of the sum of absolute weights, there'),
  modelSelection: z
    .enum(['last', 'validation'])
    .default('last')
    .describe(
      'Epoch kept of each cluster autoencoder; "validation" needs held-out validation entries',
    ),
  earlyStop: z
    .boolean()
    .default(true)
    .describe('Whether iterations end when clusters or graph stay the same'),
  ariThreshold: z
    .number()
    .max(1)
    .default(0.95)
    .describe('Clusters stay the same above this adjusted Rand index with those before'),
  graphThreshold: weight.default(0.01).describe('The graph stays the same below this change'),
});

/** Constructor parameters of {@link ScGNN2}. */
export type ScGNN2Params = ParamInput<typeof params>;
/** Parameters of {@link ScGNN2.fit}. */
export type ScGNN2FitParams = ParamInput<typeof fitParams>;
/** Parameters of {@link ScGNN2.preprocessing}. */
export type ScGNN2PreprocessParams = ParamInput<typeof preprocessParams>;

/**
 * scGNN 2.0: the iterations of scGNN with another cell graph, an attention graph autoencoder on
 * request, and cluster autoencoders that impute themselves.
 *
 * 1. A feature autoencoder (genes-512-128-512-genes, ReLU throughout) is trained on log expression.
 * 2. Each cell is linked with a share of all cells (5 %), weighted by inverse distance and not
 *    pruned; a graph autoencoder on the latent features themselves embeds the graph.
 * 3. Louvain communities of the weighted graph give the number of k-means clusters.
 * 4. Each cluster's copy of the autoencoder is trained on the reconstruction R of its cells with
 *    .3 sum E + || (X - output) [X > 0] || + .3 sum(A E) + .1 sum(B E) + sum |w|, E the squared
 *    errors against R, X the observed log expression, A and B the row-normalized graph and cluster
 *    relation within the cluster. sum(B E) is sum E, and sum(A E) has the column sums of A as
 *    weights of the cells. Its output is the imputed log expression.
 * 5. The feature autoencoder is trained on that; then from step 2 again, until clusters or graph
 *    stay the same. The cluster autoencoders of the last iteration give the result.
 *
 * Where it differs from scGNN: regulatory states are off by default, the graph is larger,
 * weighted and not pruned, its autoencoder sees the latent features instead of bits, observed counts
 * have a term of their own, and there is no imputation autoencoder at the end.
 *
 * Memory: cells x genes x 4 bytes four times, batchSize x genes x 4 bytes about seven times, and
 * some 500 bytes a link for Louvain. Time of the graph autoencoder grows with cells².
 *
 * The model is transductive. Its value has no uncertainty.
 *
 * Departures from DANCE: the embedding is the mean of the posterior (there the sample of the last
 * epoch); weights per cell instead of cells x cells matrices, so batches may be smaller than the
 * data; at most 30 neighbors (5 % of 20,000 cells were 20 million links); each batch has its share of
 * the L1 penalty; iterations end early, as in the authors' code (`earlyStop: false`: all of them);
 * output biases start at 0; previous embeddings are not added to the input (off there by default); no bulk data.
 *
 * Source: Gu et al., scGNN 2.0: a graph neural network tool for imputation and clustering of
 * single-cell RNA-Seq data, Bioinformatics 38(23):5322-5325, 2022.
 */
export class ScGNN2 extends ImputationModel<
  typeof params,
  typeof fitParams,
  typeof preprocessParams
> {
  static readonly spec: ModelSpec<typeof params, typeof fitParams, typeof preprocessParams> = {
    id: 'scgnn2',
    name: 'ScGNN2',
    task: 'imputation',
    inference: 'transductive',
    backbone: 'GNN',
    paper: {
      authors: 'Gu et al.',
      title:
        'scGNN 2.0: a graph neural network tool for imputation and clustering of single-cell ' +
        'RNA-Seq data',
      venue: 'Bioinformatics 38(23):5322-5325',
      year: 2022,
      doi: '10.1093/bioinformatics/btac684',
    },
    params,
    fitParams,
    preprocessParams,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ScGNN2Params) {
    super(ScGNN2.spec, input);
  }

  /** A saved model, ready to predict for the cells it was trained on. */
  static async load(store: ArtifactStore): Promise<ScGNN2> {
    const saved = await loadModelBundle(store, ScGNN2.spec);
    return new ScGNN2(saved.params).restore(saved.bundle);
  }

  /** Filters, log expression and variable genes. */
  static preprocessing(options?: ScGNN2PreprocessParams): Compose {
    return scgnnPipeline(parseParams(preprocessParams, options, 'ScGNN2.preprocessing'));
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
    const observed = new BatchBuffer(X);
    const states = ltmg ? new BatchBuffer(await regulatoryStates(prepared, context)) : undefined;
    try {
      const { imputed, reconstruction } = await runIterations({
        ...{ owner: this.spec.name, X, context, history: this.history, schedule: values },
        widths: { hidden: hiddenDim, latent: latentDim },
        merit:
          values.modelSelection === 'validation'
            ? validationMerit(prepared, this.spec.name, context)
            : undefined,
        steps: this.steps(values, { observed, states }, context),
      });
      return { values: imputed ?? reconstruction, scale: 'log1p' };
    } finally {
      observed.dispose();
      states?.dispose();
    }
  }

  private steps(
    values: ParamValues<typeof fitParams>,
    { observed, states }: { observed: BatchBuffer; states: BatchBuffer | undefined },
    context: FitContext,
  ): IterationSteps {
    const { reguStrength, earlyStop, ariThreshold, graphThreshold } = values;
    return {
      pretrainingLoss: ({ x, output, cells }) => {
        const plain = 1 - reguStrength;
        if (states === undefined) return weightedSquaredError(x, output, plain);
        const weights = tf.add<tf.Tensor2D>(tf.mul(states.take(cells), reguStrength), plain);
        return weightedSquaredError(x, output, weights);
      },
      featureLoss: ({ x, output }) => weightedSquaredError(x, output, 1),
      clusterLoss: (network, members, graph) =>
        clusterLoss(() => network.l1Norm(), members, graph, observed, values),
      cellGraph: async (latent) => {
        const neighbors = await cellNeighbors(latent, this.nNeighbors(latent.nRows), context);
        return undirectedGraph(neighbors, inverseDistance(neighbors));
      },
      embed: (latent, graph, rng, history) =>
        this.embed(latent, graph, values, { ...context, rng }, history),
      cluster: (embedding, graph, rng) => this.cluster(embedding, graph, rng, context.signal),
      hasConverged: ({ ari, graphChange }) =>
        earlyStop && (ari > ariThreshold || graphChange < graphThreshold),
    };
  }

  private nNeighbors(nCells: number): number {
    const { neighborhood, maxNeighbors } = this.params;
    const wanted = neighborhood < 1 ? neighborhood * nCells : neighborhood;
    return Math.max(1, Math.min(maxNeighbors, Math.round(wanted)));
  }

  private async embed(
    latent: DenseMatrix,
    graph: CsrMatrix,
    { graphEpochs, graphLr }: ParamValues<typeof fitParams>,
    context: FitContext,
    history: History,
  ): Promise<DenseMatrix> {
    const { clusterOn, graphLayers, graphFeatures, graphLatentDim, retainWeights } = this.params;
    if (clusterOn === 'feature') return latent;
    const training: History = {};
    const features =
      graphFeatures === 'latent'
        ? latent
        : graphFeatures === 'binary'
          ? aboveMean(latent)
          : rowsOfSumOne(latent);
    const links = retainWeights ? graph : graph.mapData(() => 1);
    const embedded = await graphEmbedding(features, links, {
      ...context,
      ...{ owner: this.spec.name, layers: graphLayers, history: training },
      hidden: this.params.graphHiddenDim ?? (graphLayers === 'gat' ? 64 : 32),
      latent: graphLatentDim,
      epochs: graphEpochs,
      learningRate: graphLr,
    });
    addHistory(history, 'graph', training);
    return clusterOn === 'both' ? sideBySide(embedded, latent) : embedded;
  }

  private async cluster(
    embedding: DenseMatrix,
    graph: CsrMatrix,
    rng: Rng,
    signal: AbortSignal | undefined,
  ): Promise<Int32Array> {
    const { louvainOnly, maxClusters, minClusterSize } = this.params;
    const { resolution = embedding.nRows < 2000 ? 0.8 : 0.5 } = this.params;
    const labels = louvainOnly
      ? (await louvain(graph, { rng: rng.fork('louvain'), signal })).labels
      : await communityKMeans(embedding, graph, {
          nClusters: (found) => Math.round(Math.max(found * resolution, 2)),
          ...{ nInit: 1, rng, signal },
        });
    return mergedSmallClusters(labels, { maxClusters, minCells: minClusterSize });
  }
}

/** The loss of step 4 for the cells of one cluster. */
function clusterLoss(
  l1Norm: () => tf.Scalar,
  members: Int32Array,
  graph: CsrMatrix,
  observed: BatchBuffer,
  values: ParamValues<typeof fitParams>,
): AutoencoderLoss {
  const { errorWeight, observedWeight, graphWeight, clusterWeight, l1 } = values;
  const cellWeights = linksWithinCluster(graph, members).map(
    (sum) => errorWeight + clusterWeight + graphWeight * sum,
  );
  return ({ x, output, cells, share }) =>
    tf.addN<tf.Scalar>([
      weightedSquaredError(x, output, columnOf(cellWeights, cells)),
      tf.mul(observedErrorNorm(observed.take(cells), output), observedWeight),
      tf.mul(l1Norm(), l1 * share),
    ]);
}

function sideBySide(left: DenseMatrix, right: DenseMatrix): DenseMatrix {
  const joined = DenseMatrix.zeros(left.nRows, left.nCols + right.nCols);
  for (let i = 0; i < left.nRows; i++) {
    joined.row(i).set(left.row(i));
    joined.row(i).set(right.row(i), left.nCols);
  }
  return joined;
}
