import { DenseMatrix, Pacer, Rng, type Bundle, type Matrix } from '@dance-ts/core';
import { argmaxClasses, toClassColumns } from '../supervised/class-columns.js';
import { checkClassWeight, checkNumber, type ClassWeight } from '../supervised/options.js';
import { checkState, stateArray, stateOptions, stateSize } from '../supervised/state.js';
import {
  checkNewData,
  checkTrainingSet,
  classWeights,
  fitted,
  type ClassifierFitOptions,
  type TrainingSet,
} from '../supervised/training-set.js';
import { addTreeShares, growTree, type ClassificationTree } from './classification-tree.js';
import { treesFromState, treesToTensors } from './forest-state.js';
import { rankTable } from './rank-table.js';

/** Options of {@link RandomForestClassifier}, with scikit-learn's defaults. */
export interface RandomForestOptions {
  /** Trees, default 100. */
  readonly nEstimators?: number;
  /** Features tried at each split: a number, 'sqrt' (default) or 'all'. */
  readonly maxFeatures?: number | 'sqrt' | 'all';
  /** Largest depth, default null: no bound. */
  readonly maxDepth?: number | null;
  /** Fewest rows of a node that is split, default 2. */
  readonly minSamplesSplit?: number;
  /** Fewest rows of a leaf, default 1. */
  readonly minSamplesLeaf?: number;
  /** Each tree sees as many rows as there are, drawn with replacement; default true. */
  readonly bootstrap?: boolean;
  /** Each tree's draw takes from every class as many rows as the rarest has; default false. */
  readonly stratified?: boolean;
  /** Default null; 'balanced' is computed from all rows, not from each draw. */
  readonly classWeight?: ClassWeight;
  /** Seed; each tree has its own stream. Default 0. */
  readonly seed?: number;
}

interface Forest {
  readonly trees: readonly ClassificationTree[];
  readonly classes: Int32Array;
  readonly nClasses: number;
  /** [nFeatures] */
  readonly importances: Float64Array;
}

const OWNER = 'RandomForestClassifier';

/**
 * Random forest (Breiman, Machine Learning 45:5, 2001): CART trees with the Gini impurity on
 * bootstrap samples, features drawn at every split. The trees are not those of scikit-learn, whose
 * random numbers differ; the distribution over trees is the same.
 *
 * Memory while fitting: 1 byte an entry of X if no feature has more than 256 values, else 2 or 4.
 */
export class RandomForestClassifier {
  readonly options: Required<RandomForestOptions>;
  private forest: Forest | undefined;

  /** @throws ParamError for an option out of range */
  constructor(options: RandomForestOptions = {}) {
    const count = (name: string, value: number, min: number): number =>
      checkNumber(`${OWNER}: ${name}`, value, { min, integer: true });
    const maxFeatures = options.maxFeatures ?? 'sqrt';
    const maxDepth = options.maxDepth ?? null;
    this.options = {
      nEstimators: count('nEstimators', options.nEstimators ?? 100, 1),
      maxFeatures:
        maxFeatures === 'sqrt' || maxFeatures === 'all'
          ? maxFeatures
          : count('maxFeatures', maxFeatures, 1),
      maxDepth: maxDepth === null ? null : count('maxDepth', maxDepth, 1),
      minSamplesSplit: count('minSamplesSplit', options.minSamplesSplit ?? 2, 2),
      minSamplesLeaf: count('minSamplesLeaf', options.minSamplesLeaf ?? 1, 1),
      bootstrap: options.bootstrap ?? true,
      stratified: options.stratified ?? false,
      classWeight: checkClassWeight(`${OWNER}: classWeight`, options.classWeight ?? null),
      seed: checkNumber(`${OWNER}: seed`, options.seed ?? 0, { integer: true }),
    };
  }

  /** A forest from the result of `toState`; throws FormatError if it is something else. */
  static fromState(state: Bundle): RandomForestClassifier {
    checkState(OWNER, state);
    const model = new RandomForestClassifier(stateOptions(state));
    const classes = stateArray(state, 'classes', Int32Array);
    const importances = stateArray(state, 'importances', Float64Array);
    model.forest = {
      trees: treesFromState(state, classes.length, importances.length),
      classes,
      nClasses: stateSize(state, 'nClasses'),
      importances,
    };
    return model;
  }

  /**
   * Grows the trees.
   *
   * @param X - [n, p]
   * @param y - [n] label codes
   * @throws DataError if the data cannot be used; AbortError
   */
  async fit(X: Matrix, y: Int32Array, options: ClassifierFitOptions = {}): Promise<this> {
    const { nEstimators, seed } = this.options;
    const set = checkTrainingSet(OWNER, X, y, options);
    const pacer = new Pacer(options.signal);
    await pacer.tick();
    const table = rankTable(X);
    const ofClass = classWeights(OWNER, this.options.classWeight, set);
    const base = set.weight.map((weight, i) => weight * ofClass[set.places[i]!]!);
    const rows = rowsByClass(set);
    const treeOptions = this.treeOptions(X.nCols);
    const importances = new Float64Array(X.nCols);
    const trees: ClassificationTree[] = [];
    for (let t = 0; t < nEstimators; t++) {
      await pacer.tick();
      const rng = Rng.fromSeed(seed).fork(`tree-${t}`);
      const weight = this.drawWeights(base, rows, rng);
      const own = new Float64Array(X.nCols);
      const sample = { table, labels: set.places, nClasses: set.classes.length, weight };
      trees.push(growTree(sample, treeOptions, rng, own));
      addNormalized(importances, own);
      options.reporter?.progress({ task: `${OWNER}: tree`, done: t + 1, total: nEstimators });
    }
    const normalized = new Float64Array(X.nCols);
    addNormalized(normalized, importances);
    this.forest = { trees, classes: set.classes, nClasses: set.nClasses, importances: normalized };
    return this;
  }

  /**
   * Mean over the trees of the class shares in the leaf a row falls into.
   *
   * @param X - [n, nFeatures]
   * @returns [n, nClasses], 0 for codes that did not occur in training
   * @throws NotFittedError; DataError if X does not fit; AbortError
   */
  async predictProba(
    X: Matrix,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<DenseMatrix> {
    const { classes, nClasses } = fitted(OWNER, this.forest);
    return toClassColumns(await this.shares(X, options.signal), classes, nClasses, 0);
  }

  /**
   * Label code of the largest probability of each row; of equal ones the lowest.
   *
   * @throws NotFittedError; DataError if X does not fit; AbortError
   */
  async predict(
    X: Matrix,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<Int32Array> {
    const { classes } = fitted(OWNER, this.forest);
    return argmaxClasses(await this.shares(X, options.signal), classes);
  }

  /** [nFeatures] mean decrease of impurity, scaled to sum 1. */
  get featureImportances(): Float64Array {
    return fitted(OWNER, this.forest).importances;
  }

  /** Label codes that occurred in training, ascending. */
  get classes(): Int32Array {
    return fitted(OWNER, this.forest).classes;
  }

  /** Number of label codes, and of columns of the probabilities. */
  get nClasses(): number {
    return fitted(OWNER, this.forest).nClasses;
  }

  /** The trees; their classes are places in `classes`. */
  get trees(): readonly ClassificationTree[] {
    return fitted(OWNER, this.forest).trees;
  }

  /** Facts and arrays from which `fromState` makes the same forest. */
  toState(): Bundle {
    const { trees, classes, nClasses, importances } = fitted(OWNER, this.forest);
    return {
      facts: { estimator: OWNER, options: { ...this.options }, nClasses },
      tensors: new Map([
        ...treesToTensors(trees, classes.length),
        ['classes', { shape: [classes.length], data: classes.slice() }],
        ['importances', { shape: [importances.length], data: importances.slice() }],
      ]),
    };
  }

  private async shares(X: Matrix, signal: AbortSignal | undefined): Promise<Float64Array> {
    const { trees, classes, importances } = fitted(OWNER, this.forest);
    checkNewData(OWNER, X, importances.length);
    const pacer = new Pacer(signal);
    const sums = new Float64Array(X.nRows * classes.length);
    for (const tree of trees) {
      await pacer.tick();
      addTreeShares(tree, X, sums);
    }
    return sums.map((sum) => sum / trees.length);
  }

  private treeOptions(nFeatures: number) {
    const { maxFeatures, maxDepth, minSamplesSplit, minSamplesLeaf } = this.options;
    const wanted =
      maxFeatures === 'sqrt'
        ? Math.max(1, Math.floor(Math.sqrt(nFeatures)))
        : maxFeatures === 'all'
          ? nFeatures
          : Math.min(maxFeatures, nFeatures);
    return {
      maxFeatures: wanted,
      maxDepth: maxDepth ?? Infinity,
      minSamplesSplit,
      minSamplesLeaf,
    };
  }

  /** Weight of each row in one tree: how often it was drawn times its own weight. */
  private drawWeights(base: Float64Array, rows: readonly Int32Array[], rng: Rng): Float64Array {
    const { bootstrap, stratified } = this.options;
    if (!bootstrap && !stratified) return base;
    const weight = new Float64Array(base.length);
    const least = rows.reduce((size, own) => Math.min(size, own.length), Infinity);
    const draw = (own: Int32Array, size: number): void => {
      const order = bootstrap ? undefined : rng.shuffle(own.slice());
      for (let d = 0; d < size; d++) {
        const i = order === undefined ? own[rng.int(own.length)]! : order[d]!;
        weight[i]! += base[i]!;
      }
    };
    if (stratified) for (const own of rows) draw(own, least);
    else draw(Int32Array.from(base.keys()), base.length);
    return weight;
  }
}

function rowsByClass({ classes, places }: TrainingSet): Int32Array[] {
  const all = Int32Array.from(places.keys());
  return Array.from(classes, (_, place) => all.filter((i) => places[i] === place));
}

/** Adds values scaled to sum 1, if they have a sum. */
function addNormalized(target: Float64Array, values: Float64Array): void {
  const sum = values.reduce((total, value) => total + value, 0);
  if (sum > 0) for (let f = 0; f < target.length; f++) target[f]! += values[f]! / sum;
}
