import { describe, expect, test } from '@jest/globals';
import { ParamError } from '../errors.js';
import { caught } from '../testing/caught.js';
import { Rng } from './rng.js';

const N = 10_000;

/**
 * Mean and variance of the draws lie within 5 standard errors of what they should be; `kurtosis` is
 * the fourth standardized moment, which sets the error of the variance.
 */
function expectMoments(
  draw: () => number,
  expected: { mean: number; variance: number; kurtosis: number },
  size: number = N,
): void {
  const values = Float64Array.from({ length: size }, draw);
  const mean = values.reduce((sum, value) => sum + value, 0) / size;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (size - 1);
  const meanError = Math.sqrt(expected.variance / size);
  const varianceError = expected.variance * Math.sqrt((expected.kurtosis - 1) / size);
  expect(Math.abs(mean - expected.mean)).toBeLessThanOrEqual(5 * meanError);
  expect(Math.abs(variance - expected.variance)).toBeLessThanOrEqual(5 * varianceError);
}

/** Pearson's statistic is below its mean + 4 standard deviations; cells below 10 are pooled. */
function expectDistribution(
  draw: () => number,
  probabilities: readonly number[],
  size: number = N,
): void {
  const counts = new Float64Array(probabilities.length);
  let others = 0;
  for (let i = 0; i < size; i++) {
    const value = draw();
    if (value < counts.length) counts[value]! += 1;
    else others += 1;
  }
  let pooled = { count: others, expected: (1 - sum(probabilities)) * size };
  let [statistic, cells] = [0, 0];
  probabilities.forEach((probability, value) => {
    const expected = probability * size;
    if (expected < 10) {
      pooled = { count: pooled.count + counts[value]!, expected: pooled.expected + expected };
    } else {
      statistic += (counts[value]! - expected) ** 2 / expected;
      cells += 1;
    }
  });
  if (pooled.expected > 1) {
    statistic += (pooled.count - pooled.expected) ** 2 / pooled.expected;
    cells += 1;
  }
  const freedom = cells - 1;
  expect(statistic).toBeLessThan(freedom + 4 * Math.sqrt(2 * freedom));
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function poissonProbabilities(mean: number, length: number): number[] {
  let probability = Math.exp(-mean);
  return Array.from({ length }, (_, k) => {
    if (k > 0) probability *= mean / k;
    return probability;
  });
}

function binomialProbabilities(trials: number, p: number): number[] {
  let probability = Math.pow(1 - p, trials);
  return Array.from({ length: trials + 1 }, (_, k) => {
    if (k > 0) probability *= ((trials - k + 1) / k) * (p / (1 - p));
    return probability;
  });
}

describe('uniform', () => {
  test('has the moments of U(0, 1)', () => {
    const rng = Rng.fromSeed(1);
    expectMoments(() => rng.uniform(), { mean: 0.5, variance: 1 / 12, kurtosis: 1.8 });
  });

  test('never reaches 1 and uses more than 32 bits', () => {
    const rng = Rng.fromSeed(2);
    const values = Array.from({ length: N }, () => rng.uniform());
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(values.filter((value) => !Number.isInteger(value * 2 ** 32)).length).toBeGreaterThan(
      0.99 * N,
    );
  });
});

describe('int', () => {
  test.each([2, 3, 7, 100, 1000])('int(%p) is uniform', (bound) => {
    const rng = Rng.fromSeed(bound);
    expectDistribution(() => rng.int(bound), new Array<number>(bound).fill(1 / bound));
  });

  test('a bound near 2^32 that is no power of two has no bias', () => {
    const rng = Rng.fromSeed(6);
    const third = 2 ** 30;
    const thirds = [1 / 3, 1 / 3, 1 / 3];
    expectDistribution(() => Math.floor(rng.int(3 * third) / third), thirds);
  });

  test('the ends of the range are allowed', () => {
    const rng = Rng.fromSeed(7);
    expect(rng.int(1)).toBe(0);
    const twin = Rng.fromSeed(8);
    expect(Rng.fromSeed(8).int(4294967296)).toBe(twin.uint32());
  });

  test.each([0, -1, 2.5, NaN, Infinity, 4294967297])('int(%p) is refused', (bound) => {
    const error = caught(() => Rng.fromSeed(0).int(bound));
    expect(error).toBeInstanceOf(ParamError);
    expect(error.message).toContain(`got ${bound}`);
  });
});

describe('normal', () => {
  test('has mean 0 and variance 1', () => {
    const rng = Rng.fromSeed(3);
    expectMoments(() => rng.normal(), { mean: 0, variance: 1, kurtosis: 3 });
  });

  test('has the third and fourth moments of a normal distribution', () => {
    const rng = Rng.fromSeed(4);
    const values = Array.from({ length: N }, () => rng.normal());
    expect(Math.abs(sum(values.map((x) => x ** 3)) / N)).toBeLessThan(5 * Math.sqrt(15 / N));
    expect(Math.abs(sum(values.map((x) => x ** 4)) / N - 3)).toBeLessThan(5 * Math.sqrt(96 / N));
  });

  test('falls into the quarters of the distribution equally often', () => {
    const rng = Rng.fromSeed(5);
    const quarter = 0.6744897501960817;
    const bin = (x: number): number => (x < -quarter ? 0 : x < 0 ? 1 : x < quarter ? 2 : 3);
    expectDistribution(() => bin(rng.normal()), [0.25, 0.25, 0.25, 0.25]);
  });
});

describe('gamma', () => {
  test.each([
    [0.1, 1],
    [0.5, 2],
    [1, 1],
    [2.5, 0.1],
    [50, 3],
  ])('shape %p, scale %p', (shape, scale) => {
    const rng = Rng.fromSeed(10);
    expectMoments(() => rng.gamma(shape, scale), {
      mean: shape * scale,
      variance: shape * scale * scale,
      kurtosis: 3 + 6 / shape,
    });
  });

  test('shape 1 is the exponential distribution', () => {
    const rng = Rng.fromSeed(11);
    // Whole part of an exponential variate: geometric with p = 1 - 1/e.
    const probabilities = Array.from({ length: 12 }, (_, k) => Math.exp(-k) * (1 - Math.exp(-1)));
    expectDistribution(() => Math.floor(rng.gamma(1)), probabilities);
  });

  test.each([0, -1, NaN, Infinity])('shape %p is refused', (shape) => {
    const error = caught(() => Rng.fromSeed(0).gamma(shape));
    expect(error).toBeInstanceOf(ParamError);
    expect(error.message).toBe(
      `shape of a gamma distribution: got ${shape}, expected a number > 0`,
    );
  });
});

describe('poisson', () => {
  test.each([0.01, 0.5, 5, 29.9, 30.1, 200, 1e4, 1e7])('mean %p', (mean) => {
    const rng = Rng.fromSeed(20);
    const expected = { mean, variance: mean, kurtosis: 3 + 1 / mean };
    expectMoments(() => rng.poisson(mean), expected, mean > 30 ? 3000 : N);
  });

  test.each([4, 60])('the whole distribution at mean %p', (mean) => {
    const rng = Rng.fromSeed(21);
    expectDistribution(() => rng.poisson(mean), poissonProbabilities(mean, 3 * mean));
  });

  test('mean 0 gives 0', () => {
    expect(Rng.fromSeed(0).poisson(0)).toBe(0);
  });

  test.each([-1, NaN, Infinity])('mean %p is refused', (mean) => {
    const error = caught(() => Rng.fromSeed(0).poisson(mean));
    expect(error).toBeInstanceOf(ParamError);
    expect(error.message).toBe(
      `mean of a Poisson distribution: got ${mean}, expected a number >= 0`,
    );
  });
});

describe('binomial', () => {
  test.each([
    [1, 0.3],
    [20, 0.5],
    [21, 0.5],
    [1000, 0.01],
    [1000, 0.7],
    [1e6, 0.25],
  ])('%p trials, p = %p', (trials, p) => {
    const rng = Rng.fromSeed(30);
    const variance = trials * p * (1 - p);
    const kurtosis = 3 + (1 - 6 * p * (1 - p)) / variance;
    const expected = { mean: trials * p, variance, kurtosis };
    expectMoments(() => rng.binomial(trials, p), expected, trials > 100 ? 3000 : N);
  });

  test('the whole distribution at 50 trials, p = 0.3', () => {
    const rng = Rng.fromSeed(31);
    expectDistribution(() => rng.binomial(50, 0.3), binomialProbabilities(50, 0.3));
  });

  test.each([0, 10, 1000])('%p trials that never or always succeed', (trials) => {
    const rng = Rng.fromSeed(32);
    expect(rng.binomial(trials, 0)).toBe(0);
    expect(rng.binomial(trials, 1)).toBe(trials);
  });

  test.each([
    [-1, 0.5],
    [2.5, 0.5],
    [10, -0.1],
    [10, 1.1],
    [10, NaN],
  ])('%p trials with p = %p are refused', (trials, p) => {
    const error = caught(() => Rng.fromSeed(0).binomial(trials, p));
    expect(error).toBeInstanceOf(ParamError);
    expect(error.message).toContain(`got ${trials} trials, p = ${p}`);
  });
});
