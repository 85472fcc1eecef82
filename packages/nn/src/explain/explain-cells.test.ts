import { beforeAll, describe, expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { SparseOperand, spmm } from '../ops/spmm.js';
import { expectClose } from '../testing/numeric.js';
import { explainCells, marginOf, onlyScore, type ScoreNetwork } from './explain-cells.js';

const FEATURES = DenseMatrix.fromRows([
  [1, 0, 2],
  [0, 3, 1],
  [4, 1, 0],
  [2, 2, 2],
]);
const WEIGHTS = [
  [1, -1],
  [0.5, 2],
  [-2, 0.25],
];
const GRAPH = DenseMatrix.fromRows([
  [1, 0.5, 0, 0],
  [0.5, 1, 0.25, 0],
  [0, 0.25, 1, 0],
  [0, 0, 0, 1],
]);
const shared = { genes: ['a', 'b', 'c'], target: 't', steps: 3, owner: 'Toy' } as const;
const graph = new SparseOperand(CsrMatrix.fromDense(GRAPH));

/** scores = X W, or G X W where cells hear of each other. */
function toy(joint: boolean): ScoreNetwork {
  return {
    features: CsrMatrix.fromDense(FEATURES),
    joint,
    scores: (x) => {
      const own = tf.matMul<tf.Tensor2D>(x, tf.tensor2d(WEIGHTS));
      return joint ? spmm(graph, own) : own;
    },
    dispose: () => undefined,
  };
}

describe('explainCells', () => {
  beforeAll(async () => {
    await selectBackend('wasm');
  });

  test('cells by themselves: w (x - b) of the target, in the order asked for', async () => {
    const before = tf.memory().numTensors;
    const { explanation, scores } = await explainCells(
      toy(false),
      {
        ...{ ...shared, cells: ['c2', 'c0'], rows: Int32Array.of(2, 0) },
        ...{ baseline: 'mean', selector: onlyScore(1, 2) },
      },
      {},
    );
    const mean = [7 / 4, 6 / 4, 5 / 4];
    const expected = [FEATURES.row(2), FEATURES.row(0)].flatMap((row) =>
      Array.from(row, (x, g) => WEIGHTS[g]![1]! * (x - mean[g]!)),
    );
    expectClose(explanation.attributions.data, expected, 1e-5);
    expectClose(scores, [-4 + 2, -1 + 0.5], 1e-5);
    expect(explanation.cells).toEqual(['c2', 'c0']);
    expect(explanation.genes).toEqual(['a', 'b', 'c']);
    expect(explanation.completenessError).toBeLessThan(1e-5);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('cells that hear of each other: the others stay as they are', async () => {
    const before = tf.memory().numTensors;
    const rows = Int32Array.of(0, 1);
    const { explanation } = await explainCells(
      toy(true),
      {
        ...{ ...shared, cells: ['c0', 'c1'], rows, baseline: 'zero' },
        selector: onlyScore(0, 2),
      },
      {},
    );
    // What cell j puts into the scores of cells 0 and 1: (G_0j + G_1j) x_j w; cell 2 is fixed.
    const expected = [0, 1].flatMap((j) =>
      Array.from(FEATURES.row(j), (x, g) => 1.5 * x * WEIGHTS[g]![0]!),
    );
    expectClose(explanation.attributions.data, expected, 1e-5);
    expect(explanation.completenessError).toBeLessThan(1e-5);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('all cells together', async () => {
    const { explanation } = await explainCells(
      toy(true),
      {
        ...{ ...shared, cells: ['0', '1', '2', '3'], rows: Int32Array.of(0, 1, 2, 3) },
        ...{ baseline: 'zero', selector: marginOf(0, 2) },
      },
      {},
    );
    const expected = [1.5, 1.75, 1.25, 1].flatMap((heard, j) =>
      Array.from(FEATURES.row(j), (x, g) => (heard * x * (WEIGHTS[g]![0]! - WEIGHTS[g]![1]!)) / 2),
    );
    expectClose(explanation.attributions.data, expected, 1e-5);
  });

  test('says how far the contributions miss the difference of the scores', async () => {
    const network: ScoreNetwork = {
      ...toy(false),
      // One step in the middle: the slope of x^4 there is 4 / 8, so a half is missing.
      scores: (x) => tf.matMul(tf.pow(x, 4), tf.ones([3, 1])),
    };
    const { explanation } = await explainCells(
      network,
      {
        ...{ ...shared, cells: ['c0'], rows: Int32Array.of(0), baseline: 'zero', steps: 1 },
        selector: onlyScore(0, 1),
      },
      {},
    );
    expect(explanation.completenessError).toBeCloseTo(0.5, 5);
  });

  test('refuses more cells than fit, with the number of bytes', async () => {
    const empty = new CsrMatrix(
      ...([100_000, 3000, new Int32Array(100_001), new Int32Array(0)] as const),
      new Float32Array(0),
    );
    const work = explainCells(
      { ...toy(true), features: empty },
      {
        ...{ ...shared, cells: ['c0'], rows: Int32Array.of(0), baseline: 'zero' },
        selector: onlyScore(0, 2),
      },
      {},
    );
    await expect(work).rejects.toThrow(DataError);
    await expect(work).rejects.toThrow(/9600000000 bytes/);
  });
});

test('marginOf is the logit less the mean logit', () => {
  expectClose(marginOf(1, 4), [-0.25, 0.75, -0.25, -0.25], 1e-7);
});
