import { AnnData, CsrMatrix, DataError } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { randomCounts, snapshot, testContext } from '../testing/data.js';
import { CellwiseMaskData } from './cellwise-mask-data.js';
import { drawEntryMask } from './draw-entry-mask.js';
import { valuesAt, withoutEntries } from './entry-list.js';
import { MaskData } from './mask-data.js';
import { readEntryMask } from './mask-layers.js';

const counts = randomCounts(30, 80);
const data = AnnData.fromMatrix(counts);

test('CellwiseMaskData takes what drawEntryMask draws out of X, and keeps the values', async () => {
  const before = snapshot(data);
  const held = await new CellwiseMaskData({ maskRate: 0.2, addTestMask: true }).apply(
    data,
    testContext(4),
  );
  const expected = drawEntryMask(counts, { rate: 0.2, rng: testContext(4).rng });
  expect(readEntryMask(held)).toEqual(expected);
  expect(held.X).toEqual(withoutEntries(counts, expected.validation, expected.test));
  expect(held.layers.get('test_mask')).toEqual(valuesAt(counts, expected.test));
  expect(snapshot(data)).toEqual(before);
});

test('a mask follows a later choice of genes', async () => {
  const held = await new CellwiseMaskData({ addTestMask: true }).apply(data, testContext());
  const { test: all } = readEntryMask(held);
  const { test: kept } = readEntryMask(held.subset({ var: [79, 70] }));
  const columns = [...all.columns].filter((j) => j === 79 || j === 70);
  expect([...kept.columns].filter((j) => j === 0)).toHaveLength(
    columns.filter((j) => j === 79).length,
  );
  expect(kept.columns).toHaveLength(columns.length);
});

describe.each([
  ['CellwiseMaskData', CellwiseMaskData],
  ['MaskData', MaskData],
])('%s', (_, Transform) => {
  test('a seed of its own does not depend on the run, and X may stay whole', async () => {
    const first = await new Transform({ seed: 7, hide: false }).apply(data, testContext(1));
    const second = await new Transform({ seed: 7, hide: false }).apply(data, testContext(2));
    expect(readEntryMask(first)).toEqual(readEntryMask(second));
    expect(first.X).toBe(counts);
  });

  test('a dense X gives the same mask and stays dense', async () => {
    const dense = AnnData.fromMatrix(counts.toDense());
    const sparse = await new Transform().apply(data, testContext());
    const held = await new Transform().apply(dense, testContext());
    expect(readEntryMask(held)).toEqual(readEntryMask(sparse));
    expect(held.X).toEqual(sparse.X.toDense());
  });
});

test('MaskData holds out the share asked for, not the rest', async () => {
  const held = await new MaskData({ maskRate: 0.1, addTestMask: true }).apply(data, testContext());
  const mask = readEntryMask(held);
  const nDrawn = Math.floor(counts.nnz * 0.1);
  expect(mask.validation.rows.length + mask.test.rows.length).toBe(nDrawn);
  expect(mask.validation.rows.length).toBe(Math.round(nDrawn * 0.1));
  expect(held.X).toHaveProperty('nnz', counts.nnz - nDrawn);
});

test('without a mask there is none to read', () => {
  expect(() => readEntryMask(data)).toThrow(DataError);
  expect(data.X).toBeInstanceOf(CsrMatrix);
});
