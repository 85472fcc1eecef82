import { columnValue, DataError, ParamError } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { bothKinds, rowsOf, snapshot, testContext } from '../../testing/data.js';
import { FilterGenesVariance } from './filter-genes-variance.js';

const context = testContext();
// Population variances of the columns: 0, 4, 1, 4, 2/3.
const ROWS = [
  [2, 0, 1, 5, 0],
  [2, 4, 3, 1, 1],
  [2, 0, 1, 5, 2],
  [2, 4, 3, 1, 1],
];

describe.each(bothKinds(ROWS))('genes by variance, %s', (_, data) => {
  const kept = async (share: number): Promise<readonly string[]> =>
    (await new FilterGenesVariance({ share }).apply(data, context)).varNames;
  const names = (...genes: number[]): string[] => genes.map((gene) => data.varNames[gene]!);

  test('the largest variances, in the order of the genes; the first of equal ones', async () => {
    expect(await kept(0.6)).toEqual(names(1, 2, 3));
    expect(await kept(0.2)).toEqual(names(1));
    expect(await kept(1)).toEqual(data.varNames);
  });

  test('the share is rounded down, but one gene is left', async () => {
    expect(await kept(0.79)).toEqual(names(1, 2, 3));
    expect(await kept(0.01)).toEqual(names(1));
  });

  test('a number of genes instead of a share, at most all', async () => {
    const names3 = await new FilterGenesVariance({ nTopGenes: 3 }).apply(data, context);
    expect(names3.varNames).toEqual(names(1, 2, 3));
    const all = await new FilterGenesVariance({ nTopGenes: 9 }).apply(data, context);
    expect(all.varNames).toEqual(data.varNames);
  });

  test('values follow their genes, variances are written, the input stays', async () => {
    const before = snapshot(data);
    const filtered = await new FilterGenesVariance({ share: 0.4 }).apply(data, context);
    expect(rowsOf(filtered.X)).toEqual(ROWS.map((row) => [row[1], row[3]]));
    const variances = filtered.var.get('variances');
    expect([0, 1].map((gene) => columnValue(variances, gene))).toEqual([4, 4]);
    expect(snapshot(data)).toEqual(before);
  });
});

test('shares outside (0, 1], negative values and empty data are refused', async () => {
  expect(() => new FilterGenesVariance({ share: 0 })).toThrow(ParamError);
  expect(() => new FilterGenesVariance({ share: 1.5 })).toThrow(ParamError);
  expect(() => new FilterGenesVariance({ nTopGenes: 0 })).toThrow(ParamError);
  for (const [, data] of bothKinds([[1, -1]])) {
    await expect(new FilterGenesVariance().apply(data, context)).rejects.toThrow(DataError);
  }
  for (const [, data] of bothKinds([[]])) {
    await expect(new FilterGenesVariance().apply(data, context)).rejects.toThrow(DataError);
  }
});
