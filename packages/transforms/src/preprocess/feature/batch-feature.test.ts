import { AnnData, DataError, DenseMatrix, stringColumn } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { bothKinds, snapshot, testContext } from '../../testing/data.js';
import { expectMatrixClose } from '../../testing/matchers.js';
import { BatchFeature } from './batch-feature.js';

const ROWS = [
  [0, 2, 4, 0, 6],
  [1, 0, 0, 0, 0],
  [0, 0, 0, 0, 0],
  [5, 5, 5, 5, 5],
];

/** NumPy 1.24.2: mean, std, percentile([25, 50, 75]), max, count, mean and std of non-zeros. */
const FIRST = [1.3, 1.366190379, 2, 2.5, 3, 3.5, 0.002, 2.5, 0.816496581];
const ZERO = [0, 0, 0, 0, 0, 0, 0, 0, 0];
const LAST = [5, 0, 5, 5, 5, 5, 0.005, 5, 0];

test.each(bothKinds(ROWS))('statistics are averaged over the batch, %s', async (_, data) => {
  const view = data.view();
  view.obs.set('batch', stringColumn(['a', 'a', 'b', null]));
  const before = snapshot(view);
  const found = await new BatchFeature().apply(view, testContext());
  const features = found.obsm.get('batch_features') as DenseMatrix;
  expectMatrixClose(features, [FIRST, FIRST, ZERO, LAST], 1e-6);
  expect(snapshot(view)).toEqual(before);
});

test.each(
  bothKinds([
    [-2, 0],
    [-2, -4],
  ]),
)('the maximum counts zeros, %s', async (_, data) => {
  const view = data.view();
  view.obs.set('donor', stringColumn(['x', 'y']));
  const step = new BatchFeature({ batchKey: 'donor', out: 'f' });
  const features = (await step.apply(view, testContext())).obsm.get('f') as DenseMatrix;
  expect([features.get(0, 5), features.get(1, 5)]).toEqual([0, -2]);
});

test('the column must be there', async () => {
  const data = AnnData.fromMatrix(DenseMatrix.fromRows(ROWS));
  await expect(new BatchFeature().apply(data, testContext())).rejects.toThrow(DataError);
});
