import {
  DataError,
  defineParams,
  DenseMatrix,
  FormatError,
  loadModelBundle,
  parseParams,
  Rng,
  toCsr,
  type AnnData,
  type ArtifactStore,
  type Bundle,
  type Explanation,
  type FitContext,
  type ModelSpec,
  type ParamInput,
  type ParamValues,
  type RunContext,
  type SavedTensor,
} from '@dance-ts/core';
import {
  Adam,
  DEVICES,
  selectBackend,
  softmaxCrossEntropy,
  trainEpochs,
  TrainingState,
} from '@dance-ts/nn';
import {
  Compose,
  Log1P,
  NormalizeTotal,
  SetConfig,
  WEIGHTED_FEATURE_PCA_KEY,
  WeightedFeaturePca,
  withoutStoredZeros,
} from '@dance-ts/transforms';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { annotationFitParams } from './annotation-model.js';
import {
  attributeByGradients,
  ExplainableModel,
  nothingToExplain,
  type ClassToExplain,
} from './explainable-model.js';
import type { LabelledCells } from './labelled-cells.js';
import { argmaxOfRows, type Classified } from './query-blocks.js';
import {
  cellNodes,
  SortNetwork,
  takeNodes,
  type CellNodes,
  type GeneNodes,
} from './scdeepsort-network.js';
import { toMatrix, toTensor } from './tensors.js';

const params = defineParams({
  hiddenDim: z.int().min(1).default(200).describe('Width of the graph layers'),
  nLayers: z
    .int()
    .min(1)
    .max(2)
    .default(1)
    .describe('Graph layers; the second lets cells hear of each other'),
  dropout: z
    .number()
    .min(0)
    .max(0.95)
    .default(0.1)
    .describe('Dropout rate of what a node has gathered'),
  unsureRate: z
    .number()
    .min(0)
    .default(2)
    .describe('Cells whose largest probability is below unsureRate / classes stay unassigned'),
  compat: z
    .enum(['paper', 'dance'])
    .default('paper')
    .describe('Gather over the graph, or feed each cell its own features alone as DANCE does'),
  seed: z.int().min(0).default(0).describe('Seed of every random stream'),
  device: z.enum(DEVICES).default('auto').describe('Where tensors are computed'),
});

const fitParams = defineParams({
  epochs: z.int().min(0).default(300).describe('Training epochs; 0 leaves the weights untrained'),
  lr: z.number().positive().default(1e-3).describe('Learning rate of Adam'),
  weightDecay: z.number().min(0).default(5e-4).describe('L2 penalty, added to the gradient'),
  batchSize: z.int().min(1).default(500).describe('Cells in a mini-batch'),
  valRatio: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.2)
    .describe('Share of the labelled cells that choose the epoch; with 0 the last one is kept'),
  ...annotationFitParams,
});

const preprocessParams = defineParams({
  normalize: z
    .boolean()
    .default(true)
    .describe('Scale each cell to 10,000 counts and take ln(1 + x); off if that is done already'),
  nComponents: z.int().min(1).default(400).describe('Width of the node features (PCA components)'),
});

/** Constructor parameters of {@link ScDeepSort}. */
export type ScDeepSortParams = ParamInput<typeof params>;
/** Parameters of {@link ScDeepSort.fit}. */
export type ScDeepSortFitParams = ParamInput<typeof fitParams>;
/** Parameters of {@link ScDeepSort.preprocessing}. */
export type ScDeepSortPreprocessParams = ParamInput<typeof preprocessParams>;

const WEIGHTS = 'network/';
const LEVELS = 'genes/';

/**
 * scDeepSort: labels cells by a graph network on the weighted graph of cells and genes.
 *
 * Features of genes are their principal component scores over the reference, those of a cell their
 * mean weighted by its expression. A cell with n genes gathers
 *   h = ReLU(W (sum_g beta_g w_g x_g + alpha x_cell) / (n + 1) + b)
 * where its weights w sum to n; the confidence beta of each gene and alpha of the self loops are
 * learned with the rest. A linear layer gives the classes, trained by cross entropy summed over
 * the batch. Of the epochs the one with the best accuracy on held-out labelled cells is kept, the
 * latest of equal ones. Cells with no class above unsureRate / classes stay unassigned.
 *
 * With two layers the genes gather from the cells of the reference (never from those of the
 * query, so that a cell's label does not depend on its company).
 *
 * Memory: edges of the reference x 16 bytes, (cells + genes) x nComponents x 4 bytes, and twice
 * that of the genes in a training step; nothing is dense at full gene width.
 *
 * Departures from the authors' program: dropout follows the gathering, as in DANCE; rare classes
 * stay in, and no early stop at a training accuracy of 1. Departures from DANCE: its layers never
 * use what they gathered, so that it trains a perceptron on the cell's own features
 * (`compat: 'dance'`); it compares logits, not probabilities, with the bound of unsure cells; its
 * data come normalized, here counts are.
 *
 * Source: Shao et al., scDeepSort: a pre-trained cell-type annotation method for single-cell
 * transcriptomics using deep learning with a weighted graph neural network, Nucleic Acids Research
 * 49(21):e122, 2021.
 */
export class ScDeepSort extends ExplainableModel<
  typeof params,
  typeof fitParams,
  typeof preprocessParams
> {
  static readonly spec: ModelSpec<typeof params, typeof fitParams, typeof preprocessParams> = {
    id: 'scdeepsort',
    name: 'ScDeepSort',
    task: 'cell-type-annotation',
    inference: 'inductive',
    backbone: 'GNN',
    paper: {
      authors: 'Shao et al.',
      title:
        'scDeepSort: a pre-trained cell-type annotation method for single-cell transcriptomics ' +
        'using deep learning with a weighted graph neural network',
      venue: 'Nucleic Acids Research 49(21):e122',
      year: 2021,
      doi: '10.1093/nar/gkab775',
    },
    params,
    fitParams,
    preprocessParams,
  };

  private network: SortNetwork | undefined;
  private weights: readonly [string, SavedTensor][] = [];
  /** [nGenes, width] features of the genes below each layer. */
  private levels: readonly DenseMatrix[] = [];

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ScDeepSortParams) {
    super(ScDeepSort.spec, input);
  }

  /** A saved model, ready to predict. */
  static async load(store: ArtifactStore): Promise<ScDeepSort> {
    const saved = await loadModelBundle(store, ScDeepSort.spec);
    return new ScDeepSort(saved.params).restore(saved.bundle);
  }

  /** Normalization and the features of genes and cells. */
  static preprocessing(options?: ScDeepSortPreprocessParams): Compose {
    return pipeline(parseParams(preprocessParams, options, 'ScDeepSort.preprocessing'));
  }

  protected override referencePipeline(values: ParamValues<typeof preprocessParams>): Compose {
    return pipeline(values);
  }

  protected override queryPipeline(values: ParamValues<typeof preprocessParams>): Compose {
    return new Compose(normalization(values.normalize));
  }

  protected override unassignedBelow(): number {
    return this.params.unsureRate / this.classes.length;
  }

  protected override async learn(
    cells: LabelledCells,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<void> {
    await selectBackend(this.params.device, { reporter: context.reporter });
    const features = geneFeaturesOf(cells.data);
    const expression = withoutStoredZeros(toCsr(cells.data.X)); // each stored value is an edge
    const nodes = await cellNodes(expression, features);
    const sizes = {
      nFeatures: features.nCols,
      nGenes: features.nRows,
      nClasses: cells.classes.length,
    };
    const network = new SortNetwork(this.params, sizes, context.rng.fork('init'));
    this.network = network;
    const genes = await network.geneNodes(expression, nodes, features);
    const reference = { cells: nodes, genes, codes: cells.codes };
    await this.trainNetwork(network, reference, values, context);
    this.weights = await network.parameters.capture(WEIGHTS);
    this.levels = await Promise.all(tf.tidy(() => network.geneLevels(genes)).map(toMatrix));
  }

  protected override async classify(cells: AnnData, context: RunContext): Promise<Classified> {
    const { network, levels } = this;
    if (network === undefined) throw new DataError('ScDeepSort holds no network');
    await selectBackend(this.params.device, { reporter: context.reporter });
    const nodes = await cellNodes(withoutStoredZeros(toCsr(cells.X)), levels[0]!);
    const probabilities = await network.probabilities(nodes, () => levels.map(toTensor));
    return { codes: argmaxOfRows(probabilities), probabilities };
  }

  /** A gene acts through its edge to the cell; see `SortNetwork.logitsOfExpression`. */
  protected override async attribute(
    cells: AnnData,
    request: ClassToExplain,
    context: RunContext,
  ): Promise<Explanation> {
    const { network } = this;
    if (network === undefined) throw nothingToExplain(this.spec.name);
    await selectBackend(this.params.device, { reporter: context.reporter });
    const features = withoutStoredZeros(toCsr(cells.X));
    const levels = this.levels.map(toTensor);
    const scored = {
      ...{ features, joint: false },
      scores: (x: tf.Tensor2D, rows: Int32Array) =>
        network.logitsOfExpression(x, features.selectRows(rows), levels),
      dispose: () => {
        tf.dispose(levels);
      },
    };
    return attributeByGradients(scored, cells.varNames, request, context);
  }

  protected override captureLearned(): Bundle {
    const levels = this.levels.map(({ shape, data }, l): [string, SavedTensor] => [
      `${LEVELS}${l}`,
      { shape, data },
    ]);
    return { facts: {}, tensors: new Map([...this.weights, ...levels]) };
  }

  protected override async restoreLearned({ tensors }: Bundle): Promise<void> {
    await selectBackend(this.params.device);
    this.weights = [...tensors].filter(([name]) => name.startsWith(WEIGHTS));
    this.levels = savedLevels(tensors);
    const [{ nRows: nGenes, nCols: nFeatures }] = this.levels as [DenseMatrix];
    const sizes = { nGenes, nFeatures, nClasses: this.classes.length };
    this.network = new SortNetwork(this.params, sizes, Rng.fromSeed(0));
    this.network.parameters.restore(tensors, WEIGHTS);
  }

  protected override releaseLearned(): void {
    this.network?.parameters.dispose();
    this.network = undefined;
    this.weights = [];
    this.levels = [];
  }

  private async trainNetwork(
    network: SortNetwork,
    reference: Reference,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<void> {
    const { cells, genes, codes } = reference;
    const { epochs, batchSize, lr, weightDecay, valRatio } = values;
    const { checkpoint } = context;
    const order = context.rng.fork('validation').permutation(codes.length);
    const nHeldOut = Math.floor(valRatio * codes.length);
    const [heldOut, trained] = [order.subarray(0, nHeldOut), order.subarray(nHeldOut)];
    const optimizer = new Adam(network.parameters.trainable(), { learningRate: lr, weightDecay });
    const state = new TrainingState(network.parameters, optimizer, this.history);
    try {
      await trainEpochs({
        ...context,
        owner: this.spec.name,
        epochs,
        firstEpoch: await state.resume(checkpoint),
        nItems: trained.length,
        batchSize,
        history: this.history,
        step: async (batch, rng) => {
          const rows = batch.map((item) => trained[item]!);
          const inputs = takeNodes(cells, rows);
          const classes = rows.map((row) => codes[row]!);
          const loss = await optimizer.minimize(() => {
            const logits = network.logits(inputs, network.geneLevels(genes, rng), rng);
            return softmaxCrossEntropy(logits, classes, { reduction: 'sum' }) as tf.Scalar;
          });
          return { loss: loss / batch.length };
        },
        onEpochEnd: async (epoch) => {
          if (nHeldOut > 0) {
            const accuracy = await this.accuracy(network, reference, heldOut, batchSize);
            (this.history['val_acc'] ??= []).push(accuracy);
            // Of equal epochs the latest wins: the second term never outweighs a cell.
            await state.offer(accuracy + (epoch + 1) / (2 * nHeldOut * epochs));
          }
          await state.saveIfDue(checkpoint, epoch);
        },
      });
    } finally {
      optimizer.dispose();
    }
    state.restoreBest();
  }

  /** Share of the cells that get their own class and are not unsure of it. */
  private async accuracy(
    network: SortNetwork,
    { cells, genes, codes }: Reference,
    heldOut: Int32Array,
    batchSize: number,
  ): Promise<number> {
    let correct = 0;
    for (let start = 0; start < heldOut.length; start += batchSize) {
      const rows = heldOut.subarray(start, start + batchSize);
      const inputs = takeNodes(cells, rows);
      const probabilities = await network.probabilities(inputs, () => network.geneLevels(genes));
      const bound = this.params.unsureRate / probabilities.nCols;
      argmaxOfRows(probabilities).forEach((code, i) => {
        if (code === codes[rows[i]!] && probabilities.get(i, code) >= bound) correct += 1;
      });
    }
    return correct / heldOut.length;
  }
}

function normalization(normalize: boolean): (NormalizeTotal | Log1P)[] {
  return normalize ? [new NormalizeTotal({ targetSum: 1e4 }), new Log1P()] : [];
}

function pipeline({ normalize, nComponents }: ParamValues<typeof preprocessParams>): Compose {
  return new Compose([
    ...normalization(normalize),
    new WeightedFeaturePca({ nComponents }),
    new SetConfig({ feature: [{ slot: 'obsm', key: WEIGHTED_FEATURE_PCA_KEY }] }),
  ]);
}

interface Reference {
  readonly cells: CellNodes;
  readonly genes: GeneNodes;
  /** [nCells] */
  readonly codes: Int32Array;
}

/**
 * The features of genes that `WeightedFeaturePCA` left.
 *
 * @throws DataError if there are none
 */
function geneFeaturesOf(data: AnnData): DenseMatrix {
  const features = data.varm.get(WEIGHTED_FEATURE_PCA_KEY);
  if (features instanceof DenseMatrix) return features;
  throw new DataError(`the data have no features of genes varm["${WEIGHTED_FEATURE_PCA_KEY}"]`, {
    remedy: 'Run the preprocess method of the model, or the transform WeightedFeaturePCA.',
  });
}

/** @throws FormatError if there is none below the first layer */
function savedLevels(tensors: Bundle['tensors']): DenseMatrix[] {
  const levels: DenseMatrix[] = [];
  for (let l = 0; ; l++) {
    const saved = tensors.get(`${LEVELS}${l}`);
    if (!(saved?.data instanceof Float32Array)) break;
    levels.push(new DenseMatrix(saved.shape[0]!, saved.shape[1]!, saved.data));
  }
  if (levels.length > 0) return levels;
  throw new FormatError('the saved ScDeepSort has no features of genes', {
    remedy: 'Save the model again.',
  });
}
