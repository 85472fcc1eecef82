/*
 * Reference values of fixtures/linear-models.json: scikit-learn 1.2.1, NumPy 1.24 on 40 random rows
 * of 5 features (rounded to 1/64, so that they are exact in float32) in 4 classes, newton-cg, tol 1e-13.
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
  Rng,
} from '@dance-ts/core';
import { fixture } from '../testing/fixture.js';
import { goldenCases } from '../testing/golden.js';
import { expectClose } from '../testing/expect-close.js';
import { LogisticRegression } from './logistic-regression.js';

interface GoldenCase {
  name: string;
  X: number[][];
  y: number[];
  X_test: number[][];
  coef: number[][];
  intercept: number[];
  proba_test: number[][];
  pred_test: number[];
}

interface Fixture {
  X: number[][];
  y: number[];
  yBinary: number[];
  sampleWeight: number[];
  XTest: number[][];
  logistic: {
    multiClass: 'multinomial' | 'ovr';
    classWeight: 'balanced' | number[] | null;
    weighted: boolean;
    coef: number[][];
    intercept: number[];
    proba: number[][];
  }[];
  binary: { coef: number[][]; intercept: number[]; decision: number[]; proba: number[][] };
  noIntercept: { coef: number[][] };
}

const GOLDEN = (goldenCases('classifiers') as GoldenCase[]).filter((c) =>
  c.name.startsWith('logistic_'),
);
const REFERENCE = fixture('linear-models') as Fixture;
const X = DenseMatrix.fromRows(REFERENCE.X);
const X_TEST = DenseMatrix.fromRows(REFERENCE.XTest);
const Y = Int32Array.from(REFERENCE.y);
const EXACT = { tol: 1e-7, maxIter: 1000 };

describe('LogisticRegression', () => {
  test.each(GOLDEN)('$name: scikit-learn’s coefficients and probabilities', async (c) => {
    const multiClass = c.name.includes('ovr') ? 'ovr' : 'multinomial';
    const model = new LogisticRegression({ C: 0.7, multiClass, ...EXACT });
    await model.fit(DenseMatrix.fromRows(c.X), Int32Array.from(c.y));
    const test_ = DenseMatrix.fromRows(c.X_test);
    expectClose(model.coef.data, c.coef.flat(), 1e-4);
    expectClose(model.intercept, c.intercept, 1e-4);
    expectClose((await model.predictProba(test_)).data, c.proba_test.flat(), 1e-4);
    expect([...(await model.predict(test_))]).toEqual(c.pred_test);
  });

  test.each(REFERENCE.logistic)(
    '$multiClass, class weights $classWeight, sample weights $weighted: as scikit-learn',
    async ({ multiClass, classWeight, weighted, coef, intercept, proba }) => {
      const sampleWeight = weighted ? REFERENCE.sampleWeight : undefined;
      for (const data of [X, CsrMatrix.fromDense(X)]) {
        const model = new LogisticRegression({ C: 0.8, multiClass, classWeight, ...EXACT });
        await model.fit(data, Y, { sampleWeight });
        expect(model.converged).toBe(true);
        expectClose(model.coef.data, coef.flat(), 2e-6);
        expectClose(model.intercept, intercept, 2e-6);
        expectClose((await model.predictProba(X_TEST)).data, proba.flat(), 1e-5);
      }
    },
  );

  test('two classes share one function; scores are -s and s', async () => {
    const model = new LogisticRegression({ C: 2.5, classWeight: 'balanced', ...EXACT });
    await model.fit(X, Int32Array.from(REFERENCE.yBinary));
    const { coef, intercept, decision, proba } = REFERENCE.binary;
    expectClose(model.coef.data, coef.flat(), 2e-6);
    expectClose(model.intercept, intercept, 2e-6);
    expectClose(
      (await model.decisionFunction(X_TEST)).data,
      decision.flatMap((s) => [-s, s]),
      1e-4,
    );
    expectClose((await model.predictProba(X_TEST)).data, proba.flat(), 1e-5);
  });

  test('without intercepts', async () => {
    const model = new LogisticRegression({ C: 2.5, fitIntercept: false, ...EXACT });
    await model.fit(X, Y);
    expectClose(model.coef.data, REFERENCE.noIntercept.coef.flat(), 5e-6);
    expect([...model.intercept]).toEqual([0, 0, 0, 0]);
  });

  test('a code that is absent in training gets probability 0 and is never predicted', async () => {
    const gap = Y.map((code) => (code >= 2 ? code + 1 : code));
    const model = await new LogisticRegression().fit(X, gap, { nClasses: 6 });
    const plain = await new LogisticRegression().fit(X, Y);
    const proba = await model.predictProba(X_TEST);
    const expected = await plain.predictProba(X_TEST);
    expect([...model.classes]).toEqual([0, 1, 3, 4]);
    expect(proba.shape).toEqual([8, 6]);
    for (let i = 0; i < 8; i++) {
      const [a, b, c, d] = expected.row(i);
      expect([...proba.row(i)]).toEqual([a, b, 0, c, d, 0]);
    }
    expect((await model.decisionFunction(X_TEST)).get(0, 2)).toBe(-Infinity);
  });

  test('several blocks of rows: the gradient vanishes at the solution', async () => {
    const rng = Rng.fromSeed(3);
    const wide = DenseMatrix.zeros(1100, 2000).mapData(() => (rng.uniform() < 0.02 ? 1 : 0));
    const labels = Int32Array.from({ length: 1100 }, (_, i) => {
      const row = wide.row(i);
      return row[0]! + row[1]! + row[2]! > 0 ? 1 : i % 2 === 0 ? 2 : 0;
    });
    const dense = await new LogisticRegression({ tol: 1e-5, maxIter: 500 }).fit(wide, labels);
    const csr = CsrMatrix.fromDense(wide);
    const sparse = await new LogisticRegression({ tol: 1e-5, maxIter: 500 }).fit(csr, labels);
    expectClose(sparse.coef.data, [...dense.coef.data], 1e-3);
    const proba = await dense.predictProba(wide);
    // coef = C X^T (indicator - probability)
    for (const feature of [0, 1, 2, 77]) {
      let sum = 0;
      for (let i = 0; i < 1100; i++) {
        sum += wide.get(i, feature) * ((labels[i] === 1 ? 1 : 0) - proba.get(i, 1));
      }
      expect(dense.coef.get(1, feature)).toBeCloseTo(sum, 2);
    }
  });

  test('a saved state predicts the same', async () => {
    const model = await new LogisticRegression({ C: 3, multiClass: 'ovr' }).fit(X, Y);
    const state = model.toState();
    const facts = JSON.parse(JSON.stringify(state.facts)) as typeof state.facts;
    const copy = LogisticRegression.fromState({ facts, tensors: state.tensors });
    expect(copy.options).toEqual(model.options);
    expect(await copy.predictProba(X_TEST)).toEqual(await model.predictProba(X_TEST));
    const other = { ...state, facts: { ...facts, estimator: 'Ridge' } };
    expect(() => LogisticRegression.fromState(other)).toThrow(FormatError);
  });

  test('wrong options and data are refused', async () => {
    expect(() => new LogisticRegression({ C: 0 })).toThrow(ParamError);
    expect(() => new LogisticRegression({ tol: NaN })).toThrow(/tol: got NaN, expected a finite/);
    expect(() => new LogisticRegression({ maxIter: 1.5 })).toThrow(ParamError);
    expect(() => new LogisticRegression({ classWeight: [1, -1] })).toThrow(ParamError);
    const model = new LogisticRegression();
    await expect(model.predict(X)).rejects.toThrow(NotFittedError);
    await expect(model.fit(X, new Int32Array(40))).rejects.toThrow(/too few classes/);
    await expect(model.fit(X, new Int32Array(39))).rejects.toThrow(/number of labels: got 39/);
    await expect(model.fit(X, Y, { nClasses: 3 })).rejects.toThrow(/not a class code: got 3/);
    await expect(
      model.fit(
        X,
        Y.map((c) => c - 1),
      ),
    ).rejects.toThrow(DataError);
    await expect(
      model.fit(
        X.mapData((v) => v / 0),
        Y,
      ),
    ).rejects.toThrow(/not finite/);
    await expect(model.fit(X, Y, { sampleWeight: Y.map((c) => -c) })).rejects.toThrow(DataError);
    await model.fit(X, Y);
    const narrow = X.selectColumns([0, 1]);
    await expect(model.predict(narrow)).rejects.toThrow(/got 2 columns, expected 5/);
  });

  test('stops when asked to', async () => {
    const signal = AbortSignal.abort();
    await expect(new LogisticRegression().fit(X, Y, { signal })).rejects.toThrow(AbortError);
  });
});

describe('shift', () => {
  const shift = Float64Array.of(0.5, -30, 2, 0, -0.75);
  const rest = DenseMatrix.fromRows(REFERENCE.X.map((row) => row.map((x, j) => x - shift[j]!)));

  test.each(['multinomial', 'ovr'] as const)(
    'is as good as adding it to the rows, %s',
    async (multiClass) => {
      const expected = await new LogisticRegression({ multiClass, ...EXACT }).fit(X, Y);
      for (const data of [rest, CsrMatrix.fromDense(rest)]) {
        const model = new LogisticRegression({ multiClass, ...EXACT, tol: 1e-5 });
        await model.fit(data, Y, { shift });
        expect(model.converged).toBe(true);
        expectClose(model.coef.data, expected.coef.data, 1e-3);
        expectClose(model.intercept, expected.intercept, 1e-3);
      }
    },
  );

  test('needs a value for each column', async () => {
    const short = { shift: Float64Array.of(1) };
    await expect(new LogisticRegression().fit(X, Y, short)).rejects.toThrow(DataError);
  });
});
