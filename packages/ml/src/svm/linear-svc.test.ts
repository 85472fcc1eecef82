/*
 * Reference values of fixtures/linear-models.json: scikit-learn 1.2.1 (LIBLINEAR) with tol 1e-11;
 * the problem is strictly convex, so there is one solution.
 */
import { describe, expect, test } from '@jest/globals';
import { AbortError, CsrMatrix, DataError, DenseMatrix, ParamError } from '@dance-ts/core';
import { expectClose } from '../testing/expect-close.js';
import { fixture } from '../testing/fixture.js';
import { LinearSVC } from './linear-svc.js';

interface Fixture {
  X: number[][];
  y: number[];
  yBinary: number[];
  sampleWeight: number[];
  linearSvc: {
    loss: 'squared_hinge' | 'hinge';
    classWeight: 'balanced' | null;
    weighted: boolean;
    coef: number[][];
    intercept: number[];
  }[];
  linearSvcBinary: { coef: number[][]; intercept: number[] };
}

const REFERENCE = fixture('linear-models') as Fixture;
const X = DenseMatrix.fromRows(REFERENCE.X);
const Y = Int32Array.from(REFERENCE.y);
const EXACT = { C: 0.5, tol: 1e-7, maxIter: 5000 };

describe('LinearSVC', () => {
  test.each(REFERENCE.linearSvc.filter(({ loss }) => loss === 'squared_hinge'))(
    '$classWeight, sample weights $weighted: as LIBLINEAR',
    async ({ classWeight, weighted, coef, intercept }) => {
      const sampleWeight = weighted ? REFERENCE.sampleWeight : undefined;
      for (const data of [X, CsrMatrix.fromDense(X)]) {
        const model = new LinearSVC({ ...EXACT, classWeight });
        await model.fit(data, Y, { sampleWeight });
        expect(model.converged).toBe(true);
        expectClose(model.coef.data, coef.flat(), 1e-5);
        expectClose(model.intercept, intercept, 1e-5);
      }
    },
  );

  test('two classes share one function', async () => {
    const model = await new LinearSVC(EXACT).fit(X, Int32Array.from(REFERENCE.yBinary));
    expectClose(model.coef.data, REFERENCE.linearSvcBinary.coef.flat(), 1e-5);
    expectClose(model.intercept, REFERENCE.linearSvcBinary.intercept, 1e-5);
    const copy = LinearSVC.fromState(model.toState());
    expect(await copy.decisionFunction(X)).toEqual(await model.decisionFunction(X));
  });

  test('wrong options and data are refused; stops when asked to', async () => {
    expect(() => new LinearSVC({ C: NaN })).toThrow(ParamError);
    const model = new LinearSVC();
    await expect(model.fit(X, new Int32Array(40))).rejects.toThrow(DataError);
    const signal = AbortSignal.abort();
    await expect(model.fit(X, Y, { signal })).rejects.toThrow(AbortError);
  });
});
