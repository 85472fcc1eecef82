import {
  CellRoster,
  DataError,
  defineParams,
  loadModelBundle,
  parseParams,
  type AnnData,
  type ArtifactStore,
  type Bundle,
  type Explanation,
  type FitContext,
  type ModelSpec,
  type ParamInput,
  type ParamValues,
  type Preprocessor,
  type RunContext,
} from '@dance-ts/core';
import {
  Adam,
  BatchBuffer,
  DEVICES,
  selectBackend,
  trainEpochs,
  TrainingState,
} from '@dance-ts/nn';
import {
  Compose,
  FilterCellsScanpy,
  FilterCellsType,
  FilterGenesScanpy,
  HeteronetGraph,
  HighlyVariableGenes,
  Log1P,
  NormalizeTotal,
  SaveRaw,
  SetConfig,
  UpdateSizeFactors,
} from '@dance-ts/transforms';
import * as tf from '@tensorflow/tfjs';
import { z } from 'zod';
import { annotationFitParams } from './annotation-model.js';
import {
  attributeByGradients,
  ExplainableModel,
  type CellsOfQuery,
  type ClassToExplain,
} from './explainable-model.js';
import type { LabelledCells } from './labelled-cells.js';
import type { Classified } from './query-blocks.js';
import { GraphCells, type GeneWeight, type TrainedGraph } from './graph-cells.js';
import { classifierWeights, genesOfClasses, heteroScores } from './scheteronet-genes.js';
import { HeteroNetwork } from './scheteronet-network.js';
import {
  allLogits,
  crossEntropy,
  lossTerms,
  readCellInput,
  takeLabelled,
  type CellInput,
} from './scheteronet-loss.js';
import { toMatrix } from './tensors.js';

const params = defineParams({
  hiddenDim: z.int().min(1).default(32).describe('Width of the embedding'),
  nLayers: z
    .int()
    .min(1)
    .max(4)
    .default(1)
    .describe('Layers of neighbors; each doubles the width of the one before'),
  dropout: z.number().min(0).max(0.95).default(0).describe('Dropout rate of the hidden states'),
  useBn: z.boolean().default(true).describe('Batch normalization between two layers'),
  seed: z.int().min(0).default(0).describe('Seed of every random stream'),
  device: z.enum(DEVICES).default('auto').describe('Where tensors are computed'),
});

const fitParams = defineParams({
  epochs: z.int().min(0).default(200).describe('Training epochs; 0 leaves the weights untrained'),
  lr: z.number().positive().default(0.01).describe('Learning rate of Adam'),
  weightDecay: z.number().min(0).default(5e-3).describe('L2 penalty, added to the gradient'),
  valRatio: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.2)
    .describe('Share of the labelled cells that choose the epoch; with 0 the last one is kept'),
  zinbWeight: z
    .number()
    .min(0)
    .default(1e-4)
    .describe('Weight of the likelihood of the counts; 0: no decoder'),
  clWeight: z.number().min(0).default(0).describe('Weight of the contrast with a masked view'),
  maskRatio: z
    .number()
    .min(0)
    .lt(1)
    .default(0.8)
    .describe('Probability that a value is hidden in the masked view'),
  decodedCells: z
    .int()
    .min(1)
    .default(4096)
    .describe('Cells drawn in each step for the counts and the contrast; all if there are fewer'),
  ...annotationFitParams,
});

const preprocessParams = defineParams({
  cellTypeThreshold: z
    .int()
    .min(0)
    .default(10)
    .describe('Labelled cells of types with at most this many cells are dropped'),
  nTopGenes: z.int().min(1).default(4000).describe('Highly variable genes (cell_ranger flavor)'),
  knnNum: z.int().min(1).default(5).describe('Nearest cells of each cell in the graph'),
  labelKey: z
    .string()
    .optional()
    .describe('Column of obs with the types; the label channel if left out, or no types dropped'),
});

const oodParams = defineParams({
  temperature: z.number().positive().default(1).describe('Divides the logits'),
  steps: z.int().min(0).default(2).describe('Steps of propagation along the graph'),
  alpha: z.number().min(0).max(1).default(0.3).describe('What a cell keeps of its own in a step'),
  twoHop: z.boolean().default(true).describe('Each step goes to the neighbors of the neighbors'),
});

/** Genes that are kept for each type. */
const N_GENES = 50;

/** Constructor parameters of {@link ScHeteroNet}. */
export type ScHeteroNetParams = ParamInput<typeof params>;
/** Parameters of {@link ScHeteroNet.fit}. */
export type ScHeteroNetFitParams = ParamInput<typeof fitParams>;
/** Parameters of {@link ScHeteroNet.preprocessing}. */
export type ScHeteroNetPreprocessParams = ParamInput<typeof preprocessParams>;
/** Parameters of {@link ScHeteroNet.oodScore}. */
export type OodParams = ParamInput<typeof oodParams>;

/**
 * scHeteroNet: labels cells by a graph network for graphs whose neighbors often differ in type, and
 * tells cells of types it was not trained on.
 *
 * Cells are joined to their nearest in expression. The embedding ReLU(x W + b) of a cell, the means
 * over its neighbors and over the cells two steps away are kept apart, side by side; a linear layer
 * on them gives the classes. Trained by cross entropy of the labelled cells, plus zinbWeight times
 * the negative log-likelihood of their counts under a decoded zero-inflated negative binomial, plus
 * clWeight times a contrast of the logits with those of a view of the data with hidden values.
 * Of the epochs the one with the smallest cross entropy of held-out labelled cells is kept.
 *
 * The model is transductive: give `fit` the reference and the query in one AnnData, the query cells
 * without a label. All of them make the graph, the labelled ones train. `predict`, `score` and
 * `oodScore` take any of these cells; others are refused with a DataError.
 *
 * Memory: expression twice sparse and once dense while neighbors are looked for; in training
 * decodedCells x genes x 28 bytes, with contrast also decodedCells^2 x 12 bytes.
 *
 * Departures from DANCE follow the paper and the authors' code: the graph is undirected and without
 * self loops, two-hop neighbors exclude one-hop ones, size factors are those of the counts (not of
 * normalized values, which are all alike), labels and views are matched by cell, and the epoch is
 * chosen by validation loss. NormalizeTotal does not exclude highly expressed genes. Beyond
 * decodedCells training cells a step draws as many at random.
 *
 * Source: Liu et al., scHeteroNet: a heterophily-aware graph neural network for accurate cell type
 * annotation and novel cell detection, Advanced Science 12:e2412095, 2025.
 */
export class ScHeteroNet extends ExplainableModel<
  typeof params,
  typeof fitParams,
  typeof preprocessParams
> {
  static readonly spec: ModelSpec<typeof params, typeof fitParams, typeof preprocessParams> = {
    id: 'scheteronet',
    name: 'ScHeteroNet',
    task: 'cell-type-annotation',
    inference: 'transductive',
    backbone: 'GNN',
    paper: {
      authors: 'Liu et al.',
      title:
        'scHeteroNet: a heterophily-aware graph neural network for accurate cell type annotation ' +
        'and novel cell detection',
      venue: 'Advanced Science 12:e2412095',
      year: 2025,
      doi: '10.1002/advs.202412095',
    },
    params,
    fitParams,
    preprocessParams,
  };

  private cells: GraphCells | undefined;
  /** What `learn` hands to `train`, which knows the names of the cells. */
  private trained: TrainedGraph | undefined;

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ScHeteroNetParams) {
    super(ScHeteroNet.spec, input);
  }

  /** A saved model, ready to predict for the cells it was trained on. */
  static async load(store: ArtifactStore): Promise<ScHeteroNet> {
    const saved = await loadModelBundle(store, ScHeteroNet.spec);
    return new ScHeteroNet(saved.params).restore(saved.bundle);
  }

  /** Filters, variable genes, size factors, normalization and the graph of cells. */
  static preprocessing(options?: ScHeteroNetPreprocessParams): Compose {
    return pipeline(parseParams(preprocessParams, options, 'ScHeteroNet.preprocessing'));
  }

  /**
   * How unlike the types of the reference each cell is: the energy -T ln sum_c exp(logit_c / T) of
   * its classes (Liu et al., NeurIPS 2020), mixed along the graph with that of its neighbors,
   * e <- alpha e + (1 - alpha) P e. Higher means more likely of an unknown type.
   *
   * @param data - any of the cells given to `fit`
   * @returns [nCells]; NaN for cells that preprocessing dropped
   * @throws NotFittedError; ParamError; DataError for other cells
   */
  oodScore(data: AnnData, options?: OodParams): Float32Array {
    const { temperature, ...mixing } = parseParams(oodParams, options, 'ScHeteroNet.oodScore');
    return this.trainedCells('oodScore').energies(data, temperature, mixing);
  }

  /**
   * Genes that the types rest on: at most 50 for each, the strongest first, by gradient times input of the
   * trained network. Cells of a query cannot be changed one gene at a time as `markerEvidence` does:
   * they are part of the graph that was trained on.
   *
   * @returns by type; none for a type that no cell was given
   * @throws NotFittedError
   */
  genes(): Map<string, readonly GeneWeight[]> {
    const cells = this.trainedCells('genes');
    return new Map(this.classes.map((name, code) => [name, cells.genesOf(code)]));
  }

  protected override referencePipeline(values: ParamValues<typeof preprocessParams>): Preprocessor {
    return {
      apply: (data, context) => {
        const { label } = data.channels;
        const labelKey = values.labelKey ?? (label?.slot === 'obs' ? label.key : undefined);
        return pipeline({ ...values, ...(labelKey !== undefined && { labelKey }) }).apply(
          data,
          context,
        );
      },
    };
  }

  protected override queryPipeline(): Compose {
    return new Compose([]);
  }

  protected override async train(
    data: AnnData,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<void> {
    const roster = CellRoster.of(data, this.prepared(data));
    await super.train(data, values, context);
    if (this.trained !== undefined)
      this.cells = new GraphCells(roster, this.trained, this.spec.name);
    this.trained = undefined;
  }

  protected override async learn(
    cells: LabelledCells,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<void> {
    await selectBackend(this.params.device, { reporter: context.reporter });
    const decoder = values.zinbWeight > 0;
    const input = readCellInput(cells.reference, decoder);
    const sizes = { nGenes: input.x.matrix.nCols, nClasses: cells.classes.length };
    const network = new HeteroNetwork(
      { ...this.params, ...sizes, decoder },
      context.rng.fork('init'),
    );
    try {
      await this.trainNetwork(network, input, cells, values, context);
      const logits = await toMatrix(tf.tidy(() => allLogits(network, input)));
      const { varNames } = cells.reference;
      const genes = await genesOfClasses(network, input, logits, varNames, N_GENES);
      const weights = await classifierWeights(network);
      this.trained = { logits, graph: input.graph, genes, weights };
    } finally {
      network.parameters.dispose();
    }
  }

  /** Cells are looked up among those of `fit`, so a query is never larger. */
  protected override classifyQuery(query: AnnData): Promise<Classified> {
    return Promise.resolve(this.trainedCells('predict').classify(query));
  }

  protected override classify(): Promise<Classified> {
    return Promise.reject(new DataError('ScHeteroNet labels only the cells given to fit'));
  }

  protected override cellsOf(query: AnnData): Promise<CellsOfQuery> {
    const rows = this.trainedCells('explain').rowsOf(query);
    return Promise.resolve({ prepared: this.prepared(query), rows });
  }

  protected override async attribute(
    prepared: AnnData,
    request: ClassToExplain,
    context: RunContext,
  ): Promise<Explanation> {
    const { trained } = this.trainedCells('explain');
    await selectBackend(this.params.device, { reporter: context.reporter });
    const { network, margins } = heteroScores(this.params, prepared, trained, request);
    return attributeByGradients(network, prepared.varNames, request, context, margins);
  }

  protected override captureLearned(): Bundle {
    return this.trainedCells('save').save();
  }

  protected override restoreLearned(state: Bundle): Promise<void> {
    this.cells = GraphCells.load(state, this.spec.name);
    return Promise.resolve();
  }

  protected override releaseLearned(): void {
    this.cells = undefined;
  }

  private trainedCells(method: string): GraphCells {
    if (this.cells === undefined) this.assertFitted(method);
    if (this.cells === undefined) throw new DataError('ScHeteroNet holds no cells');
    return this.cells;
  }

  private async trainNetwork(
    network: HeteroNetwork,
    input: CellInput,
    cells: LabelledCells,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<void> {
    const { epochs, lr, weightDecay, valRatio, decodedCells } = values;
    const { checkpoint } = context;
    const order = context.rng.fork('validation').permutation(cells.codes.length);
    const nHeldOut = Math.floor(valRatio * cells.codes.length);
    const heldOut = takeLabelled(order.subarray(0, nHeldOut), cells);
    const trained = takeLabelled(order.subarray(nHeldOut), cells);
    const optimizer = new Adam(network.parameters.trainable(), { learningRate: lr, weightDecay });
    const state = new TrainingState(network.parameters, optimizer, this.history);
    const counts = input.counts && new BatchBuffer(input.counts.matrix);
    try {
      await trainEpochs({
        ...context,
        owner: this.spec.name,
        epochs,
        firstEpoch: await state.resume(checkpoint),
        nItems: trained.rows.length,
        batchSize: trained.rows.length,
        history: this.history,
        step: async (batch, rng) => {
          const drawnRows = batch.subarray(0, decodedCells).map((item) => trained.rows[item]!);
          const drawn = { rows: drawnRows, counts: counts?.take(drawnRows) };
          return optimizer.minimizeTerms(() =>
            lossTerms(network, input, { labelled: trained, drawn }, values, rng),
          );
        },
        onEpochEnd: async (epoch) => {
          if (nHeldOut > 0) {
            const loss = tf.tidy(() => crossEntropy(allLogits(network, input), heldOut));
            const [value = NaN] = await loss.data();
            loss.dispose();
            (this.history['val_loss'] ??= []).push(value);
            await state.offer(-value);
          }
          await state.saveIfDue(checkpoint, epoch);
        },
      });
    } finally {
      counts?.dispose();
      optimizer.dispose();
    }
    state.restoreBest();
  }
}

function pipeline(values: ParamValues<typeof preprocessParams>): Compose {
  const { cellTypeThreshold, labelKey, nTopGenes, knnNum } = values;
  return new Compose([
    ...(labelKey === undefined ? [] : [new FilterCellsType({ cellTypeThreshold, labelKey })]),
    new FilterGenesScanpy({ minCounts: 3 }),
    new FilterCellsScanpy({ minCounts: 1 }),
    new HighlyVariableGenes({ flavor: 'cell_ranger', nTopGenes, subset: true }),
    new SaveRaw(),
    new UpdateSizeFactors(),
    new NormalizeTotal(),
    new Log1P(),
    new HeteronetGraph({ knnNum }),
    new SetConfig({ feature: [{ slot: 'X' }] }),
  ]);
}
