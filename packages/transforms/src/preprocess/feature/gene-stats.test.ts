import { AnnData, columnValue, DataError, DenseMatrix, ParamError, Table } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { bothKinds, snapshot, testContext } from '../../testing/data.js';
import { expectClose } from '../../testing/matchers.js';
import { GeneStats } from './gene-stats.js';

const ROWS = [
  [1, 0, 2],
  [3, 0, 2],
  [0, 0, 2],
  [9, 9, 9],
];
const context = testContext();

function column(data: AnnData, name: string, key = 'GeneStats'): number[] {
  const table = data.varm.get(key);
  if (!(table instanceof Table)) throw new Error(`no table ${key}`);
  return table.index.map((_, g) => Number(columnValue(table.get(name), g)));
}

/** The first three cells train. */
function trained(data: AnnData): AnnData {
  const view = data.view();
  view.splits = { train: Int32Array.of(0, 1, 2), val: Int32Array.of(), test: Int32Array.of(3) };
  return view;
}

test.each(bothKinds(ROWS))('statistics of the training cells, %s', async (_, unsplit) => {
  const data = trained(unsplit);
  const before = snapshot(data);
  const found = await new GeneStats().apply(data, context);
  expectClose(column(found, 'mu'), [2, null, 2], 1e-12);
  expectClose(column(found, 'alpha'), [2 / 3, 0, 1], 1e-12);
  expectClose(column(found, 'mean_all'), [4 / 3, 0, 2], 1e-12);
  const deviation = Math.sqrt(14 / 9);
  expectClose(column(found, 'std_all'), [deviation, 0, 0], 1e-12);
  expectClose(column(found, 'cov_all'), [(deviation * 3) / 4, null, 0], 1e-12);
  expectClose(column(found, 'fano_all'), [14 / 12, null, 0], 1e-12);
  expectClose(column(found, 'max_all'), [3, 0, 2], 1e-12);
  expect(snapshot(data)).toEqual(before);
});

test('threshold, pseudo counts, all cells, chosen columns and a filling', async () => {
  const data = trained(AnnData.fromMatrix(DenseMatrix.fromRows(ROWS)));
  const step = new GeneStats({
    threshold: 2,
    pseudo: true,
    splitName: 'all',
    genestatsSelect: ['alpha', 'mu'],
    fillNa: -1,
    out: 's',
  });
  const found = await step.apply(data, context);
  expect((found.varm.get('s') as Table).columnNames).toEqual(['alpha', 'mu']);
  expectClose(column(found, 'mu', 's'), [6, 9, 9], 1e-12);
  expectClose(column(found, 'alpha', 's'), [3 / 5, 2 / 5, 2 / 5], 1e-12);
  const train = await new GeneStats({ threshold: 2, fillNa: -1 }).apply(data, context);
  expectClose(column(train, 'mu'), [3, -1, -1], 1e-12);
});

test('no cells and unknown statistics are refused', async () => {
  const empty = AnnData.fromMatrix(DenseMatrix.zeros(0, 2));
  await expect(new GeneStats().apply(empty, context)).rejects.toThrow(DataError);
  expect(() => new GeneStats({ genestatsSelect: [] })).toThrow(ParamError);
});
