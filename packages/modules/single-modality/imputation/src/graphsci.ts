import {
  defineParams,
  loadModelBundle,
  parseParams,
  toCsr,
  type AnnData,
  type ArtifactStore,
  type FitContext,
  type ModelSpec,
  type ParamInput,
  type ParamValues,
} from '@dance-ts/core';
import {
  Adam,
  DEVICES,
  EarlyStopping,
  selectBackend,
  trainEpochs,
  TrainingState,
} from '@dance-ts/nn';
import {
  Compose,
  FeatureFeatureGraph,
  FilterCellsScanpy,
  FilterGenesScanpy,
  FilterGenesTopK,
  Log1P,
  readFeatureFeatureGraph,
} from '@dance-ts/transforms';
import { z } from 'zod';
import { GraphSciNetwork } from './graphsci-network.js';
import { GraphSciInput } from './graphsci-training.js';
import { ImputationModel, type Imputation } from './imputation-model.js';

const params = defineParams({
  graphDims: z
    .array(z.int().min(1))
    .length(2)
    .default([256, 256])
    .describe('Widths of the two graph convolutions over genes'),
  cellDims: z
    .array(z.int().min(1))
    .min(1)
    .default([256, 256])
    .describe('Widths of the hidden layers over cells'),
  dropout: z.number().min(0).max(0.95).default(0.1).describe('Dropout rate before every layer'),
  compat: z
    .enum(['paper', 'dance'])
    .default('paper')
    .describe('Weights between genes: W o Z, or the unconstrained Z W^T of DANCE'),
  seed: z.int().min(0).default(0).describe('Seed of every random stream'),
  device: z.enum(DEVICES).default('auto').describe('Where tensors are computed'),
});

const weight = z.number().min(0);

const fitParams = defineParams({
  epochs: z.int().min(0).default(300).describe('Most epochs; 0 leaves the weights untrained'),
  patience: z
    .int()
    .min(0)
    .default(30)
    .describe('Epochs without a smaller validation loss after which training ends'),
  lr: z.number().positive().default(1e-3).describe('Learning rate of Adam'),
  weightDecay: z.number().min(0).default(1e-6).describe('L2 penalty, added to the gradient'),
  batchSize: z
    .int()
    .min(1)
    .default(4096)
    .describe('Most cells of a step; more cells are split evenly'),
  le: weight.default(1).describe('Weight of the likelihood of the counts'),
  la: weight.default(0.01).describe('Weight of the reconstruction of the gene graph'),
  ke: weight.default(1).describe('Weight of the squared error of the counts'),
  ka: weight.default(0.01).describe('Weight of the KL divergence of the gene graph'),
  valRatio: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.05)
    .describe(
      'Share of the counts of each cell hidden to choose the epoch, if the data bring no ' +
        'validation entries; with 0 the last epoch is kept',
    ),
  nDraws: z
    .int()
    .min(0)
    .default(10)
    .describe('Gene graphs drawn for the standard deviations; 0: none'),
});

const preprocessParams = defineParams({
  minCells: z
    .number()
    .min(0)
    .default(0.05)
    .describe('Fewest cells that express a gene; below 1 their share'),
  nTopGenes: z
    .int()
    .min(2)
    .default(2000)
    .describe('Genes of the largest variance of log counts that are kept'),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.3)
    .describe('Smallest absolute correlation of two genes that links them'),
});

/** Constructor parameters of {@link GraphSCI}. */
export type GraphSCIParams = ParamInput<typeof params>;
/** Parameters of {@link GraphSCI.fit}. */
export type GraphSCIFitParams = ParamInput<typeof fitParams>;
/** Parameters of {@link GraphSCI.preprocessing}. */
export type GraphSCIPreprocessParams = ParamInput<typeof preprocessParams>;

/**
 * GraphSCI: imputes counts by an autoencoder over cells whose first layer mixes genes along a
 * learned gene-gene graph.
 *
 * Genes are linked where their log counts correlate. Two graph convolutions over genes (features:
 * the expression in all cells) and two heads give a normal posterior N(mu, sigma^2) of a gene-gene
 * matrix Z. Cells pass ReLU(x (W o Z) + b), two hidden layers and three heads to the mean m, the
 * dispersion and the dropout of a zero-inflated negative binomial of their counts with mean m s (s:
 * total count over the median total). The imputed counts are m s.
 *
 * Loss: le ZINB + la adjacency + ke (.5 / G) squared error of the counts + ka KL(Z || N(0, 1)), with
 * adjacency the weighted cross entropy of the links with Z as logits (Kipf & Welling, 2016). Of the
 * epochs the one with the smallest squared error of log(1 + count) on validation entries is kept:
 * those in `layers['validation']`, else `valRatio` of the counts, hidden during training only.
 *
 * The model is transductive. The standard deviation of an imputed count is its root mean square
 * change when Z is drawn instead of taken at its mean.
 *
 * Memory: 14 matrices of genes x genes (224 MiB for 2,000; refused beyond 7,500 genes), batchSize x
 * genes x about 200 bytes during a step, cells x genes x 8 bytes for the imputed counts.
 *
 * Departures from DANCE follow the paper and the authors' code: mean and deviation of Z have a head
 * each (DANCE uses the head of the mean twice); Z is drawn by mean + deviation x noise, so that
 * gradients reach both; genes mix by W o Z; the likelihood has the term -ln(1 - pi) of positive
 * counts; links are a binary target (DANCE: a softmax over each row); evaluation takes the mean of Z
 * (DANCE draws there, too); the heads over cells have no batch normalization. Validation compares
 * with the true counts, not with zeros, and training ends when it has not improved for long. Constant genes are linked to themselves only. The weights
 * la and ka are those of the first release of DANCE: the later ones (1e-9, 1) switch the
 * reconstruction of the graph off.
 *
 * Source: Rao, Zhou, Lu, Zhao & Yang, Imputing single-cell RNA-seq data by combining graph
 * convolution and autoencoder neural networks, iScience 24:102393, 2021.
 */
export class GraphSCI extends ImputationModel<
  typeof params,
  typeof fitParams,
  typeof preprocessParams
> {
  static readonly spec: ModelSpec<typeof params, typeof fitParams, typeof preprocessParams> = {
    id: 'graphsci',
    name: 'GraphSCI',
    task: 'imputation',
    inference: 'transductive',
    backbone: 'GNN',
    paper: {
      authors: 'Rao et al.',
      title:
        'Imputing single-cell RNA-seq data by combining graph convolution and autoencoder neural ' +
        'networks',
      venue: 'iScience 24:102393',
      year: 2021,
      doi: '10.1016/j.isci.2021.102393',
    },
    params,
    fitParams,
    preprocessParams,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: GraphSCIParams) {
    super(GraphSCI.spec, input);
  }

  /** A saved model, ready to predict for the cells it was trained on. */
  static async load(store: ArtifactStore): Promise<GraphSCI> {
    const saved = await loadModelBundle(store, GraphSCI.spec);
    return new GraphSCI(saved.params).restore(saved.bundle);
  }

  /** Filters, log counts, variable genes and the graph of correlated genes. */
  static preprocessing(options?: GraphSCIPreprocessParams): Compose {
    return pipeline(parseParams(preprocessParams, options, 'GraphSCI.preprocessing'));
  }

  protected override modelPipeline(values: ParamValues<typeof preprocessParams>): Compose {
    return pipeline(values);
  }

  protected override async learn(
    prepared: AnnData,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<Imputation> {
    const { graphDims, cellDims, dropout, compat, device } = this.params;
    const { valRatio, nDraws, batchSize } = values;
    await selectBackend(device, { reporter: context.reporter });
    const graph = readFeatureFeatureGraph(prepared);
    const network = new GraphSciNetwork(
      {
        ...{ nCells: prepared.nObs, nGenes: prepared.nVars, graphDims, cellDims, dropout },
        interaction: compat === 'dance' ? 'linear' : 'elementwise',
      },
      context.rng.fork('init'),
    );
    const input = new GraphSciInput(prepared, graph, valRatio, context.rng.fork('validation'));
    try {
      await this.trainNetwork(network, input, values, context);
      const { counts, sd } = await input.impute(network, toCsr(prepared.X), {
        ...{ nDraws, batchSize, reporter: context.reporter, signal: context.signal },
        rng: context.rng.fork('draws'),
      });
      return { values: counts, scale: 'counts', ...(sd && { sd }) };
    } finally {
      input.dispose();
      network.parameters.dispose();
    }
  }

  private async trainNetwork(
    network: GraphSciNetwork,
    input: GraphSciInput,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<void> {
    const { epochs, patience, lr, weightDecay, batchSize } = values;
    const { checkpoint } = context;
    const optimizer = new Adam(network.parameters.trainable(), { learningRate: lr, weightDecay });
    const state = new TrainingState(network.parameters, optimizer, this.history);
    const stopping = new EarlyStopping({ patience });
    try {
      const firstEpoch = await state.resume(checkpoint);
      const isOver = (this.history['val_loss'] ?? []).map((loss) => stopping.observe(loss)).at(-1);
      await trainEpochs({
        ...context,
        owner: this.spec.name,
        epochs: isOver ? firstEpoch : epochs,
        firstEpoch,
        nItems: input.x.nRows,
        batchSize: evenBatches(input.x.nRows, batchSize),
        history: this.history,
        step: (rows, rng) =>
          optimizer.minimizeTerms(() => input.lossTerms(network, rows, values, rng)),
        onEpochEnd: async (epoch) => {
          if (input.validation.nnz > 0) {
            const loss = await input.validationLoss(network);
            (this.history['val_loss'] ??= []).push(loss);
            await state.offer(-loss);
          }
          await state.saveIfDue(checkpoint, epoch);
        },
        shouldStop: () => {
          const loss = this.history['val_loss']?.at(-1);
          return loss !== undefined && stopping.observe(loss);
        },
      });
    } finally {
      optimizer.dispose();
    }
    state.restoreBest();
  }
}

/** The size of equal batches of at most `most` of n cells. */
function evenBatches(n: number, most: number): number {
  return Math.ceil(n / Math.ceil(n / most));
}

function pipeline(values: ParamValues<typeof preprocessParams>): Compose {
  const { minCells, nTopGenes, threshold } = values;
  return new Compose([
    ...(minCells > 0 ? [new FilterGenesScanpy({ minCells })] : []),
    new FilterCellsScanpy({ minCounts: 1 }),
    new Log1P(),
    new FilterGenesTopK({ numGenes: nTopGenes, mode: 'var' }),
    new FeatureFeatureGraph({ threshold, normalizeEdges: false }),
  ]);
}
