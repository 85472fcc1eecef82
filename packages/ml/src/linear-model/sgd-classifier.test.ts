/*
 * Reference values of fixtures/linear-models.json: scikit-learn 1.2.1, NumPy 1.24.2, without
 * shuffling, so that the steps are the same ones.
 */
import { describe, expect, test } from '@jest/globals';
import { AbortError, CsrMatrix, DenseMatrix, NotFittedError, ParamError } from '@dance-ts/core';
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
