import {
  DataError,
  type Baseline,
  type DenseMatrix,
  type Explanation,
  type Matrix,
  type RunOptions,
} from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { gatherRows, segmentSum } from '../ops/rows.js';
import { integratedGradients, type IntegratedGradients } from './integrated-gradients.js';

/** A trained network as a function of the genes of its cells. */
export interface ScoreNetwork {
  /** Input features of all cells, [nCells, nGenes]. */
  readonly features: Matrix;
  /** Whether cells hear of each other, so that `scores` always gets all of them. */
  readonly joint: boolean;
  /**
   * Differentiable scores of the targets, [n, nTargets].
   *
   * @param x - features of some cells, [n, nGenes]
   * @param rows - [n] which cells these are
   */
  scores(x: tf.Tensor2D, rows: Int32Array): tf.Tensor2D;
  /** Frees what was made for the explanation. */
  dispose(): void;
}

/** What {@link explainCells} explains. */
export interface CellsToExplain {
  /** Name of the target. */
  readonly target: string;
  /** Factors of the scores of all targets in what is explained, [nTargets]. */
  readonly selector: Float32Array;
  /** Names of the genes. */
  readonly genes: readonly string[];
  /** Names of the cells. */
  readonly cells: readonly string[];
  /** Rows of these cells among all. */
  readonly rows: Int32Array;
  readonly steps: number;
  readonly baseline: Baseline;
  /** Model name, for messages. */
  readonly owner: string;
}

/** An explanation, and the explained scores of the cells, [nCells]. */
export interface ExplainedScores {
  readonly explanation: Explanation;
  readonly scores: Float32Array;
}

const BATCH_SIZE = 128;
/** Matrices as large as the features that a network on all cells at once needs at a time. */
const JOINT_COPIES = 8;
/** Rounding between two passes stays far below, another gene in a place far above. */
const LARGEST_DEVIATION = 0.02;
const LARGEST_JOINT_BYTES = 3 * 2 ** 30;

/**
 * Integrated gradients of the score of a target for some cells: their genes go from the baseline to
 * what they are while everything else, the graph and the other cells, stays as it is. In a network
 * where cells hear of each other, the row of a cell holds what its genes contribute to the scores
 * of all explained cells.
 *
 * @throws DataError if too many cells would have to be on the backend at once; AbortError
 */
export async function explainCells(
  network: ScoreNetwork,
  cells: CellsToExplain,
  { signal, reporter }: RunOptions,
): Promise<ExplainedScores> {
  const { features, joint } = network;
  const { rows, steps } = cells;
  const task = `${cells.owner}: explanation`;
  const options = { steps, signal, reporter, task };
  const inputs = features.selectRows(rows);
  const baseline =
    cells.baseline === 'zero' ? new Float32Array(features.nCols) : columnMeans(features);
  const selected = (scores: tf.Tensor2D): tf.Tensor1D =>
    tf.sum(tf.mul(scores, tf.tensor2d(cells.selector, [1, cells.selector.length])), 1);
  let result: IntegratedGradients;
  if (joint) {
    checkMemory(features, cells.owner);
    const others = new OtherCells(features, rows);
    const all = Int32Array.from({ length: features.nRows }, (_, i) => i);
    try {
      result = await integratedGradients(
        (x) => selected(gatherRows(network.scores(others.with(x), all), rows)),
        inputs,
        baseline,
        { ...options, batchSize: rows.length },
      );
    } finally {
      others.dispose();
    }
  } else {
    result = await integratedGradients(
      (x, batch) =>
        selected(
          network.scores(
            x,
            batch.map((i) => rows[i]!),
          ),
        ),
      inputs,
      baseline,
      { ...options, batchSize: BATCH_SIZE },
    );
  }
  const { target, genes, cells: names } = cells;
  const completenessError = missedShare(result, joint);
  return {
    explanation: {
      target,
      genes,
      cells: names,
      attributions: result.attributions,
      completenessError,
    },
    scores: result.scores,
  };
}

/**
 * Factors that make the margin of a class, its logit less the mean logit, out of all logits.
 *
 * @returns [nClasses]
 */
export function marginOf(code: number, nClasses: number): Float32Array {
  return Float32Array.from({ length: nClasses }, (_, c) => (c === code ? 1 : 0) - 1 / nClasses);
}

/** Factors that pick one score out of all, [nTargets]. */
export function onlyScore(code: number, nTargets: number): Float32Array {
  return Float32Array.from({ length: nTargets }, (_, c) => (c === code ? 1 : 0));
}

/** Means of the columns, in float64. */
export function columnMeans(features: Matrix): Float32Array {
  return Float32Array.from(features.columnSums(), (sum) => sum / Math.max(1, features.nRows));
}

/**
 * Refuses scores that are not those the model had when it was trained, so that other data, or other
 * genes in the places of its own, are not explained as if they were those of the fit.
 *
 * @param known - [n] scores at the end of the fit
 * @throws DataError
 */
export function assertKnownScores(
  scores: ArrayLike<number>,
  known: ArrayLike<number>,
  owner: string,
): void {
  for (let i = 0; i < scores.length; i++) {
    const [score = NaN, expected = NaN] = [scores[i], known[i]];
    if (Math.abs(score - expected) <= LARGEST_DEVIATION * Math.max(1, Math.abs(expected))) continue;
    throw new DataError(`${owner}.explain: the data are not prepared as those given to fit were`, {
      got: `a score of ${score}`,
      expected: `${expected} as in the fit`,
      remedy: 'Prepare all the data given to fit with the options used then.',
    });
  }
}

/** All cells as they are, but for some whose features vary. */
class OtherCells {
  private readonly fixed: tf.Tensor2D | undefined; // [nCells, nGenes], 0 in the rows that vary

  constructor(
    private readonly features: Matrix,
    private readonly rows: Int32Array,
  ) {
    if (rows.length === features.nRows) return;
    const factors = new Float32Array(features.nRows).fill(1);
    for (const row of rows) factors[row] = 0;
    const { data, nRows, nCols } = features.scaleRows(factors).toDense();
    this.fixed = tf.tensor2d(data, [nRows, nCols]);
  }

  /** [nVarying, nGenes] -\> [nCells, nGenes] */
  with(x: tf.Tensor2D): tf.Tensor2D {
    const placed = segmentSum(x, this.rows, this.features.nRows);
    return this.fixed === undefined ? placed : tf.add(placed, this.fixed);
  }

  dispose(): void {
    this.fixed?.dispose();
  }
}

/** Distance between contributions and differences of the scores, as a share of the latter. */
function missedShare(
  { attributions, scores, baselineScores }: IntegratedGradients,
  joint: boolean,
): number {
  const differences = scores.map((score, i) => score - baselineScores[i]!);
  const sums = attributions.rowSums();
  const size = differences.reduce((sum, difference) => sum + Math.abs(difference), 0);
  const missed = sums.map((sum, i) => sum - differences[i]!);
  const distance = joint
    ? Math.abs(sumOf(missed))
    : sumOf(missed.map((difference) => Math.abs(difference)));
  return size === 0 ? distance : distance / size;
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function checkMemory({ nRows, nCols }: DenseMatrix | Matrix, owner: string): void {
  const bytes = JOINT_COPIES * 4 * nRows * nCols;
  if (bytes <= LARGEST_JOINT_BYTES) return;
  throw new DataError(`${owner}: too many cells to explain, which hear of each other`, {
    got: `${nRows} cells x ${nCols} genes, ${bytes} bytes`,
    expected: `at most ${LARGEST_JOINT_BYTES} bytes`,
    remedy: 'Fit a model on fewer cells or genes to explain it.',
  });
}
