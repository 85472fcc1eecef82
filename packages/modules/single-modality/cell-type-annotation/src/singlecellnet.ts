import {
  DataError,
  defineParams,
  DenseMatrix,
  FormatError,
  loadModelBundle,
  Pacer,
  parseParams,
  type AnnData,
  type ArtifactStore,
  type Bundle,
  type FitContext,
  type ModelSpec,
  type ParamInput,
  type ParamValues,
  type Rng,
  type RunContext,
} from '@dance-ts/core';
import { RandomForestClassifier } from '@dance-ts/ml';
import {
  Compose,
  genePairParams,
  Log1P,
  NormalizeTotal,
  pairFeatures,
  pairNames,
  topScoringPairs,
  type GenePairs,
} from '@dance-ts/transforms';
import { z } from 'zod';
import { AnnotationModel, annotationFitParams } from './annotation-model.js';
import type { LabelledCells } from './labelled-cells.js';
import { argmaxOfRows, type Classified } from './query-blocks.js';

const params = defineParams({
  numTrees: z.int().min(1).default(100).describe('Trees of the random forest'),
  seed: z.int().min(0).default(0).describe('Seed of every random stream'),
});

const fitParams = defineParams({
  ...genePairParams,
  numRand: z
    .int()
    .min(0)
    .default(100)
    .describe('Shuffled profiles that stand for cells of no known type; 0 for none'),
  stratify: z
    .enum(['draw', 'weigh', 'none'])
    .default('draw')
    .describe('Each tree sees equally many cells of all classes, or weighs classes, or neither'),
  ...annotationFitParams,
});

const preprocessParams = defineParams({
  normalize: z
    .boolean()
    .default(true)
    .describe('Scale each cell to 10,000 counts and take log(1 + x); off if that is done already'),
});

/** Constructor parameters of {@link SingleCellNet}. */
export type SingleCellNetParams = ParamInput<typeof params>;
/** Parameters of {@link SingleCellNet.fit}. */
export type SingleCellNetFitParams = ParamInput<typeof fitParams>;
/** Parameters of {@link SingleCellNet.preprocessing}. */
export type SingleCellNetPreprocessParams = ParamInput<typeof preprocessParams>;

/** What was learned. */
interface Learned {
  readonly pairs: GenePairs;
  readonly names: readonly string[];
  readonly forest: RandomForestClassifier;
}

const FOREST = 'forest/';

/**
 * SingleCellNet: labels cells by a random forest on gene pairs.
 *
 * For each type, the genes most correlated with it (positively and negatively) form pairs; a pair
 * is 1 in a cell with more of its first gene than of its second. The pairs that go best with
 * membership become features (`topScoringPairs` of @dance-ts/transforms). As only the order of the
 * genes within a cell counts, the features do not depend on depth or normalization. A forest of
 * Gini trees, sqrt(pairs) features tried at each split, learns the types and one more class:
 * profiles shuffled within cells and then within features. Each tree sees as many cells of every
 * class as the rarest one has. A cell that is most likely of the shuffled class gets no label.
 *
 * The probabilities leave the shuffled class out, so a row sums to 1 minus its share.
 *
 * Memory: cells x pairs x 5 bytes while fitting.
 *
 * Departures from DANCE: gene pairs are chosen by `fit`, where the labels are named, and not by
 * the preprocessing; classes are the labels that occur, so that no column can be mistaken for
 * another; trees see equally many cells of all classes as in the authors' program, where DANCE
 * weighs the classes (`stratify: 'weigh'`); the score counts a cell of the shuffled class by its likeliest type unless
 * `unassigned: 'wrong'` asks for DANCE's count. Departures from the authors' program, which DANCE
 * makes as well: pairs are searched in normalized values, 100 trees, 10 genes and 25 pairs a type.
 *
 * Source: Tan & Cahan, SingleCellNet: a computational tool to classify single cell RNA-Seq data
 * across platforms and across species, Cell Systems 9(2), 2019.
 */
export class SingleCellNet extends AnnotationModel<
  typeof params,
  typeof fitParams,
  typeof preprocessParams
> {
  static readonly spec: ModelSpec<typeof params, typeof fitParams, typeof preprocessParams> = {
    id: 'singlecellnet',
    name: 'SingleCellNet',
    task: 'cell-type-annotation',
    inference: 'inductive',
    backbone: 'random forest',
    paper: {
      authors: 'Tan & Cahan',
      title:
        'SingleCellNet: A Computational Tool to Classify Single Cell RNA-Seq Data Across Platforms and Across Species',
      venue: 'Cell Systems 9(2):207-213.e2',
      year: 2019,
      doi: '10.1016/j.cels.2019.06.004',
    },
    params,
    fitParams,
    preprocessParams,
  };

  private fittedParts: Learned | undefined;

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: SingleCellNetParams) {
    super(SingleCellNet.spec, input);
  }

  /** A saved model, ready to predict. */
  static async load(store: ArtifactStore): Promise<SingleCellNet> {
    const saved = await loadModelBundle(store, SingleCellNet.spec);
    return new SingleCellNet(saved.params).restore(saved.bundle);
  }

  /** Normalization to 10,000 counts and log(1 + x). */
  static preprocessing(options?: SingleCellNetPreprocessParams): Compose {
    return pipeline(parseParams(preprocessParams, options, 'SingleCellNet.preprocessing'));
  }

  /**
   * The gene pairs of the fitted model, `first&second`, with their importance in the forest (mean
   * decrease of impurity, sums to 1), most important first.
   *
   * @throws NotFittedError
   */
  get genePairs(): readonly { readonly name: string; readonly importance: number }[] {
    this.assertFitted('genePairs');
    const { names, forest } = this.learnedParts();
    const importances = forest.featureImportances;
    return names
      .map((name, p) => ({ name, importance: importances[p]! }))
      .sort((a, b) => b.importance - a.importance);
  }

  protected override referencePipeline(values: ParamValues<typeof preprocessParams>): Compose {
    return pipeline(values);
  }

  protected override queryPipeline(values: ParamValues<typeof preprocessParams>): Compose {
    return pipeline(values);
  }

  protected override async learn(
    cells: LabelledCells,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<void> {
    const { numRand, stratify } = values;
    const { signal, reporter, rng } = context;
    const { data, codes, classes } = cells;
    const nClasses = classes.length;
    const pairs = await topScoringPairs(data.X, codes, nClasses, { ...values, signal, reporter });
    const known = await pairFeatures(data.X, pairs, signal);
    const random = await shuffledProfiles(known, numRand, rng.fork('profiles'), signal);
    const features = stacked(known, random);
    const targets = new Int32Array(features.nRows).fill(nClasses);
    targets.set(codes);
    const forest = new RandomForestClassifier({
      nEstimators: this.params.numTrees,
      stratified: stratify === 'draw',
      classWeight: stratify === 'weigh' ? 'balanced' : null,
      seed: rng.fork('forest').uint32(),
    });
    await forest.fit(features, targets, { nClasses: nClasses + 1, signal, reporter });
    this.fittedParts = { pairs, names: pairNames(pairs, data.varNames), forest };
  }

  protected override async classify(cells: AnnData, context: RunContext): Promise<Classified> {
    const { pairs, forest } = this.learnedParts();
    const features = await pairFeatures(cells.X, pairs, context.signal);
    const run = context.signal === undefined ? {} : { signal: context.signal };
    const shares = await forest.predictProba(features, run); // [nCells, nClasses + 1]
    const nClasses = shares.nCols - 1;
    const codes = argmaxOfRows(shares).map((code) => (code === nClasses ? -1 : code));
    const columns = Int32Array.from({ length: nClasses }, (_, c) => c);
    return { codes, probabilities: shares.selectColumns(columns) };
  }

  protected override captureLearned(): Bundle {
    const { pairs, names, forest } = this.learnedParts();
    const state = forest.toState();
    const shape = [pairs.first.length];
    return {
      facts: { names, forest: state.facts },
      tensors: new Map([
        ['first', { shape, data: pairs.first }],
        ['second', { shape, data: pairs.second }],
        ...[...state.tensors].map(([name, tensor]) => [FOREST + name, tensor] as const),
      ]),
    };
  }

  protected override restoreLearned({ facts, tensors }: Bundle): Promise<void> {
    const first = tensors.get('first')?.data;
    const second = tensors.get('second')?.data;
    const { names, forest } = facts;
    if (!(first instanceof Int32Array && second instanceof Int32Array && Array.isArray(names))) {
      throw new FormatError('the saved SingleCellNet has no gene pairs', {
        remedy: 'Save the model again.',
      });
    }
    const ofForest = [...tensors].filter(([name]) => name.startsWith(FOREST));
    const state: Bundle = {
      facts: forest as Bundle['facts'],
      tensors: new Map(ofForest.map(([name, tensor]) => [name.slice(FOREST.length), tensor])),
    };
    this.fittedParts = {
      pairs: { first, second },
      names: names as string[],
      forest: RandomForestClassifier.fromState(state),
    };
    return Promise.resolve();
  }

  protected override releaseLearned(): void {
    this.fittedParts = undefined;
  }

  private learnedParts(): Learned {
    if (this.fittedParts === undefined) throw new DataError('SingleCellNet holds no forest');
    return this.fittedParts;
  }
}

function pipeline({ normalize }: ParamValues<typeof preprocessParams>): Compose {
  return new Compose(normalize ? [new NormalizeTotal({ targetSum: 1e4 }), new Log1P()] : []);
}

/**
 * Profiles without structure: the features of each cell are shuffled, then each feature over the
 * cells; the first `count` cells of that (all, if there are fewer) are returned.
 */
async function shuffledProfiles(
  features: DenseMatrix,
  count: number,
  rng: Rng,
  signal: AbortSignal | undefined,
): Promise<DenseMatrix> {
  const { nRows, nCols } = features;
  const pacer = new Pacer(signal);
  const shuffled = features.copy();
  for (let i = 0; i < nRows; i++) {
    await pacer.tick();
    const row = shuffled.row(i);
    for (let j = nCols - 1; j > 0; j--) swap(row, j, rng.int(j + 1));
  }
  const profiles = DenseMatrix.zeros(Math.min(count, nRows), nCols);
  const cells = Int32Array.from({ length: nRows }, (_, i) => i);
  for (let j = 0; j < nCols; j++) {
    await pacer.tick();
    for (let r = 0; r < profiles.nRows; r++) {
      // The first steps of a Fisher-Yates shuffle of the feature.
      swap(cells, r, r + rng.int(nRows - r));
      profiles.data[r * nCols + j] = shuffled.get(cells[r]!, j);
    }
  }
  return profiles;
}

function swap(values: Float32Array | Int32Array, a: number, b: number): void {
  const kept = values[a]!;
  values[a] = values[b]!;
  values[b] = kept;
}

function stacked(top: DenseMatrix, bottom: DenseMatrix): DenseMatrix {
  const all = DenseMatrix.zeros(top.nRows + bottom.nRows, top.nCols);
  all.data.set(top.data);
  all.data.set(bottom.data, top.data.length);
  return all;
}
