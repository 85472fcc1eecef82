import { describe, expect, test } from '@jest/globals';
import { DataError, ParamError } from '@dance-ts/core';
import { lineScores, MASKED_SCORES, maskedScore, maskedScores } from './masked-scores.js';

/** Five entries of a 3 x 4 matrix: gene 1 has three of them, cell 0 two. */
const entries = {
  nRows: 3,
  nCols: 4,
  rows: Int32Array.of(0, 1, 2, 0, 2),
  columns: Int32Array.of(1, 1, 1, 3, 0),
  truth: Float64Array.of(1, 2, 4, 5, 2),
  prediction: Float64Array.of(2, 2, 3, 5, 4),
};

describe('pooled', () => {
  test('errors by hand: differences 1, 0, -1, 0, 2', () => {
    const scores = maskedScores(entries);
    expect(scores['mse']).toBeCloseTo(6 / 5, 12);
    expect(scores['rmse']).toBeCloseTo(Math.sqrt(6 / 5), 12);
    expect(scores['mae']).toBeCloseTo(4 / 5, 12);
    expect(scores['mre']).toBeCloseTo((1 + 0 + 1 / 4 + 0 + 1) / 5, 12);
  });

  test('correlations by hand', () => {
    const scores = maskedScores(entries);
    // Deviations of the truth -1.8 -0.8 1.2 2.2 -0.8, of the prediction -1.2 -1.2 -0.2 1.8 0.8.
    const product = 1.8 * 1.2 + 0.8 * 1.2 - 1.2 * 0.2 + 2.2 * 1.8 - 0.8 * 0.8;
    expect(scores['pcc']).toBeCloseTo(product / Math.sqrt(10.8 * 6.8), 12);
    expect(scores['cosine']).toBeCloseTo((2 + 4 + 12 + 25 + 8) / Math.sqrt(50 * 58), 12);
    // Ranks 1 2.5 4 5 2.5 and 1.5 1.5 3 5 4.
    expect(scores['spearman']).toBeCloseTo(
      (2 * 1.5 + 0.5 * 1.5 + 0 + 2 * 2 - 0.5 * 1) / Math.sqrt(9.5 * 9.5),
      12,
    );
  });

  test('diluted: the error as if all other entries were right', () => {
    const share = 5 / 12;
    expect(maskedScore(entries, 'mse', { diluted: true })).toBeCloseTo((6 / 5) * share, 12);
    const rmse = maskedScore(entries, 'rmse');
    expect(maskedScore(entries, 'rmse', { diluted: true })).toBeCloseTo(
      rmse * Math.sqrt(share),
      12,
    );
    expect(maskedScore(entries, 'mae', { diluted: true })).toBe(maskedScore(entries, 'mae'));
  });
});

describe('per gene and per cell', () => {
  test('only lines with enough entries count', () => {
    const scores = maskedScores(entries);
    expect(scores['rmse_gene']).toBeCloseTo(Math.sqrt(2 / 3), 12);
    expect(scores['rmse_cell']).toBeNaN();
    const cells = maskedScore(entries, 'rmse_cell', { minEntries: 2 });
    expect(cells).toBeCloseTo((Math.sqrt(1 / 2) + Math.sqrt(5 / 2)) / 2, 12);
  });

  test('values of each line, in the order of the genes', () => {
    const largest = (truth: Float64Array): number => Math.max(...truth);
    expect([...lineScores(entries, 'gene', largest, 1)]).toEqual([2, 4, NaN, 5]);
    expect([...lineScores(entries, 'cell', largest, 1)]).toEqual([5, 2, 4]);
  });

  test('a perfect prediction correlates perfectly', () => {
    const perfect = maskedScores({ ...entries, prediction: entries.truth });
    expect(perfect['pcc_gene']).toBeCloseTo(1, 12);
    expect(perfect['rmse']).toBe(0);
  });
});

test('all names are there, others are refused', () => {
  expect(Object.keys(maskedScores(entries))).toEqual(MASKED_SCORES);
  expect(() => maskedScore(entries, 'nonsense')).toThrow(ParamError);
});

test('no entries, or lists of different length, are refused', () => {
  const none = new Int32Array(0);
  const empty = { rows: none, columns: none, truth: new Float64Array(0) };
  expect(() => maskedScores({ ...entries, ...empty, prediction: empty.truth })).toThrow(DataError);
  expect(() => maskedScores({ ...entries, prediction: Float64Array.of(1) })).toThrow(DataError);
});
