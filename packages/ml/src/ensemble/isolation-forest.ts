import { Pacer, Rng, type Bundle, type Matrix, type RunOptions } from '@dance-ts/core';
import { checkNumber } from '../supervised/options.js';
import { checkState, stateArray, stateOptions, stateSize } from '../supervised/state.js';
import { checkMatrix, checkNewData, fitted } from '../supervised/training-set.js';
import { addTreeShares } from './classification-tree.js';
import { treesFromState, treesToTensors } from './forest-state.js';
import { averagePathLength, growIsolationTree, type IsolationTree } from './isolation-tree.js';

/** Options of {@link IsolationForest}, with scikit-learn's defaults. */
export interface IsolationForestOptions {
  /** Trees, default 100. */
  readonly nEstimators?: number;
  /**
   * Rows a tree sees, drawn without replacement: 'auto' (default) for min(256, n), an integer >= 1
   * for at most so many, or a share of the rows in (0, 1).
   */
  readonly maxSamples?: 'auto' | number;
  /**
   * Which rows `predict` calls outliers: 'auto' (default) those with a score below -0.5, as the
   * paper does; a number in (0, 0.5]: that share of the training rows.
   */
  readonly contamination?: 'auto' | number;
  /** Seed; each tree has its own stream. Default 0. */
  readonly seed?: number;
}

interface Forest {
  readonly trees: readonly IsolationTree[];
  readonly nFeatures: number;
  /** Rows each tree was grown on. */
  readonly nSamples: number;
  readonly offset: number;
}

const OWNER = 'IsolationForest';

/** The score of a row whose paths are as long as those of a tree without structure. */
const AUTO_OFFSET = -0.5;

/**
 * Isolation forest (Liu, Ting & Zhou, ICDM 2008): rows that few random splits set apart are
 * outliers. The law of the trees is scikit-learn's (depth at most log2 of the rows a tree sees), the
 * random numbers are not. Sparse data stay sparse.
 */
export class IsolationForest {
  readonly options: Required<IsolationForestOptions>;
  private forest: Forest | undefined;

  /** @throws ParamError for an option out of range */
  constructor(options: IsolationForestOptions = {}) {
    this.options = {
      nEstimators: checkNumber(`${OWNER}: nEstimators`, options.nEstimators ?? 100, {
        min: 1,
        integer: true,
      }),
      maxSamples: checkMaxSamples(options.maxSamples ?? 'auto'),
      contamination: checkContamination(options.contamination ?? 'auto'),
      seed: checkNumber(`${OWNER}: seed`, options.seed ?? 0, { integer: true }),
    };
  }

  /** A forest from the result of `toState`; throws FormatError if it is something else. */
  static fromState(state: Bundle): IsolationForest {
    checkState(OWNER, state);
    const model = new IsolationForest(stateOptions(state));
    const nFeatures = stateSize(state, 'nFeatures');
    model.forest = {
      trees: treesFromState(state, 1, nFeatures),
      nFeatures,
      nSamples: stateSize(state, 'nSamples'),
      offset: stateArray(state, 'offset', Float64Array, 1)[0]!,
    };
    return model;
  }

  /**
   * Grows the trees.
   *
   * @param X - [n, p]
   * @throws DataError if X is empty or not finite; AbortError
   */
  async fit(X: Matrix, options: RunOptions = {}): Promise<this> {
    checkMatrix(OWNER, X);
    const { nEstimators, contamination, seed } = this.options;
    const nSamples = this.sampleSize(X.nRows);
    const maxDepth = Math.ceil(Math.log2(Math.max(nSamples, 2)));
    const pacer = new Pacer(options.signal);
    const trees: IsolationTree[] = [];
    for (let t = 0; t < nEstimators; t++) {
      await pacer.tick();
      const rng = Rng.fromSeed(seed).fork(`tree-${t}`);
      const rows = rng.permutation(X.nRows).subarray(0, nSamples);
      trees.push(growIsolationTree(X.selectRows(rows), maxDepth, rng));
      options.reporter?.progress({ task: `${OWNER}: tree`, done: t + 1, total: nEstimators });
    }
    const forest = { trees, nFeatures: X.nCols, nSamples, offset: AUTO_OFFSET };
    this.forest =
      contamination === 'auto'
        ? forest
        : { ...forest, offset: quantile(await scores(forest, X, pacer), contamination) };
    return this;
  }

  /**
   * Minus the anomaly score of the paper, 2^(-mean path length / c(nSamples)): in [-1, 0), the lower
   * the more of an outlier.
   *
   * @param X - [n, nFeatures]
   * @returns [n]
   * @throws NotFittedError; DataError if X does not fit; AbortError
   */
  async scoreSamples(X: Matrix, options: RunOptions = {}): Promise<Float64Array> {
    const forest = fitted(OWNER, this.forest);
    checkNewData(OWNER, X, forest.nFeatures);
    return scores(forest, X, new Pacer(options.signal));
  }

  /** Score minus {@link offset}, below 0 for outliers, [n]; throws as {@link scoreSamples}. */
  async decisionFunction(X: Matrix, options: RunOptions = {}): Promise<Float64Array> {
    const { offset } = fitted(OWNER, this.forest);
    return (await this.scoreSamples(X, options)).map((score) => score - offset);
  }

  /** -1 for outliers, 1 for the others, [n]; throws as {@link scoreSamples}. */
  async predict(X: Matrix, options: RunOptions = {}): Promise<Int32Array> {
    return Int32Array.from(await this.decisionFunction(X, options), (d) => (d < 0 ? -1 : 1));
  }

  /** Score below which a row is an outlier. */
  get offset(): number {
    return fitted(OWNER, this.forest).offset;
  }

  /** Facts and arrays from which `fromState` makes the same forest. */
  toState(): Bundle {
    const { trees, nFeatures, nSamples, offset } = fitted(OWNER, this.forest);
    return {
      facts: { estimator: OWNER, options: { ...this.options }, nFeatures, nSamples },
      tensors: new Map([
        ...treesToTensors(trees, 1),
        ['offset', { shape: [1], data: Float64Array.of(offset) }],
      ]),
    };
  }

  private sampleSize(nRows: number): number {
    const { maxSamples } = this.options;
    if (maxSamples === 'auto') return Math.min(256, nRows);
    return maxSamples < 1
      ? Math.max(1, Math.floor(maxSamples * nRows))
      : Math.min(maxSamples, nRows);
  }
}

async function scores({ trees, nSamples }: Forest, X: Matrix, pacer: Pacer): Promise<Float64Array> {
  const paths = new Float64Array(X.nRows);
  for (const tree of trees) {
    await pacer.tick();
    addTreeShares(tree, X, paths);
  }
  // Rounded as the leaves are, so that rows without structure score -1/2 and nothing below.
  const most = trees.length * Math.fround(averagePathLength(nSamples));
  // Trees of a single row say nothing; scikit-learn's score is -1 / 2 then.
  return paths.map((path) => -(2 ** -(most === 0 ? 1 : path / most)));
}

/** The quantile between the two nearest values, by linear interpolation as numpy's. */
function quantile(values: Float64Array, share: number): number {
  const sorted = values.slice().sort();
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (place - below) * (high - low);
}

function checkMaxSamples(value: 'auto' | number): 'auto' | number {
  if (value === 'auto') return value;
  return checkNumber(`${OWNER}: maxSamples`, value, { above: 0, integer: value >= 1 });
}

function checkContamination(value: 'auto' | number): 'auto' | number {
  if (value === 'auto') return value;
  return checkNumber(`${OWNER}: contamination`, value, { above: 0, max: 0.5 });
}
