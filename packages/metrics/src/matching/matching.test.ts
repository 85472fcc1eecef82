import { describe, expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix, Rng } from '@dance-ts/core';
import { averagePrecision, rocAuc } from '../classification/ranking.js';
import type { DenseValues } from '../regression/values.js';
import { golden, isClose } from '../testing/golden.js';
import { foscttm, foscttmOfScores } from './foscttm.js';
import {
  assignmentAccuracy,
  labelTransferAccuracy,
  matchingProbability,
  pairingRanking,
  topKMatch,
} from './pairing.js';

const { matching, tolerance } = golden('supervised_metrics') as {
  matching: {
    score: number[][];
    mean_diagonal_probability: number;
    hungarian_col: number[];
    hungarian_accuracy: number;
    row_argmax_accuracy: number;
    foscttm_rows: number;
  };
  tolerance: { float64: number };
};

describe('reference values', () => {
  const scores: DenseValues = { kind: 'dense', nRows: 6, nCols: 6, data: matching.score.flat() };
  const truth = [0, 1, 2, 3, 4, 5];
  test.each([
    ['probability', matchingProbability(truth, scores), matching.mean_diagonal_probability],
    ['assignment', assignmentAccuracy(truth, scores), matching.hungarian_accuracy],
    ['assignment of its own', assignmentAccuracy(matching.hungarian_col, scores), 1],
    ['top 1', topKMatch(truth, scores), matching.row_argmax_accuracy],
    ['foscttm', foscttmOfScores(scores), matching.foscttm_rows],
  ])('%s', (_, value, expected) => {
    expect(isClose(value, expected, tolerance.float64)).toBe(true);
  });
});

const weights = DenseMatrix.fromRows([
  [0, 3, 1, 0],
  [-2, 0, 0, 0],
  [2, 2, 0, -4],
]);
const sparse = CsrMatrix.fromDense(weights);
const truth = [2, 0, 1];

describe('weights of pairs, dense and sparse', () => {
  test('rows are scaled, negative weights and empty rows give nothing', () => {
    for (const given of [weights, sparse]) {
      expect(matchingProbability(truth, given)).toBeCloseTo((1 / 4 + 0 + 1 / 2) / 3, 14);
    }
  });

  test('top k, equal weights by the order of targets', () => {
    for (const given of [weights, sparse]) {
      expect(topKMatch(truth, given)).toBe(0);
      expect(topKMatch(truth, given, 2)).toBe(2 / 3);
      expect(topKMatch(truth, given, 4)).toBe(2 / 3);
    }
  });

  test('one target a row: probability, top 1 and assignment are the accuracy', () => {
    const chosen = Rng.fromSeed(0).permutation(40);
    const right = chosen.map((target, i) => (i % 4 === 0 ? (target + 1) % 40 : target));
    const rows = Int32Array.from(chosen.keys());
    const oneHot = CsrMatrix.fromTriplets(40, 40, rows, chosen, new Uint8Array(40).fill(1));
    expect(matchingProbability(right, oneHot)).toBe(0.75);
    expect(topKMatch(right, oneHot)).toBe(0.75);
    expect(assignmentAccuracy(right, oneHot)).toBe(0.75);
  });

  test('labels by the summed weight of the targets', () => {
    const targets = ['x', 'y', 'x', 'z'];
    expect(labelTransferAccuracy(['y', 'x', 'x'], targets, sparse)).toBe(2 / 3);
    expect(labelTransferAccuracy(['y', 'x', 'y'], targets, weights)).toBe(1 / 3);
  });

  test('ranking of all pairs equals that of the matrix written out', () => {
    const isPair = Array.from(weights.data, (_, e) => truth[Math.floor(e / 4)] === e % 4);
    const expected = {
      auroc: rocAuc(isPair, weights.data),
      auprc: averagePrecision(isPair, weights.data),
    };
    expect(pairingRanking(truth, weights)).toEqual(expected);
    expect(pairingRanking(truth, sparse)).toEqual(expected);
  });

  test('what does not fit is refused', () => {
    expect(() => matchingProbability([0, 1], weights)).toThrow(DataError);
    expect(() => topKMatch([0, 4, 1], sparse)).toThrow(/cell 1 .* got 4/);
    expect(() => labelTransferAccuracy(['a', 'b', 'c'], ['a'], sparse)).toThrow(/target cells/);
  });
});

describe('samples closer than the true match', () => {
  test('0 for equal embeddings, half for one without information', async () => {
    const rng = Rng.fromSeed(2);
    const X = new DenseMatrix(
      30,
      3,
      Float32Array.from({ length: 90 }, () => rng.normal()),
    );
    expect(await foscttm(X, X)).toBe(0);
    expect(await foscttm(X, DenseMatrix.zeros(30, 3))).toBe(0.5);
    expect(foscttmOfScores(CsrMatrix.fromDense(DenseMatrix.zeros(5, 5)))).toBe(0.5);
  });

  test('right targets in another order', () => {
    const order = [3, 4, 0, 5, 2, 1];
    const shuffled = DenseMatrix.fromRows(matching.score).selectColumns(order);
    const right = Int32Array.from(order.keys(), (i) => order.indexOf(i));
    expect(foscttmOfScores(shuffled, right)).toBeCloseTo(matching.foscttm_rows, 12);
    expect(() => foscttmOfScores(shuffled, [0])).toThrow(DataError);
  });

  test('both directions on a line', async () => {
    const source = DenseMatrix.fromRows([[0], [1], [5]]);
    const target = DenseMatrix.fromRows([[2], [1], [4]]);
    // From the source only target 1 is closer to cell 0; from the target source 1 is closer to cell 0.
    expect(await foscttm(source, target)).toBeCloseTo((1 / 2 + 1 / 2) / 6, 14);
  });

  test('unpaired cells and NaN are refused', async () => {
    await expect(foscttm(DenseMatrix.zeros(3, 2), DenseMatrix.zeros(4, 2))).rejects.toThrow(
      DataError,
    );
    await expect(foscttm(DenseMatrix.zeros(3, 2), DenseMatrix.zeros(3, 1))).rejects.toThrow(
      /dimension/,
    );
    expect(() => foscttmOfScores(DenseMatrix.zeros(2, 2).mapData(() => NaN))).toThrow(DataError);
  });
});
