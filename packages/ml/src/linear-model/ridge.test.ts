/*
 * Reference values of fixtures/linear-models.json: scikit-learn 1.2.1, NumPy 1.24.2.
 */
import { describe, expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix, NotFittedError, ParamError } from '@dance-ts/core';
import { expectClose } from '../testing/expect-close.js';
import { fixture, named } from '../testing/fixture.js';
import { goldenCases } from '../testing/golden.js';
import { Ridge } from './ridge.js';

interface Fixture {
  X: number[][];
  target: number[][];
  sampleWeight: number[];
  XTest: number[][];
  ridge: {
    alpha: number;
    weighted: boolean;
    fitIntercept: boolean;
    coef: number[][];
    intercept: number[];
    pred: number[][];
  }[];
}

interface GoldenCase {
  name: string;
  X: number[][];
  target: number[];
  ridge_alpha1_coef: number[];
  ridge_intercept: number;
}

const REFERENCE = fixture('linear-models') as Fixture;
const X = DenseMatrix.fromRows(REFERENCE.X);
const X_TEST = DenseMatrix.fromRows(REFERENCE.XTest);
const TARGET = DenseMatrix.fromRows(REFERENCE.target);

describe('Ridge', () => {
  test.each(REFERENCE.ridge)(
    'alpha $alpha, sample weights $weighted, intercept $fitIntercept: as scikit-learn',
    async ({ alpha, weighted, fitIntercept, coef, intercept, pred }) => {
      const sampleWeight = weighted ? REFERENCE.sampleWeight : undefined;
      for (const data of [X, CsrMatrix.fromDense(X)]) {
        const model = new Ridge({ alpha, fitIntercept });
        await model.fit(data, TARGET, { sampleWeight });
        expectClose(model.coef.data, coef.flat(), 1e-6);
        expectClose(model.intercept, intercept, 1e-6);
        expectClose((await model.predict(X_TEST)).data, pred.flat(), 1e-5);
      }
    },
  );

  test('golden values; a saved state predicts the same', async () => {
    const c = named(goldenCases('classifiers') as GoldenCase[], 'ridge_lasso');
    const data = DenseMatrix.fromRows(c.X);
    const model = await new Ridge().fit(data, DenseMatrix.fromRows(c.target.map((t) => [t])));
    expectClose(model.coef.data, c.ridge_alpha1_coef, 1e-5);
    expectClose(model.intercept, [c.ridge_intercept], 1e-5);
    const copy = Ridge.fromState(model.toState());
    expect(await copy.predict(data)).toEqual(await model.predict(data));
  });

  test('wrong options and data are refused', async () => {
    expect(() => new Ridge({ alpha: -1 })).toThrow(ParamError);
    await expect(new Ridge().predict(X)).rejects.toThrow(NotFittedError);
    await expect(new Ridge().fit(X, TARGET.selectRows([0]))).rejects.toThrow(DataError);
    const twice = X.selectColumns([0, 0]);
    await expect(new Ridge({ alpha: 0 }).fit(twice, TARGET)).rejects.toThrow(/singular/);
  });
});
