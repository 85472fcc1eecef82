import {
  columnValue,
  DataError,
  defineParams,
  DenseMatrix,
  FormatError,
  loadModelBundle,
  parseParams,
  type AnnData,
  type ArtifactStore,
  type Bundle,
  type BundleArray,
  type Explanation,
  type FitContext,
  type Matrix,
  type ModelSpec,
  type ParamInput,
  type ParamValues,
  type RunContext,
} from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { Compose, Log1P, NormalizeTotal } from '@dance-ts/transforms';
import { z } from 'zod';
import { annotationFitParams, IN_QUERY } from './annotation-model.js';
import { linearExplanation } from './celltypist-explanation.js';
import { readCelltypistFile } from './celltypist-file.js';
import { shiftScores, trainLinear, type TrainedModel } from './celltypist-training.js';
import { ExplainableModel, type ClassToExplain } from './explainable-model.js';
import { scaledGenes } from './gene-scaler.js';
import type { LabelledCells } from './labelled-cells.js';
import { clustersOfColumn, majorityLabels, overCluster } from './majority-voting.js';
import { argmaxOfRows, type Classified } from './query-blocks.js';

const params = defineParams({
  mode: z
    .enum(['best match', 'prob match'])
    .default('best match')
    .describe('Label of the highest score, or all whose probability is above pThres, joined by |'),
  pThres: z.number().min(0).max(1).default(0.5).describe('Probability threshold of "prob match"'),
  majorityVoting: z
    .boolean()
    .default(false)
    .describe('Give each cell the most frequent label of its cluster in a fine clustering'),
  overClustering: z
    .string()
    .optional()
    .describe('Column of obs of the query with the clusters that vote; Leiden if left out'),
  minProp: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Share of its cluster that the winning label must have; none is given below it'),
  seed: z.int().min(0).default(0).describe('Seed of every random stream'),
});

const fitParams = defineParams({
  C: z.number().positive().default(1).describe('Inverse strength of the L2 penalty'),
  maxIter: z.int().min(1).default(1000).describe('Most iterations of L-BFGS or epochs of SGD'),
  tol: z
    .number()
    .positive()
    .default(1e-4)
    .describe('L-BFGS stops when no entry of the gradient of the mean loss is larger'),
  useSgd: z.boolean().default(false).describe('Stochastic gradient descent instead of L-BFGS'),
  alpha: z.number().positive().default(1e-4).describe('L2 penalty of SGD'),
  miniBatch: z.boolean().default(false).describe('SGD on batches of drawn cells'),
  batchNumber: z.int().min(1).default(100).describe('Batches an epoch, as far as there are cells'),
  batchSize: z.int().min(1).default(1000).describe('Cells in a batch'),
  epochs: z.int().min(1).default(10).describe('Epochs of the mini-batches'),
  balanceCellType: z
    .boolean()
    .default(false)
    .describe('Draw the cells of a batch so that rare types come as often as frequent ones'),
  featureSelection: z
    .boolean()
    .default(false)
    .describe('Train on the topGenes strongest genes of each type in a first pass of SGD'),
  topGenes: z.int().min(1).default(300).describe('Genes of each type that are selected'),
  ...annotationFitParams,
});

const preprocessParams = defineParams({
  normalize: z
    .boolean()
    .default(true)
    .describe('Scale each cell to 10,000 counts and take log(1 + x); off if that is done already'),
});

/** Constructor parameters of {@link Celltypist}. */
export type CelltypistParams = ParamInput<typeof params>;
/** Parameters of {@link Celltypist.fit}. */
export type CelltypistFitParams = ParamInput<typeof fitParams>;
/** Parameters of {@link Celltypist.preprocessing}. */
export type CelltypistPreprocessParams = ParamInput<typeof preprocessParams>;

/** Options of {@link Celltypist.fromModelFile}. */
export interface ModelFileOptions extends CelltypistParams {
  /** Queries are counts, to be scaled to 10,000 and logged over all their genes. Default true. */
  readonly normalize?: boolean;
}

/** What a model learned, or read from a file. */
interface Learned extends TrainedModel {
  /** Set for a model file: whether queries are normalized, and what the file says of itself. */
  readonly file?: { readonly normalize: boolean; readonly description: Record<string, string> };
}

const TARGET_SUM = 1e4;
/** Logarithm of 1 + 10,000, and a little for rounding. */
const LARGEST_LOG = 9.22;
/** Voting in fewer cells says nothing. */
const FEWEST_VOTERS = 50;

/**
 * Celltypist: labels cells by logistic regression, one type against the rest.
 *
 * Genes of log-normalized cells are standardized and cut at 10 deviations, z; the score of a type
 * is s = z w + b, its probability 1 / (1 + exp(-s)), so that the probabilities of a cell need not
 * sum to 1. Training minimizes 1/2 |w|^2 + C sum log(1 + exp(-y s)) by L-BFGS, or the mean loss
 * plus alpha/2 |w|^2 by stochastic gradient descent, all cells or mini-batches.
 *
 * - `mode: 'best match'`: the type of the highest score. `'prob match'`: all types with a
 *   probability above `pThres`, joined by `|`; no label if there is none. Scores count a joined
 *   label as wrong.
 * - `majorityVoting`: the query is cut into fine clusters (see `overCluster`), and each cell gets
 *   the label most frequent in its cluster, none where that one's share is below `minProp`.
 *   Queries of at most 50 cells keep their own labels.
 * - `fromModelFile` reads the models that the authors provide.
 *
 * Memory: 8 bytes an expressed value on top of the data; standardized genes are never made dense.
 * Voting takes cells x 2,500 x 4 bytes.
 *
 * Departures from the authors' program: L-BFGS for any number of cells (they use SAG above 50,000);
 * genes keep their names, which DANCE replaces by numbers; a cell of a cluster without a clear
 * majority has no label instead of "Heterogeneous".
 *
 * Source: Domínguez Conde et al., Cross-tissue immune cell analysis reveals tissue-specific
 * features in humans, Science 376, 2022.
 */
export class Celltypist extends ExplainableModel<
  typeof params,
  typeof fitParams,
  typeof preprocessParams
> {
  static readonly spec: ModelSpec<typeof params, typeof fitParams, typeof preprocessParams> = {
    id: 'celltypist',
    name: 'Celltypist',
    task: 'cell-type-annotation',
    inference: 'inductive',
    backbone: 'logistic regression',
    paper: {
      authors: 'Domínguez Conde et al.',
      title: 'Cross-tissue immune cell analysis reveals tissue-specific features in humans',
      venue: 'Science 376(6594):eabl5197',
      year: 2022,
      doi: '10.1126/science.abl5197',
    },
    params,
    fitParams,
    preprocessParams,
  };

  private model: Learned | undefined;

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: CelltypistParams) {
    super(Celltypist.spec, input);
  }

  /** A saved model, ready to predict. */
  static async load(store: ArtifactStore): Promise<Celltypist> {
    const saved = await loadModelBundle(store, Celltypist.spec);
    return new Celltypist(saved.params).restore(saved.bundle);
  }

  /**
   * A model from a file (.pkl) of the authors' program, ready to predict. Nothing in the file is
   * run. Queries are counts, normalized over all their genes, also those the model does not know;
   * genes of the model that a query lacks are left out of the scores.
   *
   * @param bytes - the whole file
   * @throws FormatError that says what is not allowed or missing in the file; ParamError
   */
  static async fromModelFile(
    bytes: Uint8Array,
    options: ModelFileOptions = {},
  ): Promise<Celltypist> {
    const { normalize = true, ...input } = options;
    const { classes, genes, description, ...linear } = await readCelltypistFile(bytes);
    const places = Int32Array.from(genes.keys());
    const model = { ...linear, genes: places, file: { normalize, description } };
    const { facts, tensors } = bundleOf(model);
    const state = { classes, genes, geneAliases: {}, preprocessing: { normalize: false } };
    const kept = { shape: [places.length], data: places };
    return new Celltypist(input).restore({
      facts: { state: { ...state, learned: facts }, history: {}, fitParams: {} },
      tensors: new Map([...tensors, ['kept', kept]]),
    });
  }

  /** Normalization to 10,000 counts and log(1 + x). */
  static preprocessing(options?: CelltypistPreprocessParams): Compose {
    return pipeline(parseParams(preprocessParams, options, 'Celltypist.preprocessing'));
  }

  /** What a model file says of itself: date, source, version ...; empty for a trained model. */
  get description(): Readonly<Record<string, string>> {
    return this.linearModel().file?.description ?? {};
  }

  protected override referencePipeline(values: ParamValues<typeof preprocessParams>): Compose {
    return pipeline(values);
  }

  protected override queryPipeline(values: ParamValues<typeof preprocessParams>): Compose {
    return pipeline(values);
  }

  protected override withAllGenes(counts: Matrix): Matrix {
    const { file } = this.linearModel();
    if (file === undefined) return counts;
    if (file.normalize) return logNormalized(counts);
    const largest = counts.data.reduce((most, value) => Math.max(most, value), 0);
    if (largest <= LARGEST_LOG) return counts;
    throw new DataError('Celltypist: the query is not log-normalized', {
      got: `a value of ${largest}`,
      expected: `log(1 + x) of cells scaled to 10,000 counts, at most ${LARGEST_LOG}`,
      remedy: 'Give counts, and leave out { normalize: false }.',
    });
  }

  protected override async learn(
    cells: LabelledCells,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<void> {
    const { data, codes, classes } = cells;
    this.model = await trainLinear(data.X, codes, classes.length, values, context);
  }

  protected override async classify(cells: AnnData): Promise<Classified> {
    const scores = await this.scores(cells);
    const probabilities = scores.mapData((score) => 1 / (1 + Math.exp(-score)));
    const { mode, pThres } = this.params;
    const codes = argmaxOfRows(scores);
    if (mode === 'best match') return { codes, probabilities };
    const passing = codes.map((code, i) => (probabilities.get(i, code) > pThres ? code : -1));
    return { codes: passing, probabilities };
  }

  protected override async classifyQuery(query: AnnData, context: RunContext): Promise<Classified> {
    const classified = await super.classifyQuery(query, context);
    const { codes, probabilities } = classified;
    const labels = this.ownLabels(classified);
    if (!this.params.majorityVoting) return { codes, probabilities, labels };
    if (query.nObs <= FEWEST_VOTERS) {
      const text = `Celltypist: no majority voting among ${query.nObs} cells, more than ${FEWEST_VOTERS} are needed`;
      context.reporter.message('warning', text);
      return { codes, probabilities, labels };
    }
    const clusters = await this.clustersOf(query, context);
    const voted = majorityLabels(labels, clusters, this.params.minProp);
    const codeOf = new Map<string | null, number>(this.classes.map((name, code) => [name, code]));
    const ofVoted = Int32Array.from(voted, (label) => codeOf.get(label) ?? -1);
    return { codes: ofVoted, probabilities, labels: voted };
  }

  /** Exact: coefficient times the difference of the standardized gene from its baseline. */
  protected override attribute(cells: AnnData, request: ClassToExplain): Promise<Explanation> {
    return Promise.resolve(linearExplanation(cells, this.linearModel(), request));
  }

  protected override captureLearned(): Bundle {
    return bundleOf(this.linearModel());
  }

  protected override restoreLearned({ facts, tensors }: Bundle): Promise<void> {
    const floats = (name: string): Float64Array => tensorOf(tensors, name, Float64Array);
    const genes = tensorOf(tensors, 'genes', Int32Array);
    this.model = {
      coef: tensorOf(tensors, 'coef', Float32Array),
      intercept: floats('intercept'),
      scaler: { mean: floats('mean'), scale: floats('scale') },
      genes,
      ...(facts.file ? { file: facts.file as unknown as NonNullable<Learned['file']> } : {}),
    };
    return Promise.resolve();
  }

  protected override releaseLearned(): void {
    this.model = undefined;
  }

  /** Scores of the classes, [nCells, nClasses]; genes the query lacks are left out. */
  private async scores(cells: AnnData): Promise<DenseMatrix> {
    const { coef, intercept, scaler, genes } = this.linearModel();
    const X = genes.length === cells.nVars ? cells.X : cells.X.selectColumns(genes);
    const { sparse, shift } = scaledGenes(X, scaler);
    const inQuery = cells.var.get(IN_QUERY);
    for (const [place, gene] of genes.entries()) {
      if (columnValue(inQuery, gene) === false) shift[place] = 0;
    }
    const constant = shiftScores(coef, shift);
    const rows = intercept.length;
    const values = new Float32Array(X.nRows * rows);
    const x = new DenseMatrix(rows, genes.length, coef).transpose().data;
    const { nRows, indptr, indices, data } = sparse;
    const kernels = await getKernels();
    kernels.spmm({ nRows, indptr, indices, values: data, x, width: rows, out: values });
    values.forEach((value, e) => {
      values[e] = value + intercept[e % rows]! + constant[e % rows]!;
    });
    if (rows > 1) return new DenseMatrix(nRows, rows, values);
    const both = Float32Array.from({ length: 2 * nRows }, (_, e) =>
      e % 2 === 0 ? -values[e >> 1]! : values[e >> 1]!,
    );
    return new DenseMatrix(nRows, 2, both);
  }

  /** Labels before voting. */
  private ownLabels({ codes, probabilities }: Classified): (string | null)[] {
    const { mode, pThres } = this.params;
    const { classes } = this;
    return Array.from(codes, (code, i) => {
      if (code < 0) return null;
      if (mode === 'best match') return classes[code]!;
      return classes.filter((_, c) => probabilities.get(i, c) > pThres).join('|');
    });
  }

  private async clustersOf(query: AnnData, context: RunContext): Promise<Int32Array> {
    const { overClustering } = this.params;
    if (overClustering !== undefined) return clustersOfColumn(query, overClustering);
    const prepared = query.view();
    if (this.linearModel().file?.normalize ?? this.preparation?.normalize === true)
      prepared.X = logNormalized(query.X);
    return overCluster(prepared, context);
  }

  private linearModel(): Learned {
    if (this.model === undefined) throw new DataError('Celltypist holds no model');
    return this.model;
  }
}

function pipeline({ normalize }: ParamValues<typeof preprocessParams>): Compose {
  const steps = [new NormalizeTotal({ targetSum: TARGET_SUM }), new Log1P()];
  return new Compose(normalize ? steps : []);
}

/** log(1 + x) of cells scaled to 10,000 counts. */
function logNormalized(counts: Matrix): Matrix {
  const factors = counts.rowSums().map((sum) => (sum > 0 ? TARGET_SUM / sum : 1));
  return counts.scaleRows(factors).mapData(Math.log1p);
}

function bundleOf({ coef, intercept, scaler, genes, file }: Learned): Bundle {
  const width = genes.length;
  return {
    facts: file === undefined ? {} : { file },
    tensors: new Map([
      ['coef', { shape: [intercept.length, width], data: coef }],
      ['intercept', { shape: [intercept.length], data: intercept }],
      ['mean', { shape: [width], data: scaler.mean }],
      ['scale', { shape: [width], data: scaler.scale }],
      ['genes', { shape: [width], data: genes }],
    ]),
  };
}

function tensorOf<T extends BundleArray>(
  tensors: Bundle['tensors'],
  name: string,
  Type: new (length: number) => T,
): T {
  const data = tensors.get(name)?.data;
  if (data instanceof Type) return data;
  throw new FormatError(`the saved Celltypist has no ${name}`, { remedy: 'Save the model again.' });
}
