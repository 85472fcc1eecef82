import { columnValue, ParamError, type Table } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { bothKinds, rowsOf, testContext } from '../../testing/data.js';
import {
  FilterCellsPlaceHolder,
  FilterGenesNumberPlaceHolder,
  FilterGenesPlaceHolder,
} from './placeholders.js';

const ROWS = [
  [1, 0, 2],
  [0, 0, 5],
];

function column(table: Table, name: string): unknown[] {
  return table.index.map((_, i) => columnValue(table.get(name), i));
}

describe.each(bothKinds(ROWS))('%s', (_, data) => {
  test('cells and genes stay, with their counts', async () => {
    const context = testContext();
    const cells = await new FilterCellsPlaceHolder().apply(data, context);
    expect(column(cells.obs, 'n_counts')).toEqual([3, 5]);
    expect(column(cells.obs, 'n_genes')).toEqual([2, 1]);
    const genes = await new FilterGenesPlaceHolder().apply(data, context);
    expect(column(genes.var, 'n_counts')).toEqual([1, 0, 7]);
    expect(column(genes.var, 'n_cells')).toEqual([1, 0, 2]);
    const nothing = await new FilterGenesNumberPlaceHolder().apply(data, context);
    for (const result of [cells, genes, nothing]) expect(rowsOf(result.X)).toEqual(ROWS);
    expect(data.obs.columnNames).toEqual([]);
  });
});

test('they have no parameters', () => {
  expect(() => new FilterCellsPlaceHolder({ minCounts: 1 })).toThrow(ParamError);
});
