import {
  DataError,
  defineParams,
  loadModelBundle,
  parseParams,
  Rng,
  toCsr,
  type AnnData,
  type ArtifactStore,
  type Bundle,
  type CsrMatrix,
  type FitContext,
  type ModelSpec,
  type ParamInput,
  type ParamValues,
  type RunContext,
  type SavedTensor,
} from '@dance-ts/core';
import {
  Adam,
  BatchBuffer,
  DEVICES,
  EarlyStopping,
  selectBackend,
  trainEpochs,
  TrainingState,
} from '@dance-ts/nn';
import {
  Compose,
  FilterCellsScanpy,
  FilterGenesScanpy,
  geneBlocks,
  Log1P,
  SetConfig,
} from '@dance-ts/transforms';
import { z } from 'zod';
import { BlockNetworks } from './deepimpute-network.js';
import { validationEntries } from './held-out.js';
import { ImputationModel, type Imputation } from './imputation-model.js';
import { NormalizeCells } from './normalize-cells.js';

const params = defineParams({
  subOutputdim: z.int().min(1).default(512).describe('Genes one network predicts'),
  nTop: z.int().min(1).default(5).describe('Most correlated genes each gene brings in'),
  hiddenDim: z.int().min(1).default(256).describe('Width of the hidden layer'),
  dropout: z.number().min(0).max(0.95).default(0.2).describe('Dropout rate of the hidden layer'),
  binary: z
    .boolean()
    .default(false)
    .describe('Weigh all positive values alike in the loss, not by their size'),
  seed: z.int().min(0).default(0).describe('Seed of every random stream'),
  device: z.enum(DEVICES).default('auto').describe('Where tensors are computed'),
});

const fitParams = defineParams({
  epochs: z.int().min(0).default(500).describe('Most epochs; 0 leaves the weights untrained'),
  lr: z.number().positive().default(1e-4).describe('Learning rate of Adam'),
  batchSize: z.int().min(1).default(64).describe('Cells in a mini-batch'),
  patience: z
    .int()
    .min(0)
    .default(5)
    .describe('Epochs without a lower validation loss after which training stops'),
  trainSize: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.9)
    .describe('Share of the cells to train on, where no entries were held out for validation'),
});

const preprocessParams = defineParams({
  minCells: z
    .number()
    .min(0)
    .default(0.05)
    .describe('Fewest cells that express a gene; below 1 a share of all'),
  normalize: z.boolean().default(false).describe('Scale each cell to 10,000 counts'),
});

/** Constructor parameters of {@link DeepImpute}. */
export type DeepImputeParams = ParamInput<typeof params>;
/** Parameters of {@link DeepImpute.fit}. */
export type DeepImputeFitParams = ParamInput<typeof fitParams>;
/** Parameters of {@link DeepImpute.preprocessing}. */
export type DeepImputePreprocessParams = ParamInput<typeof preprocessParams>;

const WEIGHTS = 'network/';

/**
 * DeepImpute: predicts each gene from the genes most correlated with it.
 *
 * Genes are cut at random into blocks of 512. For each block, a network (dense 256, ReLU, dropout
 * 0.2, dense, softplus) predicts log(1 + count) of its genes from the five genes outside the block
 * that correlate most with each of them, trained on mean y (y - p)^2: zeros have no weight, so that
 * dropped out values cannot pull predictions down. Training stops when the error on validation
 * entries (`holdOutEntries`) no longer falls, or without such, the loss on a tenth of the cells; the
 * best weights are kept.
 *
 * Memory: weights (predictors + genes) x 256 x 4 arrays of 4 bytes; expression stays sparse
 * but for the cells of a batch. Time: choosing predictors costs cells x (genes per cell)^2.
 *
 * Departures from the authors' program: the last block is smaller instead of being filled up with
 * genes twice; all kept genes are imputed; there are at least two blocks, so that few genes have
 * predictors, too. Departures from DANCE's code: gradients are zeroed between steps; predictors are
 * chosen by absolute Pearson correlation for each target (DANCE takes ranks along the wrong axis for
 * genes); columns go back to their own genes (DANCE permutes twice); validation compares with true
 * values, not with the masked zeros; the count of epochs without improvement starts anew after one.
 *
 * Source: Arisdakessian, Poirion, Yunits, Zhu & Garmire, DeepImpute: an accurate, fast, and scalable
 * deep neural network method to impute single-cell RNA-seq data, Genome Biology 20:211, 2019.
 */
export class DeepImpute extends ImputationModel<
  typeof params,
  typeof fitParams,
  typeof preprocessParams
> {
  static readonly spec: ModelSpec<typeof params, typeof fitParams, typeof preprocessParams> = {
    id: 'deepimpute',
    name: 'DeepImpute',
    task: 'imputation',
    inference: 'inductive',
    backbone: 'MLP',
    paper: {
      authors: 'Arisdakessian et al.',
      title:
        'DeepImpute: an accurate, fast, and scalable deep neural network method to impute ' +
        'single-cell RNA-seq data',
      venue: 'Genome Biology 20:211',
      year: 2019,
      doi: '10.1186/s13059-019-1837-6',
    },
    params,
    fitParams,
    preprocessParams,
  };

  private networks: BlockNetworks | undefined;
  private weights: readonly [string, SavedTensor][] = [];

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: DeepImputeParams) {
    super(DeepImpute.spec, input);
  }

  /** A saved model, ready to impute. */
  static async load(store: ArtifactStore): Promise<DeepImpute> {
    const saved = await loadModelBundle(store, DeepImpute.spec);
    return new DeepImpute(saved.params).restore(saved.bundle);
  }

  /** Filters and the logarithm. */
  static preprocessing(options?: DeepImputePreprocessParams): Compose {
    return pipeline(parseParams(preprocessParams, options, 'DeepImpute.preprocessing'));
  }

  protected override modelPipeline(values: ParamValues<typeof preprocessParams>): Compose {
    return pipeline(values);
  }

  protected override cellPipeline(values: ParamValues<typeof preprocessParams>): Compose {
    return new Compose(scaling(values));
  }

  protected override async learn(
    prepared: AnnData,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<undefined> {
    await selectBackend(this.params.device, { reporter: context.reporter });
    const X = toCsr(prepared.X);
    const { subOutputdim: blockSize, nTop } = this.params;
    const rng = context.rng.fork('blocks');
    const blocks = await geneBlocks(X, { ...context, blockSize, nTop, rng });
    this.networks = new BlockNetworks(blocks, this.params, context.rng.fork('init'));
    const held = validationEntries(prepared, 'log1p');
    await this.trainNetworks(this.networks, X, held, values, context);
    this.weights = await this.networks.parameters.capture(WEIGHTS);
    return undefined;
  }

  protected override async imputeCells(
    prepared: AnnData,
    context: RunContext,
  ): Promise<Imputation> {
    const { networks } = this;
    if (networks === undefined) throw new DataError('DeepImpute holds no networks');
    await selectBackend(this.params.device, { reporter: context.reporter });
    return { values: await networks.predict(toCsr(prepared.X), context), scale: 'log1p' };
  }

  protected override captureLearned(): Bundle {
    const blocks = this.networks?.blocks ?? [];
    const lists = blocks.flatMap(({ targets, predictors }, b): [string, SavedTensor][] => [
      [`block${b}/targets`, { shape: [targets.length], data: targets }],
      [`block${b}/predictors`, { shape: [predictors.length], data: predictors }],
    ]);
    return { facts: { nBlocks: blocks.length }, tensors: new Map([...lists, ...this.weights]) };
  }

  protected override async restoreLearned({ facts, tensors }: Bundle): Promise<void> {
    await selectBackend(this.params.device);
    const list = (name: string): Int32Array => tensors.get(name)?.data as Int32Array;
    const blocks = Array.from({ length: facts['nBlocks'] as number }, (_, b) => ({
      targets: list(`block${b}/targets`),
      predictors: list(`block${b}/predictors`),
    }));
    this.networks = new BlockNetworks(blocks, this.params, Rng.fromSeed(0));
    this.networks.parameters.restore(tensors, WEIGHTS);
    this.weights = [...tensors].filter(([name]) => name.startsWith(WEIGHTS));
  }

  protected override releaseLearned(): void {
    this.networks?.parameters.dispose();
    this.networks = undefined;
    this.weights = [];
  }

  private async trainNetworks(
    networks: BlockNetworks,
    X: CsrMatrix,
    held: CsrMatrix | undefined,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<void> {
    const { cells, others } = splitCells(X.nRows, held, values.trainSize, context.rng);
    const expression = X.selectRows(cells);
    const checked = X.selectRows(others);
    const inputs = networks.inputs(expression);
    const checkedInputs = held === undefined ? networks.inputs(checked) : inputs;
    const optimizer = new Adam(networks.parameters.trainable(), { learningRate: values.lr });
    const state = new TrainingState(networks.parameters, optimizer, this.history);
    const stopping = new EarlyStopping({ patience: values.patience });
    const targets = networks.blocks.map((block) => {
      return new BatchBuffer(expression.selectColumns(block.targets));
    });
    try {
      const firstEpoch = await state.resume(context.checkpoint);
      let isDone = false;
      for (const loss of this.history['validation'] ?? []) isDone = stopping.observe(loss);
      await trainEpochs({
        ...context,
        owner: this.spec.name,
        epochs: isDone ? firstEpoch : values.epochs,
        firstEpoch,
        nItems: cells.length,
        batchSize: values.batchSize,
        history: this.history,
        step: async (batch, rng) => ({
          loss: await optimizer.minimize(() => networks.loss(inputs, targets, batch, rng)),
        }),
        onEpochEnd: async (epoch) => {
          const loss =
            held === undefined
              ? await networks.weightedError(checkedInputs, checked, context)
              : (await networks.squaredError(checkedInputs, held, () => 1, context)) / held.nnz;
          (this.history['validation'] ??= []).push(loss);
          await state.offer(-loss);
          isDone = stopping.observe(loss);
          await state.saveIfDue(context.checkpoint, epoch);
        },
        shouldStop: () => isDone,
      });
      state.restoreBest();
    } finally {
      for (const owner of [...inputs, ...checkedInputs, ...targets]) owner.dispose();
      optimizer.dispose();
    }
  }
}

function pipeline(values: ParamValues<typeof preprocessParams>): Compose {
  return new Compose([
    new FilterGenesScanpy({ minCells: values.minCells }),
    new FilterCellsScanpy({ minCounts: 1 }),
    ...scaling(values),
    new SetConfig({ feature: [{ slot: 'X' }] }),
  ]);
}

function scaling({ normalize }: ParamValues<typeof preprocessParams>): (NormalizeCells | Log1P)[] {
  return [...(normalize ? [new NormalizeCells({ targetSum: 1e4 })] : []), new Log1P()];
}

/** Cells to train on and cells to validate on; all train where entries validate. */
function splitCells(
  nCells: number,
  held: CsrMatrix | undefined,
  trainSize: number,
  rng: Rng,
): { cells: Int32Array; others: Int32Array } {
  const nTrain = held === undefined ? Math.max(1, Math.round(nCells * trainSize)) : nCells;
  const order = rng.fork('validation cells').permutation(nCells);
  const others = nTrain < nCells ? order.slice(nTrain) : order.slice();
  return { cells: order.slice(0, nTrain).sort(), others: others.sort() };
}
