import { AnnData, CsrMatrix, DenseMatrix, Rng, silentReporter } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { alraThreshold, chooseRank, lowRankControls } from './low-rank-controls.js';

test('the rank is where the last large gap of the spectrum is', () => {
  const noise = Array.from({ length: 40 }, (_, k) => 4 - 0.05 * k - (k % 2) * 0.01);
  expect(chooseRank([50, 30, 12, ...noise], 30)).toBe(3);
  expect(chooseRank(noise, 30)).toBe(1);
  expect(chooseRank([3, 1], 1)).toBe(1);
});

test('thresholding: small values vanish, the others get the moments of the observed ones', () => {
  const approximation = DenseMatrix.fromRows([[2], [4], [-1], [0.5], [0.4]]);
  const observed = CsrMatrix.fromDense(DenseMatrix.fromRows([[10], [14], [0], [0], [7]]));
  const column = [...alraThreshold(approximation, observed).data];
  // The 0.001 quantile is near -1: values up to 0.9944 become 0, and the observed 7 comes back.
  const [mean, sd] = [(10 + 14 + 7) / 3, Math.sqrt((1 / 9 + (11 / 3) ** 2 + (10 / 3) ** 2) / 2)];
  const scale = sd / Math.SQRT2;
  expect(column[0]).toBeCloseTo(mean - scale, 5);
  expect(column[1]).toBeCloseTo(mean + scale, 5);
  expect(column.slice(2)).toEqual([0, 0, 7]);
});

test('a matrix of two profiles is found again below its noise', async () => {
  const rng = Rng.fromSeed(3);
  const rates = Array.from({ length: 100 }, (_, i) =>
    Array.from({ length: 80 }, (__, j) => (i < 50 === j < 40 ? 20 : 2)),
  );
  const counts = DenseMatrix.fromRows(rates.map((row) => row.map((rate) => rng.poisson(rate))));
  const data = AnnData.fromMatrix(counts);
  const found = await lowRankControls(data, { seed: 0, reporter: silentReporter });
  const errorOf = (values: DenseMatrix): number => {
    let sum = 0;
    rates.forEach((row, i) => {
      row.forEach((rate, j) => (sum += (Math.log1p(values.get(i, j)) - Math.log1p(rate)) ** 2));
    });
    return sum / 8000;
  };
  expect(errorOf(found['truncated SVD'])).toBeLessThan(0.5 * errorOf(counts));
  expect(found.ALRA.data.every((value) => value >= 0)).toBe(true);
  expect(errorOf(found.ALRA)).toBeLessThan(errorOf(counts));
});
