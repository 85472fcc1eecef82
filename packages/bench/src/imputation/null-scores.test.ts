import { DenseMatrix, Rng } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { absoluteCorrelations, nullScores } from './null-scores.js';

const rng = Rng.fromSeed(2);
const N_GENES = 60;
const observed = DenseMatrix.fromRows(
  Array.from({ length: 100 }, () => Array.from({ length: N_GENES }, () => rng.poisson(0.8))),
);

test('correlations of all pairs, 0 with a constant gene', () => {
  const columns = [
    [1, 2, 3],
    [2, 4, 6],
    [3, 2, 1],
    [5, 5, 5],
    [1, 0, 0],
  ].map((values) => Float64Array.from(values));
  const found = [...absoluteCorrelations(columns)].map((value) => Math.round(value * 1e6) / 1e6);
  const r = Math.round((Math.sqrt(3) / 2) * 1e6) / 1e6;
  expect(found).toEqual([1, 1, 1, 0, 0, 0, r, r, r, 0]);
});

test('counts as they are have little of it', () => {
  const scores = nullScores(observed, observed, 0);
  // |r| of 100 independent pairs: mean sqrt(2 / pi) / 10, 95 % quantile 0.196.
  expect(scores.correlation).toBeCloseTo(0.08, 2);
  expect(scores.correlation_q95).toBeCloseTo(0.2, 1);
  expect(scores.false_random).toBeLessThan(0.02);
  expect(scores.false_by_gene).toBeLessThan(0.05);
});

test('a gene spread to another one is found', () => {
  const spread = observed.copy();
  for (let i = 0; i < 100; i++) {
    const row = spread.row(i);
    const sum = row.reduce((total, value) => total + value, 0);
    // Every gene of a pair gets the mean of both.
    for (let j = 0; j < N_GENES; j += 2) row.fill((row[j]! + row[j + 1]!) / 2, j, j + 2);
    expect(row.reduce((total, value) => total + value, 0)).toBeCloseTo(sum, 3);
  }
  const scores = nullScores(spread, observed, 0);
  // Of the 59 other genes the partner of the one that halves the cells differs.
  expect(scores.false_by_gene).toBeGreaterThan(0.9 / (N_GENES - 1));
  expect(nullScores(observed, observed, 0).false_by_gene).toBeLessThan(0.5 / (N_GENES - 1));
  expect(scores.correlation).toBeGreaterThan(nullScores(observed, observed, 0).correlation);
});
