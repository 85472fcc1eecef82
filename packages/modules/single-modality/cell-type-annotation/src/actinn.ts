import {
  DataError,
  defineParams,
  DenseMatrix,
  loadModelBundle,
  parseParams,
  Rng,
  toCsr,
  type AnnData,
  type ArtifactStore,
  type Bundle,
  type CsrMatrix,
  type Explanation,
  type FitContext,
  type ModelSpec,
  type ParamInput,
  type ParamValues,
  type RunContext,
} from '@dance-ts/core';
import {
  Adam,
  DEVICES,
  Linear,
  ParameterSet,
  selectBackend,
  softmaxCrossEntropy,
  SparseOperand,
  spmm,
  stepDecay,
  trainEpochs,
  TrainingState,
  xavierNormal,
  type Parameter,
} from '@dance-ts/nn';
import {
  Compose,
  FilterGenesPercentile,
  FilterGenesScanpy,
  Log1P,
  NormalizeTotal,
  SetConfig,
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

const params = defineParams({
  hiddenDims: z
    .array(z.int().min(1))
    .min(1)
    .default([100, 50, 25])
    .describe('Widths of the hidden layers'),
  lambd: z
    .number()
    .min(0)
    .default(0.005)
    .describe('L2 penalty: the loss gets lambd / 2 times the sum of the squared weights'),
  seed: z.int().min(0).default(0).describe('Seed of every random stream'),
  device: z.enum(DEVICES).default('auto').describe('Where tensors are computed'),
});

const fitParams = defineParams({
  epochs: z.int().min(0).default(50).describe('Training epochs; 0 leaves the weights untrained'),
  lr: z
    .number()
    .positive()
    .default(1e-4)
    .describe('Learning rate of Adam, times 0.95 every 1,000 steps'),
  batchSize: z.int().min(1).default(128).describe('Cells in a mini-batch'),
  ...annotationFitParams,
});

const preprocessParams = defineParams({
  normalize: z
    .boolean()
    .default(true)
    .describe('Scale each cell to 10,000 counts and take log2(1 + x); off if that is done already'),
  filterGenes: z
    .boolean()
    .default(true)
    .describe('Drop the 1 % of the genes with the lowest and highest sum, then variation'),
});

/** Constructor parameters of {@link ACTINN}. */
export type ACTINNParams = ParamInput<typeof params>;
/** Parameters of {@link ACTINN.fit}. */
export type ACTINNFitParams = ParamInput<typeof fitParams>;
/** Parameters of {@link ACTINN.preprocessing}. */
export type ACTINNPreprocessParams = ParamInput<typeof preprocessParams>;

const DECAY_STEPS = 1000;
const DECAY = 0.95;
const WEIGHTS = 'network/';

/**
 * ACTINN: labels cells by a multilayer perceptron on their normalized expression.
 *
 * Counts are scaled to 10,000 a cell and log2-transformed; genes outside the 1st and 99th
 * percentile of total expression, then of the coefficient of variation, are dropped. Layers
 * h = ReLU(h W + b) lead to a softmax over the cell types, trained by cross entropy plus
 * lambd / 2 sum |W|^2, with Adam and a learning rate that falls by 5 % every 1,000 steps.
 *
 * Memory: genes x first hidden width x 4 arrays of 4 bytes; expression stays sparse, in training
 * too.
 *
 * Departures from the authors' program: genes are chosen on the reference alone, so that a query
 * cannot change the model (they use reference and query together), and the weights start from
 * Xavier's normal distribution, as in DANCE. Departures from DANCE: the defaults lr 1e-4 and lambd
 * 0.005 are the authors' (DANCE: 0.01 for both).
 *
 * Source: Ma & Pellegrini, ACTINN: automated identification of cell types in single cell RNA
 * sequencing, Bioinformatics 36(2), 2020.
 */
export class ACTINN extends ExplainableModel<
  typeof params,
  typeof fitParams,
  typeof preprocessParams
> {
  static readonly spec: ModelSpec<typeof params, typeof fitParams, typeof preprocessParams> = {
    id: 'actinn',
    name: 'ACTINN',
    task: 'cell-type-annotation',
    inference: 'inductive',
    backbone: 'MLP',
    paper: {
      authors: 'Ma & Pellegrini',
      title: 'ACTINN: automated identification of cell types in single cell RNA sequencing',
      venue: 'Bioinformatics 36(2):533-538',
      year: 2020,
      doi: '10.1093/bioinformatics/btz592',
    },
    params,
    fitParams,
    preprocessParams,
  };

  private network: Perceptron | undefined;
  private weights: Bundle['tensors'] = new Map();

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ACTINNParams) {
    super(ACTINN.spec, input);
  }

  /** A saved model, ready to predict. */
  static async load(store: ArtifactStore): Promise<ACTINN> {
    const saved = await loadModelBundle(store, ACTINN.spec);
    return new ACTINN(saved.params).restore(saved.bundle);
  }

  /** Normalization and the choice of genes. */
  static preprocessing(options?: ACTINNPreprocessParams): Compose {
    return pipeline(parseParams(preprocessParams, options, 'ACTINN.preprocessing'));
  }

  protected override referencePipeline(values: ParamValues<typeof preprocessParams>): Compose {
    return pipeline(values);
  }

  protected override queryPipeline(values: ParamValues<typeof preprocessParams>): Compose {
    return new Compose(normalization(values.normalize));
  }

  protected override async learn(
    cells: LabelledCells,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<void> {
    await selectBackend(this.params.device, { reporter: context.reporter });
    const { hiddenDims } = this.params;
    const widths = [cells.data.nVars, ...hiddenDims, cells.classes.length];
    const network = new Perceptron(widths, context.rng.fork('init'));
    this.network = network;
    const optimizer = new Adam(
      [{ parameters: network.penalized, weightDecay: this.params.lambd }, ...network.biases],
      { learningRate: values.lr },
    );
    try {
      await this.trainNetwork(network, optimizer, cells, values, context);
    } finally {
      optimizer.dispose();
    }
    this.weights = new Map(await network.parameters.capture(WEIGHTS));
  }

  protected override async classify(cells: AnnData, context: RunContext): Promise<Classified> {
    if (this.network === undefined) throw new DataError('ACTINN holds no network');
    await selectBackend(this.params.device, { reporter: context.reporter });
    const { network } = this;
    const tensor = tf.tidy(() => tf.softmax(network.logits(toCsr(cells.X))));
    const data = await tensor.data<'float32'>();
    const [nRows, nCols] = tensor.shape;
    tensor.dispose();
    const probabilities = new DenseMatrix(nRows, nCols, Float32Array.from(data));
    return { codes: argmaxOfRows(probabilities), probabilities };
  }

  protected override async attribute(
    cells: AnnData,
    request: ClassToExplain,
    context: RunContext,
  ): Promise<Explanation> {
    const { network } = this;
    if (network === undefined) throw nothingToExplain(this.spec.name);
    await selectBackend(this.params.device, { reporter: context.reporter });
    const scored = {
      ...{ features: toCsr(cells.X), joint: false },
      scores: (x: tf.Tensor2D) => network.logits(x),
      dispose: () => undefined,
    };
    return attributeByGradients(scored, cells.varNames, request, context);
  }

  protected override captureLearned(): Bundle {
    return { facts: {}, tensors: this.weights };
  }

  protected override async restoreLearned(state: Bundle): Promise<void> {
    await selectBackend(this.params.device);
    const kept = [...state.tensors].filter(([name]) => name.startsWith(WEIGHTS));
    this.weights = new Map(kept);
    const [nGenes = 0] = this.weights.get(`${WEIGHTS}layer0/weight`)?.shape ?? [];
    const widths = [nGenes, ...this.params.hiddenDims, this.classes.length];
    this.network = new Perceptron(widths, Rng.fromSeed(0));
    this.network.parameters.restore(this.weights, WEIGHTS);
  }

  protected override releaseLearned(): void {
    this.network?.parameters.dispose();
    this.network = undefined;
    this.weights = new Map();
  }

  private async trainNetwork(
    network: Perceptron,
    optimizer: Adam,
    { data, codes }: LabelledCells,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<void> {
    const X = toCsr(data.X);
    const { batchSize } = values;
    const stepsPerEpoch = Math.ceil(X.nRows / batchSize);
    const state = new TrainingState(network.parameters, optimizer, this.history);
    const firstEpoch = await state.resume(context.checkpoint);
    let step = firstEpoch * stepsPerEpoch;
    const decay = stepDecay(DECAY_STEPS, DECAY);
    await trainEpochs({
      ...context,
      owner: this.spec.name,
      epochs: values.epochs,
      firstEpoch,
      nItems: X.nRows,
      batchSize,
      history: this.history,
      step: async (batch) => {
        optimizer.learningRateFactor = decay(step++);
        const expression = X.selectRows(batch);
        const classes = batch.map((cell) => codes[cell]!);
        const loss = await optimizer.minimize(
          () => softmaxCrossEntropy(network.logits(expression), classes) as tf.Scalar,
        );
        return { loss };
      },
      onEpochEnd: async (epoch) => {
        const penalty = (this.params.lambd / 2) * (await network.sumOfSquares());
        (this.history['penalty'] ??= []).push(penalty);
        await state.saveIfDue(context.checkpoint, epoch);
      },
    });
  }
}

function normalization(normalize: boolean): (NormalizeTotal | Log1P)[] {
  return normalize ? [new NormalizeTotal({ targetSum: 1e4 }), new Log1P({ base: 2 })] : [];
}

function pipeline({ normalize, filterGenes }: ParamValues<typeof preprocessParams>): Compose {
  return new Compose([
    ...normalization(normalize),
    new FilterGenesScanpy({ minCells: 1 }),
    ...(filterGenes
      ? [new FilterGenesPercentile({ mode: 'sum' }), new FilterGenesPercentile({ mode: 'cv' })]
      : []),
    new SetConfig({ feature: [{ slot: 'X' }] }),
  ]);
}

/** Fully connected layers with ReLU between them; the first takes sparse input. */
class Perceptron {
  readonly parameters = new ParameterSet();
  readonly penalized: readonly Parameter[];
  readonly biases: readonly Parameter[];
  private readonly layers: readonly Linear[];

  constructor(widths: readonly number[], rng: Rng) {
    this.layers = widths.slice(1).map((nOut, i) => {
      const name = `layer${i}`;
      const nIn = widths[i]!;
      return new Linear(this.parameters, name, nIn, nOut, rng, {
        weight: xavierNormal(nIn, nOut, rng.fork(name)),
        bias: new Float32Array(nOut),
      });
    });
    this.penalized = this.layers.map(({ weight }) => weight);
    this.biases = this.layers.flatMap(({ bias }) => bias ?? []);
  }

  /** [n, nGenes] -\> [n, nClasses] */
  logits(expression: CsrMatrix | tf.Tensor2D): tf.Tensor2D {
    const weight = this.penalized[0]!.variable as tf.Tensor as tf.Tensor2D;
    const product =
      expression instanceof tf.Tensor
        ? tf.matMul(expression, weight)
        : spmm(new SparseOperand(expression), weight);
    let h = tf.add<tf.Tensor2D>(product, this.biases[0]!.variable);
    for (const layer of this.layers.slice(1)) h = layer.apply(tf.relu(h));
    return h;
  }

  async sumOfSquares(): Promise<number> {
    let sum = 0;
    for (const parameter of this.penalized) for (const w of await parameter.read()) sum += w * w;
    return sum;
  }
}
