/*
 * Reference values of fixtures/svc.json: scikit-learn 1.2.1 (LIBSVM), SciPy 1.10 on random rows
 * rounded to 1/64; decision values with tol 1e-8, probabilities as mean of twenty seeds.
 */
import { describe, expect, test } from '@jest/globals';
import {
  AbortError,
  CsrMatrix,
  DataError,
  DenseMatrix,
  FormatError,
  NotFittedError,
  ParamError,
} from '@dance-ts/core';
import { expectClose } from '../testing/expect-close.js';
import { fixture, named } from '../testing/fixture.js';
import { goldenCases } from '../testing/golden.js';
import { couplePairs, fitPlatt } from './platt.js';
import { SVC } from './svc.js';

interface GoldenCase {
  name: string;
  X: number[][];
  y: number[];
  X_test: number[][];
  n_support: number[];
  ovo_decision_test: number[][];
  pred_test: number[];
  margin_ok: boolean[];
  gamma: number;
  gamma_scale: number;
  train_accuracy: number;
  dual_objective: number;
  intercept: number;
  decision_train: number[];
}

interface Fixture {
  X: number[][];
  y: number[];
  sampleWeight: number[];
  XTest: number[][];
  svc: {
    kernel: 'linear' | 'rbf';
    gamma: number | 'scale' | 'auto';
    classWeight: 'balanced' | null;
    weighted: boolean;
    decision: number[][];
    pred: number[];
    support: number[];
  }[];
  probability: { X: number[][]; XTest: number[][]; mean: number[][]; sd: number };
  platt: { decision: number[]; positive: number[]; A: number; B: number };
}

const GOLDEN = goldenCases('classifiers') as GoldenCase[];
const REFERENCE = fixture('svc') as Fixture;
const X = DenseMatrix.fromRows(REFERENCE.X);
const X_TEST = DenseMatrix.fromRows(REFERENCE.XTest);
const Y = Int32Array.from(REFERENCE.y);

/** sum of alpha - 1/2 sum_ij (alpha y)_i (alpha y)_j exp(-gamma |x_i - x_j|^2) of two classes. */
function dualObjective({ vectors, coef }: SVC['result'], gamma: number): number {
  const rows = Array.from({ length: vectors.nRows }, (_, i) =>
    Array.from({ length: vectors.nCols }, (__, j) => vectors.get(i, j)),
  );
  let objective = 0;
  rows.forEach((a, i) => {
    objective += Math.abs(coef[i]!);
    rows.forEach((b, j) => {
      const squared = a.reduce((sum, value, f) => sum + (value - b[f]!) ** 2, 0);
      objective -= 0.5 * coef[i]! * coef[j]! * Math.exp(-gamma * squared);
    });
  });
  return objective;
}

describe('SVC', () => {
  test.each([
    ['svc_rbf_gamma_scale_C1', 'rbf', 1],
    ['svc_linear_C0.5', 'linear', 0.5],
  ] as const)('%s: LIBSVM’s support vectors and decisions', async (name, kernel, C) => {
    const c = named(GOLDEN, name);
    const y = Int32Array.from(c.y);
    const model = new SVC({ kernel, C, tol: 1e-6 });
    await model.fit(DenseMatrix.fromRows(c.X), y);
    if (kernel === 'rbf') expect(model.result.gamma).toBeCloseTo(c.gamma_scale, 7);
    const onTraining = await model.predict(DenseMatrix.fromRows(c.X));
    const right = onTraining.filter((code, i) => code === y[i]).length;
    expect(right / y.length).toBeCloseTo(c.train_accuracy, 14);
    const data = DenseMatrix.fromRows(c.X_test);
    expectClose((await model.decisionFunction(data)).data, c.ovo_decision_test.flat(), 2e-3);
    const counts = [0, 0, 0];
    for (const i of model.result.support) counts[y[i]!]! += 1;
    expect(counts).toEqual(c.n_support);
    const predicted = await model.predict(data);
    c.margin_ok.forEach((ok, i) => {
      if (ok) expect(predicted[i]).toBe(c.pred_test[i]);
    });
  });

  test('two classes: decision values on the training data, above 0 for the first', async () => {
    const { X: rows, y } = named(GOLDEN, 'svc_rbf_gamma_scale_C1');
    const golden = named(GOLDEN, 'svc_binary_dual');
    const two = DenseMatrix.fromRows(rows.filter((_, i) => y[i]! < 2));
    const model = new SVC({ tol: 1e-7 });
    await model.fit(two, Int32Array.from(y.filter((code) => code < 2)));
    expect(model.result.gamma).toBeCloseTo(golden.gamma, 7);
    const decision = await model.decisionFunction(two);
    expectClose(
      decision.data.map((value) => -value),
      golden.decision_train,
      1e-4,
    );
    expect(model.result.rho[0]).toBeCloseTo(golden.intercept, 4);
    const objective = dualObjective(model.result, golden.gamma);
    expect(Math.abs(objective / golden.dual_objective - 1)).toBeLessThan(1e-5);
  });

  test.each(REFERENCE.svc)(
    '$kernel, gamma $gamma, $classWeight, sample weights $weighted: as scikit-learn',
    async ({ kernel, gamma, classWeight, weighted, decision, pred, support }) => {
      const sampleWeight = weighted ? REFERENCE.sampleWeight : undefined;
      for (const [data, cacheBytes] of [
        [X, 2e8],
        [X, 0],
        [CsrMatrix.fromDense(X), 2e8],
      ] as const) {
        const model = new SVC({ C: 1.5, kernel, gamma, classWeight, tol: 1e-6, cacheBytes });
        await model.fit(data, Y, { sampleWeight });
        expect(model.result.converged).toBe(true);
        expectClose((await model.decisionFunction(X_TEST)).data, decision.flat(), 1e-4);
        expect([...(await model.predict(X_TEST))]).toEqual(pred);
        expect([...model.result.support]).toEqual(support);
      }
    },
  );

  test('probabilities agree with LIBSVM’s as far as those of two seeds do', async () => {
    const { X: rows, XTest, mean, sd } = REFERENCE.probability;
    const data = DenseMatrix.fromRows(rows);
    const codes = Int32Array.from(rows, (_, i) => (i % 3) + (i % 3 === 2 ? 1 : 0));
    const model = await new SVC({ probability: true }).fit(data, codes);
    const proba = await model.predictProba(DenseMatrix.fromRows(XTest));
    expect(proba.shape).toEqual([30, 4]);
    let difference = 0;
    for (let i = 0; i < 30; i++) {
      expect(proba.get(i, 2)).toBe(0);
      expect(proba.row(i).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
      [0, 1, 3].forEach((code, c) => {
        difference += Math.abs(proba.get(i, code) - mean[i]![c]!) / 90;
      });
    }
    expect(difference).toBeLessThan(3 * sd);
  });

  test('a saved state predicts the same, dense and sparse', async () => {
    for (const data of [X, CsrMatrix.fromDense(X)]) {
      const model = await new SVC({ probability: true }).fit(data, Y);
      const copy = SVC.fromState(model.toState());
      expect(copy.options).toEqual(model.options);
      expect(await copy.predictProba(X_TEST)).toEqual(await model.predictProba(X_TEST));
    }
    const state = (await new SVC().fit(X, Y)).toState();
    const tensors = new Map(state.tensors);
    tensors.delete('rho');
    expect(() => SVC.fromState({ ...state, tensors })).toThrow(FormatError);
  });

  test('wrong options and data are refused', async () => {
    expect(() => new SVC({ C: -1 })).toThrow(ParamError);
    expect(() => new SVC({ gamma: 0 })).toThrow(/SVC: gamma: got 0, expected a finite number > 0/);
    const model = new SVC();
    await expect(model.predict(X)).rejects.toThrow(NotFittedError);
    await expect(model.fit(X, new Int32Array(40))).rejects.toThrow(/too few classes/);
    await expect(
      model.fit(
        X.mapData(() => NaN),
        Y,
      ),
    ).rejects.toThrow(DataError);
    const sampleWeight = Y.map((code) => (code === 3 ? 0 : 1));
    await expect(model.fit(X, Y, { sampleWeight })).rejects.toThrow(/class has weight 0/);
    await model.fit(X, Y);
    await expect(model.predictProba(X)).rejects.toThrow(ParamError);
    await expect(model.predict(X.selectColumns([0]))).rejects.toThrow(/other columns/);
    const signal = AbortSignal.abort();
    await expect(model.fit(X, Y, { signal })).rejects.toThrow(AbortError);
  });
});

describe('Platt scaling', () => {
  test('finds the maximum of the likelihood', () => {
    const { decision, positive, A, B } = REFERENCE.platt;
    const fit = fitPlatt(Float64Array.from(decision), Uint8Array.from(positive));
    expect(fit.A).toBeCloseTo(A, 5);
    expect(fit.B).toBeCloseTo(B, 5);
  });

  test('coupling recovers class probabilities from consistent pairs', () => {
    const p = [0.5, 0.2, 0.1, 0.2];
    const pairwise = Float64Array.from({ length: 16 }, (_, e) => {
      const [i, j] = [Math.floor(e / 4), e % 4];
      return i === j ? 0 : p[i]! / (p[i]! + p[j]!);
    });
    expectClose(couplePairs(pairwise, 4), p, 5e-3);
  });
});
