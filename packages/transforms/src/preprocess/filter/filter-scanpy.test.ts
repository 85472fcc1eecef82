import {
  AnnData,
  columnValue,
  DataError,
  DenseMatrix,
  ParamError,
  stringColumn,
  type Table,
} from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { bothKinds, randomCounts, snapshot, testContext } from '../../testing/data.js';
import { goldenCase, readGolden } from '../../testing/golden.js';
import { FilterCellsScanpy } from './filter-cells-scanpy.js';
import { FilterGenesScanpy } from './filter-genes-scanpy.js';

interface CountsCase {
  readonly name: string;
  readonly X: readonly number[][];
  readonly cell_totals: readonly number[];
  readonly n_genes_by_cell: readonly number[];
  readonly n_cells_by_gene: readonly number[];
  readonly keep_cells_min_counts_1: readonly boolean[];
  readonly keep_genes_min_counts_1: readonly boolean[];
  readonly keep_genes_min_cells_3: readonly boolean[];
}

const golden = goldenCase((readGolden('preprocess') as { cases: CountsCase[] }).cases, 'counts');
const context = testContext();

function column(table: Table, name: string): unknown[] {
  return table.index.map((_, i) => columnValue(table.get(name), i));
}

function chosen(names: readonly string[], keep: readonly boolean[]): string[] {
  return names.filter((_, i) => keep[i]);
}

describe.each(bothKinds(golden.X))('golden selections, %s', (_, data) => {
  test('genes by counts and by cells', async () => {
    const byCounts = await new FilterGenesScanpy({ minCounts: 1 }).apply(data, context);
    expect(byCounts.varNames).toEqual(chosen(data.varNames, golden.keep_genes_min_counts_1));
    const byCells = await new FilterGenesScanpy({ minCells: 3 }).apply(data, context);
    expect(byCells.varNames).toEqual(chosen(data.varNames, golden.keep_genes_min_cells_3));
    expect(column(byCells.var, 'n_cells')).toEqual(
      golden.n_cells_by_gene.filter((_, g) => golden.keep_genes_min_cells_3[g]),
    );
    expect(byCells.X.nCols).toBe(byCells.nVars);
  });

  test('cells by counts', async () => {
    const filtered = await new FilterCellsScanpy({ minCounts: 1 }).apply(data, context);
    expect(filtered.obsNames).toEqual(chosen(data.obsNames, golden.keep_cells_min_counts_1));
  });

  test('counts and genes of cells are written', async () => {
    const filtered = await new FilterCellsScanpy({ minCounts: 0 }).apply(data, context);
    expect(column(filtered.obs, 'n_counts')).toEqual(golden.cell_totals);
    expect(column(filtered.obs, 'n_genes')).toEqual(golden.n_genes_by_cell);
  });

  test('limits are inclusive on both sides and combine', async () => {
    const filtered = await new FilterCellsScanpy({ minCounts: 10, maxCounts: 14 }).apply(
      data,
      context,
    );
    expect(column(filtered.obs, 'n_counts')).toEqual(
      golden.cell_totals.filter((total) => total >= 10 && total <= 14),
    );
    const byGenes = await new FilterCellsScanpy({ minGenes: 6, maxGenes: 7 }).apply(data, context);
    expect(column(byGenes.obs, 'n_genes')).toEqual(
      golden.n_genes_by_cell.filter((n) => n >= 6 && n <= 7),
    );
  });
});

test('a limit between 0 and 1 is a share of the cells, or a quantile of the counts', async () => {
  const data = AnnData.fromMatrix(
    DenseMatrix.fromRows([
      [1, 1, 1, 0],
      [2, 1, 0, 0],
      [3, 1, 0, 0],
      [4, 0, 0, 9],
    ]),
  );
  const byShare = await new FilterGenesScanpy({ minCells: 0.5 }).apply(data, context);
  expect(column(byShare.var, 'n_cells')).toEqual([4, 3]);
  const byQuantile = await new FilterGenesScanpy({ minCounts: 0.5 }).apply(data, context);
  expect(column(byQuantile.var, 'n_counts')).toEqual([10, 9]); // sums 10, 3, 1, 9: median 6
});

test('annotation, splits and layers follow the cells that stay', async () => {
  const data = AnnData.fromMatrix(DenseMatrix.fromRows([[5], [0], [7], [0], [9]]));
  data.obs.set('type', stringColumn(['a', 'b', 'c', 'd', 'e']));
  data.layers.set('counts', data.X);
  data.splits = {
    train: Int32Array.of(4, 0),
    val: Int32Array.of(1),
    test: Int32Array.of(2, 3),
  };
  const filtered = await new FilterCellsScanpy({ minCounts: 1 }).apply(data, context);
  expect(column(filtered.obs, 'type')).toEqual(['a', 'c', 'e']);
  expect(Array.from(filtered.layers.get('counts')?.toDense().data ?? [])).toEqual([5, 7, 9]);
  expect(filtered.splits).toEqual({
    train: Int32Array.of(2, 0),
    val: new Int32Array(0),
    test: Int32Array.of(1),
  });
});

test('splits stay when genes are filtered', async () => {
  const data = AnnData.fromMatrix(
    DenseMatrix.fromRows([
      [5, 0],
      [1, 0],
    ]),
  );
  data.splits = { train: Int32Array.of(1), val: new Int32Array(0), test: Int32Array.of(0) };
  const filtered = await new FilterGenesScanpy({ minCounts: 1 }).apply(data, context);
  expect(filtered.nVars).toBe(1);
  expect(filtered.splits).toEqual(data.splits);
});

describe.each([new FilterGenesScanpy({ minCounts: 9 }), new FilterCellsScanpy({ minCounts: 9 })])(
  '$name',
  (transform) => {
    test('leaves its input as it was', async () => {
      const data = AnnData.fromMatrix(randomCounts(20, 10));
      const before = snapshot(data);
      await transform.apply(data, context);
      expect(snapshot(data)).toEqual(before);
    });

    test('says so when nothing is left', async () => {
      const data = AnnData.fromMatrix(DenseMatrix.zeros(3, 3));
      await expect(transform.apply(data, context)).rejects.toThrow(/leaves no (cell|gene)/);
    });

    test('refuses counts that are none, which it would drop in silence', async () => {
      const data = AnnData.fromMatrix(DenseMatrix.fromRows([[10, NaN]]));
      await expect(transform.apply(data, context)).rejects.toThrow(DataError);
    });
  },
);

test('a filter without a limit is refused', () => {
  expect(() => new FilterGenesScanpy()).toThrow(ParamError);
  expect(() => new FilterCellsScanpy({})).toThrow(/nothing to filter by/);
  expect(() => new FilterCellsScanpy({ minCounts: -1 })).toThrow(/minCounts/);
});
