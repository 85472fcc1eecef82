import { describe, expect, test } from '@jest/globals';
import {
  AbortError,
  DataError,
  DenseMatrix,
  NotFittedError,
  Pacer,
  ParamError,
  Rng,
  silentReporter,
} from '@dance-ts/core';
import { expectClose } from '../testing/expect-close.js';
import { adjustedRand } from '../testing/adjusted-rand.js';
import { goldenCases } from '../testing/golden.js';
import { named } from '../testing/fixture.js';
import { COVARIANCE_LAWS, type CovarianceType } from './covariance-law.js';
import { expectation, maximization } from './expectation-maximization.js';
import { GaussianMixture } from './gaussian-mixture.js';

interface FitCase {
  name: CovarianceType;
  X: number[][];
  means_init: number[][];
  reg_covar: number;
  weights: number[];
  means: number[][];
  covariances: unknown[];
  mean_log_likelihood: number;
  bic: number;
  aic: number;
  labels_components_sorted_by_first_mean_coordinate: number[];
  true_labels: number[];
  ari: number;
}

interface StepCase {
  name: string;
  X: number[][];
  weights: number[];
  means: number[][];
  covariances: number[][][];
  log_prob: number[];
  responsibilities: number[][];
}

const CASES = goldenCases('gmm') as (FitCase | StepCase)[];
const FITS = CASES.filter((c): c is FitCase => 'bic' in c);
const STEP = named(CASES, 'e_step') as StepCase;

const IDENTITY: Record<CovarianceType, readonly number[]> = {
  full: [1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1],
  tied: [1, 0, 0, 1],
  diag: [1, 1, 1, 1, 1, 1],
  spherical: [1, 1, 1],
};

/** Components by the first coordinate of their means. */
function order(means: Float64Array): number[] {
  return [0, 1, 2].sort((a, b) => means[2 * a]! - means[2 * b]!);
}

function reordered(values: Float64Array, components: readonly number[]): number[] {
  const size = values.length / 3;
  return components.flatMap((c) => [...values.subarray(c * size, (c + 1) * size)]);
}

describe('GaussianMixture', () => {
  test.each(FITS)('$name: parameters, likelihood and criteria of scikit-learn', async (c) => {
    const model = new GaussianMixture({
      nComponents: 3,
      covarianceType: c.name,
      regCovar: c.reg_covar,
      // As the reference: the parameters still move a little where it stops.
      tol: 1e-10,
      maxIter: 2000,
    });
    await model.fit(c.X, {
      weightsInit: [1 / 3, 1 / 3, 1 / 3],
      meansInit: c.means_init.flat(),
      precisionsInit: IDENTITY[c.name],
    });
    expect(model.converged).toBe(true);
    const components = order(model.means);
    expectClose(reordered(model.weights, components), c.weights, 1e-5);
    expectClose(reordered(model.means, components), c.means.flat(), 1e-5);
    const covariances =
      c.name === 'tied' ? model.covariances : reordered(model.covariances, components);
    expectClose(covariances, c.covariances.flat(2) as number[], 1e-5);
    expect(await model.score(c.X)).toBeCloseTo(c.mean_log_likelihood, 7);
    expect(await model.bic(c.X)).toBeCloseTo(c.bic, 5);
    expect(await model.aic(c.X)).toBeCloseTo(c.aic, 5);
    const labels = await model.predict(c.X);
    expect(adjustedRand(c.true_labels, labels)).toBeCloseTo(c.ari, 12);
    expect(Array.from(labels, (label) => components.indexOf(label))).toEqual(
      c.labels_components_sorted_by_first_mean_coordinate,
    );
  });

  test.each(FITS)('$name: starts from k-means are as likely', async (c) => {
    const model = new GaussianMixture({ nComponents: 3, covarianceType: c.name, nInit: 3 });
    await model.fit(DenseMatrix.fromRows(c.X));
    expect(model.lowerBound).toBeGreaterThan(c.mean_log_likelihood - 0.02);
  });

  test('the E step to the last digits', async () => {
    const X = { nRows: 10, nCols: 2, values: Float64Array.from(STEP.X.flat()) };
    const parameters = {
      weights: Float64Array.from(STEP.weights),
      means: Float64Array.from(STEP.means.flat()),
      covariances: Float64Array.from(STEP.covariances.flat(2)),
    };
    const step = await expectation(X, parameters, COVARIANCE_LAWS.full, new Pacer());
    expectClose(step.logLikelihood, STEP.log_prob, 1e-10);
    expectClose(step.responsibilities, STEP.responsibilities.flat(), 1e-10);
  });

  test.each(['full', 'tied', 'diag', 'spherical'] as const)(
    '%s: one component is the mean and the covariance',
    async (covarianceType) => {
      const { X } = FITS[0]!;
      const law = COVARIANCE_LAWS[covarianceType];
      const data = { nRows: X.length, nCols: 2, values: Float64Array.from(X.flat()) };
      const ones = new Float64Array(X.length).fill(1);
      const { weights, means, covariances } = await maximization(data, ones, law, 0, new Pacer());
      const moment = (a: number, b: number): number =>
        X.reduce((sum, row) => sum + (row[a]! - means[a]!) * (row[b]! - means[b]!), 0) / X.length;
      const [xx, xy, yy] = [moment(0, 0), moment(0, 1), moment(1, 1)];
      expect(weights).toEqual(Float64Array.of(1));
      expectClose(
        means,
        [0, 1].map((f) => X.reduce((s, row) => s + row[f]!, 0) / X.length),
        1e-12,
      );
      const expected = {
        full: [xx, xy, xy, yy],
        tied: [xx, xy, xy, yy],
        diag: [xx, yy],
        spherical: [(xx + yy) / 2],
      };
      expectClose(covariances, expected[covarianceType], 1e-12);
    },
  );

  test('a large offset costs no digits', async () => {
    const { X } = FITS[0]!;
    const far = X.map((row) => row.map((value) => value + 1e6));
    for (const covarianceType of ['full', 'tied', 'diag'] as const) {
      const near = await new GaussianMixture({ nComponents: 3, covarianceType }).fit(X);
      const model = await new GaussianMixture({ nComponents: 3, covarianceType }).fit(far, {
        meansInit: near.means.map((value) => value + 1e6),
        weightsInit: near.weights,
      });
      expect(await model.score(far)).toBeCloseTo(await near.score(X), 2);
      expectClose(
        model.means.map((value) => value - 1e6),
        near.means,
        0.2,
      );
    }
  });

  test('probabilities and densities agree; a saved state predicts the same', async () => {
    const { X } = FITS[0]!;
    const model = await new GaussianMixture({ nComponents: 3 }).fit(X);
    const shares = await model.predictProba(X);
    expectClose(shares.rowSums(), new Float64Array(X.length).fill(1), 1e-6);
    const labels = await model.predict(X);
    labels.forEach((label, i) => {
      expect(shares.get(i, label)).toBe(Math.max(...shares.row(i)));
    });
    const copy = GaussianMixture.fromState(model.toState());
    expect(await copy.scoreSamples(X)).toEqual(await model.scoreSamples(X));
    expect(copy.nIter).toBe(model.nIter);
    expect(copy.converged).toBe(true);
  });

  test('the same seed gives the same bytes', async () => {
    const rng = Rng.fromSeed(3);
    const X = DenseMatrix.zeros(60, 3).mapData(() => rng.normal());
    const means = async (seed: number): Promise<Float64Array> =>
      (await new GaussianMixture({ nComponents: 4, seed }).fit(X)).means;
    expect(await means(5)).toEqual(await means(5));
    expect(await means(5)).not.toEqual(await means(6));
  });

  test('constant columns and rows that repeat do not break it; no convergence warns', async () => {
    const X = DenseMatrix.fromRows([0, 0, 0, 4, 4, 5].map((value) => [value, 7]));
    const model = await new GaussianMixture({ nComponents: 2, covarianceType: 'tied' }).fit(X);
    expect([...(await model.predict(X))].map((l, _, all) => l === all[0])).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    const warnings: string[] = [];
    const reporter = {
      ...silentReporter,
      message: (_: string, text: string) => warnings.push(text),
    };
    await new GaussianMixture({ nComponents: 2, maxIter: 1 }).fit(X, { reporter });
    expect(warnings).toEqual(['GaussianMixture did not converge in 1 steps; raise maxIter']);
  });

  test('wrong options and data are refused', async () => {
    const { X } = FITS[0]!;
    expect(() => new GaussianMixture({ nComponents: 0 })).toThrow(ParamError);
    const model = new GaussianMixture({ nComponents: 3 });
    await expect(model.predict(X)).rejects.toThrow(NotFittedError);
    await expect(model.fit(X.slice(0, 2))).rejects.toThrow(/at least 3/);
    await expect(model.fit([[1], [NaN], [2]])).rejects.toThrow(/not finite/);
    await expect(model.fit(X, { weightsInit: [1, 1, 1] })).rejects.toThrow(/sum 3/);
    await expect(model.fit(X, { meansInit: [1] })).rejects.toThrow(/length of meansInit/);
    const flat = new Array<number>(12).fill(0);
    await expect(model.fit(X, { precisionsInit: flat })).rejects.toThrow(DataError);
    await expect(model.fit(X, { signal: AbortSignal.abort() })).rejects.toThrow(AbortError);
    await model.fit(X);
    await expect(model.predict([[1]])).rejects.toThrow(/other columns/);
    const same = [1, 1, 1, 1].map((value) => [value, value]);
    const rigid = new GaussianMixture({ nComponents: 1, regCovar: 0 });
    await expect(rigid.fit(same)).rejects.toThrow(/raise regCovar/);
  });
});
