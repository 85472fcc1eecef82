import { AnnData, DataError, DenseMatrix } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { Compose } from '../compose.js';
import { Log1P } from '../preprocess/normalize/log1p.js';
import { randomCounts, rowsOf, snapshot, testContext } from '../testing/data.js';
import { SaveRaw } from './save-raw.js';

test('the layer holds the counts after X was normalized and genes were selected', async () => {
  const data = AnnData.fromMatrix(randomCounts(6, 5));
  const before = snapshot(data);
  const result = await new Compose([new SaveRaw(), new Log1P()]).apply(data, testContext());
  const selected = result.subset({ var: [4, 2] });
  const counts = selected.layers.get('counts') ?? new DenseMatrix(0, 0, new Float32Array(0));
  expect(rowsOf(counts)).toEqual(rowsOf(data.X).map((row) => [row[4], row[2]]));
  expect(rowsOf(selected.X).flat()[0]).toBeCloseTo(Math.log1p(counts.toDense().get(0, 0)), 6);
  expect(snapshot(data)).toEqual(before);
});

test('takes another name, and refuses what are no counts', async () => {
  const data = AnnData.fromMatrix(randomCounts(2, 2));
  const result = await new SaveRaw({ out: 'umi' }).apply(data, testContext());
  expect([...result.layers.keys()]).toEqual(['umi']);
  const negative = AnnData.fromMatrix(DenseMatrix.fromRows([[1, -1]]));
  await expect(new SaveRaw().apply(negative, testContext())).rejects.toThrow(DataError);
});
