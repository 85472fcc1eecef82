import { AnnData, DataError, DenseMatrix, ParamError } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { bothKinds, randomCounts, rowsOf, snapshot, testContext } from '../../testing/data.js';
import { expectMatrixClose } from '../../testing/matchers.js';
import { CellSparsePCA } from './cell-sparse-pca.js';

const context = testContext();

const COUNTS = [
  [9, 0, 3, 0, 1, 2],
  [1, 7, 0, 2, 0, 1],
  [0, 2, 8, 0, 4, 0],
  [5, 1, 0, 6, 0, 3],
  [0, 0, 2, 1, 3, 1],
  [7, 1, 2, 1, 0, 0],
  [2, 6, 1, 3, 1, 0],
  [1, 1, 7, 0, 5, 2],
];

/** SparsePCA(k, alpha, method='cd', tol=1e-13) of scikit-learn 1.2.1; the largest entries positive. */
const EXPECTED = [
  {
    nComponents: 3,
    alpha: 1,
    components: [
      [0, 0, 0.826703, -0.399626, 0.396057, 0],
      [0.990579, 0, 0, 0, -0.136945, 0],
      [0, 0.999575, 0, 0, 0, -0.029147],
    ],
    scores: [
      [0.76828, 5.904979, -2.252027],
      [-3.296537, -2.023885, 4.704579],
      [5.55522, -3.071664, -0.214954],
      [-4.672509, 1.825308, -1.291207],
      [-0.152871, -3.242605, -2.223169],
      [-0.941028, 3.987234, -1.204632],
      [-2.433677, -1.132366, 3.743759],
      [5.173123, -2.247001, -1.262349],
    ],
  },
  {
    nComponents: 2,
    alpha: 6,
    components: [
      [0, 0, 1, 0, 0, 0],
      [1, 0, 0, 0, 0, 0],
    ],
    scores: [
      [0.123762, 5.816832],
      [-2.846535, -2.10396],
      [5.074257, -3.094059],
      [-2.846535, 1.856436],
      [-0.866337, -3.094059],
      [-0.866337, 3.836634],
      [-1.856436, -1.113861],
      [4.084158, -2.10396],
    ],
  },
];

function dense(value: unknown): DenseMatrix {
  if (value instanceof DenseMatrix) return value;
  throw new Error('no dense matrix');
}

describe.each(bothKinds(COUNTS))('equal those of scikit-learn, %s', (_, data) => {
  test.each(EXPECTED)('$nComponents components, alpha $alpha', async (expected) => {
    const { nComponents, alpha } = expected;
    const before = snapshot(data);
    const step = new CellSparsePCA({ nComponents, alpha, tolerance: 1e-12 });
    const found = await step.apply(data, context);
    const components = dense(found.varm.get('CellSparsePCA')).transpose();
    expectMatrixClose(components, expected.components, 2e-4);
    expectMatrixClose(dense(found.obsm.get('CellSparsePCA')), expected.scores, 2e-3);
    expect(snapshot(data)).toEqual(before);
  });
});

test('a larger penalty leaves fewer genes', async () => {
  const data = AnnData.fromMatrix(randomCounts(40, 30));
  const nonZeros = async (alpha: number) => {
    const step = new CellSparsePCA({ nComponents: 4, alpha, maxIterations: 20, out: 'f' });
    const components = dense((await step.apply(data, context)).varm.get('f'));
    return components.data.filter((value) => value !== 0).length;
  };
  const [few, some, many] = [await nonZeros(8), await nonZeros(2), await nonZeros(0.1)];
  expect(few).toBeLessThan(some);
  expect(some).toBeLessThan(many);
  expect(await nonZeros(1e6)).toBe(0);
});

test('the same seed gives the same bytes; an abort stops', async () => {
  const data = AnnData.fromMatrix(randomCounts(25, 20));
  const step = new CellSparsePCA({ nComponents: 3, maxIterations: 10 });
  const run = async () =>
    rowsOf(dense((await step.apply(data, testContext(2))).obsm.get(step.name)));
  expect(await run()).toEqual(await run());
  const aborted = step.apply(data, { ...context, signal: AbortSignal.abort() });
  await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' });
});

test('what does not fit is refused', async () => {
  const empty = AnnData.fromMatrix(DenseMatrix.zeros(0, 3));
  await expect(new CellSparsePCA().apply(empty, context)).rejects.toThrow(DataError);
  expect(() => new CellSparsePCA({ alpha: 0 })).toThrow(ParamError);
});
