import { describe, expect, test } from '@jest/globals';
import { Rng } from '@dance-ts/core';
import {
  censoredLogLikelihood,
  fitCensoredMixture,
  likeliestComponent,
  type CensoredSample,
} from './censored-mixture.js';
import { authorsStart, fitGeneMixture, quantileStart } from './gene-mixture.js';

/** Seven values seen, three below 0.8. */
const SAMPLE: CensoredSample = {
  values: Float64Array.of(1, 1.2, 1.5, 2, 3, 3.2, 3.5),
  counts: new Float64Array(7).fill(1),
  nCensored: 3,
  limit: 0.8,
};

const rounded = (values: Float64Array): number[] => [...values].map((v) => Number(v.toFixed(6)));

describe('EM of a censored sample (values of an independent numpy program)', () => {
  test('one step', () => {
    const fit = fitCensoredMixture(SAMPLE, authorsStart(SAMPLE, 2), { maxIter: 1 });
    expect(rounded(fit.weights)).toEqual([0.675006, 0.324994]);
    expect(rounded(fit.means)).toEqual([0.614008, 3.107887]);
    expect(rounded(fit.sigmas)).toEqual([1.239113, 1.462215]);
  });

  test('converged, and its criterion', () => {
    const fit = fitCensoredMixture(SAMPLE, authorsStart(SAMPLE, 2), { tol: 1e-10, maxIter: 1000 });
    expect(rounded(fit.weights)).toEqual([0.701792, 0.298208]);
    expect(rounded(fit.means)).toEqual([0.954146, 3.234318]);
    expect(rounded(fit.sigmas)).toEqual([0.675068, 0.205406]);
    expect(censoredLogLikelihood(SAMPLE, fit).seen).toBeCloseTo(-8.237603, 6);
    expect(fitGeneMixture(SAMPLE, { maxComponents: 2, tol: 1e-10 })?.bic).toBeCloseTo(27.988131, 4);
  });

  test('no step lowers the likelihood', () => {
    let fit = authorsStart(SAMPLE, 3);
    let before = -Infinity;
    for (let step = 0; step < 60; step++) {
      fit = fitCensoredMixture(SAMPLE, fit, { maxIter: 1, minSigma: 0.05 });
      const { seen, censored } = censoredLogLikelihood(SAMPLE, fit);
      expect(seen + censored).toBeGreaterThanOrEqual(before - 1e-9);
      before = seen + censored;
    }
  });

  test('repeated values count as often as they were seen', () => {
    const counts = Float64Array.of(2, 1, 3, 1, 1, 2, 1);
    const repeated = [...SAMPLE.values].flatMap((v, i) => new Array<number>(counts[i]!).fill(v));
    const spread = {
      ...SAMPLE,
      values: Float64Array.from(repeated),
      counts: new Float64Array(repeated.length).fill(1),
    };
    const grouped = { ...SAMPLE, counts };
    const a = fitCensoredMixture(grouped, authorsStart(grouped, 2));
    const b = fitCensoredMixture(spread, authorsStart(spread, 2));
    for (const [j, mean] of a.means.entries()) expect(mean).toBeCloseTo(b.means[j]!, 10);
  });
});

describe('choice of the number of components', () => {
  /** Normal values around each mean, ascending; those below the limit are only counted. */
  function draw(groups: readonly (readonly [number, number, number])[], limit: number) {
    const rng = Rng.fromSeed(5);
    const all = groups.flatMap(([mean, sigma, n]) =>
      Array.from({ length: n }, () => mean + sigma * rng.normal()),
    );
    const values = Float64Array.from(all.filter((value) => value >= limit)).sort();
    const counts = new Float64Array(values.length).fill(1);
    return { values, counts, nCensored: all.length - values.length, limit };
  }

  test('recovers a component of which half is hidden', () => {
    const sample = draw(
      [
        [0, 1, 600],
        [6, 0.5, 400],
      ],
      0,
    );
    const found = fitGeneMixture(sample, { bic: 'full' });
    expect(found?.weights).toHaveLength(2);
    expect(found?.means[0]).toBeCloseTo(0, 0);
    expect(found?.means[1]).toBeCloseTo(6, 1);
    expect(found?.weights[0]).toBeCloseTo(0.6, 1);
  });

  test('three separated components need the quantile start', () => {
    const sample = draw(
      [
        [1, 0.3, 300],
        [5, 0.3, 300],
        [9, 0.3, 300],
      ],
      -3,
    );
    const found = fitGeneMixture(sample);
    expect(found?.weights).toHaveLength(3);
    for (const [j, mean] of [1, 5, 9].entries()) expect(found?.means[j]).toBeCloseTo(mean, 1);
    expect(found && likeliestComponent(5.2, found)).toBe(1);
  });

  test('one normal seen in full: one component, its moments', () => {
    const sample = draw([[2, 0.7, 500]], -10);
    const found = fitGeneMixture(sample);
    expect(found?.weights).toEqual(Float64Array.of(1));
    expect(found?.means[0]).toBeCloseTo(quantileStartMean(sample), 9);
    expect(found?.sigmas[0]).toBeCloseTo(0.7, 1);
  });

  test('equal values do not collapse a component, two values are too few', () => {
    const flat = { values: Float64Array.of(1, 2), counts: Float64Array.of(50, 5) };
    const found = fitGeneMixture({ ...flat, nCensored: 20, limit: 1 }, { minSigma: 0.01 });
    expect(Math.min(...(found?.sigmas ?? []))).toBeGreaterThanOrEqual(0.01);
    const few = { values: Float64Array.of(1, 2), counts: Float64Array.of(1, 1) };
    expect(fitGeneMixture({ ...few, nCensored: 20, limit: 1 })).toBeUndefined();
  });
});

function quantileStartMean(sample: CensoredSample): number {
  expect(quantileStart(sample, 1).weights).toEqual(Float64Array.of(1));
  return sample.values.reduce((sum, value) => sum + value, 0) / sample.values.length;
}
