/*
 * Reference values of fixtures/linear-models.json: scikit-learn 1.2.1, NumPy 1.24.2, without
 * shuffling, so that the steps are the same ones.
 */
import { describe, expect, test } from '@jest/globals';
import {
  AbortError,
  CsrMatrix,
  DataError,
  DenseMatrix,
  NotFittedError,
  ParamError,
} from '@dance-ts/core';
import { expectClose } from '../testing/expect-close.js';
import { fixture } from '../testing/fixture.js';
import { LogisticRegression } from './logistic-regression.js';
import { SGDClassifier } from './sgd-classifier.js';

interface Fixture {
  X: number[][];
  y: number[];
  yBinary: number[];
  sampleWeight: number[];
  XTest: number[][];
  sgd: {
    loss: 'log_loss' | 'hinge';
    learningRate: 'optimal' | 'constant';
    eta0: number;
    average: boolean;
    weighted: boolean;
    coef: number[][];
    intercept: number[];
    nIter: number;
    pred: number[];
    proba: number[][] | null;
  }[];
  sgdBinary: { coef: number[][]; intercept: number[]; nIter: number };
}

const REFERENCE = fixture('linear-models') as Fixture;
const X = DenseMatrix.fromRows(REFERENCE.X);
const X_TEST = DenseMatrix.fromRows(REFERENCE.XTest);
const Y = Int32Array.from(REFERENCE.y);

describe('SGDClassifier', () => {
  test.each(REFERENCE.sgd)(
    '$loss, $learningRate, average $average, sample weights $weighted: scikit-learn’s steps',
    async ({ loss, learningRate, eta0, average, weighted, ...expected }) => {
      const sampleWeight = weighted ? REFERENCE.sampleWeight : undefined;
      for (const data of [X, CsrMatrix.fromDense(X)]) {
        const model = new SGDClassifier({
          loss,
          learningRate,
          eta0: eta0 || 0.01,
          average,
          alpha: 0.01,
          shuffle: false,
          maxIter: 30,
          classWeight: 'balanced',
        });
        await model.fit(data, Y, { sampleWeight });
        expect(model.nIter).toBe(expected.nIter);
        expectClose(model.coef.data, expected.coef.flat(), 1e-6);
        expectClose(model.intercept, expected.intercept, 1e-6);
        expect([...(await model.predict(X_TEST))]).toEqual(expected.pred);
        if (expected.proba === null) continue;
        expectClose((await model.predictProba(X_TEST)).data, expected.proba.flat(), 1e-5);
      }
    },
  );

  test('two classes share one function', async () => {
    const { coef, intercept, nIter } = REFERENCE.sgdBinary;
    const model = new SGDClassifier({ alpha: 0.01, shuffle: false });
    await model.fit(X, Int32Array.from(REFERENCE.yBinary));
    expect(model.nIter).toBe(nIter);
    expectClose(model.coef.data, coef.flat(), 1e-6);
    expectClose(model.intercept, intercept, 1e-6);
  });

  test('many epochs come close to the minimum that L-BFGS finds', async () => {
    const options = { alpha: 0.05, average: true, maxIter: 300, nIterNoChange: 300 };
    const model = await new SGDClassifier(options).fit(X, Y);
    const exact = new LogisticRegression({ C: 1 / (40 * 0.05), multiClass: 'ovr', tol: 1e-7 });
    await exact.fit(X, Y);
    expectClose(model.coef.data, [...exact.coef.data], 0.05);
  });

  test('the seed decides the order', async () => {
    const run = (seed: number) => new SGDClassifier({ seed, maxIter: 3 }).fit(X, Y);
    const [a, b, c] = [await run(1), await run(1), await run(2)];
    expect(b.coef).toEqual(a.coef);
    expect(c.coef).not.toEqual(a.coef);
    expect(SGDClassifier.fromState(a.toState()).coef).toEqual(a.coef);
  });

  test('wrong options are refused; stops when asked to', async () => {
    expect(() => new SGDClassifier({ alpha: 0 })).toThrow(ParamError);
    const model = new SGDClassifier({ loss: 'hinge', maxIter: 2 });
    await expect(model.predictProba(X)).rejects.toThrow(NotFittedError);
    await model.fit(X, Y);
    await expect(model.predictProba(X)).rejects.toThrow(/loss: got "hinge"/);
    const signal = AbortSignal.abort();
    await expect(model.fit(X, Y, { signal })).rejects.toThrow(AbortError);
  });
});

describe('partialFit', () => {
  // scikit-learn 1.2.1: partial_fit of rows 0-14 and 15-39, twice; alpha 0.01, no shuffling
  const COEF = [
    [2.05261332, 0.03366145, 2.10610364, -0.88435259, -3.18164815],
    [-0.75067835, 1.76574605, -3.79857505, 2.26287764, 3.99565831],
    [-0.85733735, -0.12877687, 3.64049233, -0.1440539, 0.1884932],
    [-2.70945513, 2.42031787, 1.08537907, -0.81699009, -1.56795415],
  ];
  const INTERCEPT = [-5.7321593, -3.53857753, -4.06098306, -4.9562143];
  const rowsFrom = (start: number, end: number): Int32Array =>
    Int32Array.from({ length: end - start }, (_, i) => start + i);
  const HALVES = [rowsFrom(0, 15), rowsFrom(15, 40)];
  const rounds = async (model: SGDClassifier, y: Int32Array, nClasses: number): Promise<void> => {
    for (const rows of [...HALVES, ...HALVES]) {
      const labels = Int32Array.from(rows, (i) => y[i]!);
      await model.partialFit(X.selectRows(rows), labels, { nClasses });
    }
  };

  test('takes scikit-learn’s steps, batch after batch', async () => {
    const model = new SGDClassifier({ alpha: 0.01, shuffle: false });
    await rounds(model, Y, 4);
    expectClose(model.coef.data, COEF.flat(), 1e-6);
    expectClose(model.intercept, INTERCEPT, 1e-6);
    const binary = new SGDClassifier({ alpha: 0.01, shuffle: false });
    await rounds(binary, Int32Array.from(REFERENCE.yBinary), 2);
    const mirrored = COEF[0]!.map((value) => -value);
    expectClose(binary.coef.data, mirrored, 1e-6);
    expectClose(binary.intercept, [-INTERCEPT[0]!], 1e-6);
  });

  test('one batch of all rows is the first epoch of fit', async () => {
    const online = new SGDClassifier({ seed: 3 });
    await online.partialFit(X, Y, { nClasses: 4 });
    const whole = await new SGDClassifier({ seed: 3, maxIter: 1 }).fit(X, Y);
    expect(online.coef).toEqual(whole.coef);
    await online.fit(X, Y);
    await online.partialFit(X, Y, { nClasses: 4 });
    expect(online.coef).toEqual(whole.coef);
  });

  test('a batch may lack classes, but none may be new or of another width', async () => {
    const model = new SGDClassifier();
    const one = rowsFrom(0, 3);
    await model.partialFit(X.selectRows(one), new Int32Array(3), { nClasses: 4 });
    expect(model.classes).toEqual(Int32Array.of(0, 1, 2, 3));
    await expect(model.partialFit(X, Y, { nClasses: 3 })).rejects.toThrow(DataError);
    await expect(model.partialFit(X, Y, { nClasses: 5 })).rejects.toThrow(/unlike those before/);
    const narrow = X.selectColumns([0, 1]);
    await expect(model.partialFit(narrow, Y, { nClasses: 4 })).rejects.toThrow(DataError);
    const balanced = new SGDClassifier({ classWeight: 'balanced' });
    await expect(balanced.partialFit(X, Y, { nClasses: 4 })).rejects.toThrow(ParamError);
    const signal = AbortSignal.abort();
    await expect(model.partialFit(X, Y, { nClasses: 4, signal })).rejects.toThrow(AbortError);
  });
});

describe('shift', () => {
  const shift = Float64Array.of(0.5, -1.25, 2, 0, -0.75);
  const shifted = DenseMatrix.fromRows(REFERENCE.X);
  shifted.data.forEach((value, e) => (shifted.data[e] = value + shift[e % 5]!));
  // What float32 leaves of the sum, so that both see the same numbers.
  const rest = DenseMatrix.fromRows(REFERENCE.X);
  shifted.data.forEach((value, e) => (rest.data[e] = value - shift[e % 5]!));

  test.each([
    [false, 'dense'],
    [true, 'dense'],
    [false, 'sparse'],
    [true, 'sparse'],
  ])('is as good as adding it to the rows, average %s, %s', async (average, kind) => {
    const data = kind === 'sparse' ? CsrMatrix.fromDense(rest) : rest;
    const options = { alpha: 0.01, average, maxIter: 40, seed: 2 };
    const model = await new SGDClassifier(options).fit(data, Y, { shift });
    const expected = await new SGDClassifier(options).fit(shifted, Y);
    expect(model.nIter).toBe(expected.nIter);
    expectClose(model.coef.data, expected.coef.data, 1e-5);
    expectClose(model.intercept, expected.intercept, 1e-5);
    await model.partialFit(data, Y, { nClasses: 4, shift });
    await expected.partialFit(shifted, Y, { nClasses: 4 });
    expectClose(model.coef.data, expected.coef.data, 1e-5);
  });

  test('needs a value for each column', async () => {
    const model = new SGDClassifier();
    await expect(model.fit(X, Y, { shift: Float64Array.of(1) })).rejects.toThrow(DataError);
  });
});
