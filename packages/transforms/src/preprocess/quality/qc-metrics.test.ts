import {
  AnnData,
  columnValue,
  DataError,
  DenseMatrix,
  ParamError,
  type Table,
} from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { bothKinds, snapshot, testContext } from '../../testing/data.js';
import { goldenCase, readGolden } from '../../testing/golden.js';
import { expectClose } from '../../testing/matchers.js';
import { FilterCellTransform } from '../filter/filter-cell-transform.js';
import { mitochondrialGenes, qcMetrics } from './qc-metrics.js';

interface CountsCase {
  readonly name: string;
  readonly X: readonly number[][];
  readonly cell_totals: readonly number[];
  readonly n_genes_by_cell: readonly number[];
  readonly n_cells_by_gene: readonly number[];
  readonly gene_mean: readonly number[];
}

const golden = goldenCase((readGolden('preprocess') as { cases: CountsCase[] }).cases, 'counts');
const NAMES = ['A', 'B', 'MT-ND1', 'D', 'E', 'F', 'G', 'mt-Co1', 'I', 'J', 'K', 'MTOR'];

function column(table: Table, name: string): number[] {
  return table.index.map((_, i) => Number(columnValue(table.get(name), i)));
}

describe.each(bothKinds(golden.X))('metrics by the names of scanpy, %s', (_, unnamed) => {
  const data = AnnData.fromMatrix(unnamed.X, { varNames: NAMES });
  const before = snapshot(data);
  const { cells, genes } = qcMetrics(data, {
    species: 'human',
    geneSets: { pair: ['B', 'D', 'absent'] },
    percentTop: [3, 12],
  });

  test('of cells', () => {
    expect(column(cells, 'total_counts')).toEqual(golden.cell_totals);
    expect(column(cells, 'n_genes_by_counts')).toEqual(golden.n_genes_by_cell);
    expectClose(column(cells, 'log1p_total_counts'), golden.cell_totals.map(Math.log1p), 1e-12);
    const logs = golden.n_genes_by_cell.map(Math.log1p);
    expectClose(column(cells, 'log1p_n_genes_by_counts'), logs, 1e-12);
    // NumPy 1.24.2: 100 * np.sort(X)[:, -3:].sum(1) / X.sum(1)
    const top3 = [100, 66.666666667, 63.636363636, 100, 66.666666667, 58.823529412, 75];
    const top = column(cells, 'pct_counts_in_top_3_genes');
    expectClose(top, [...top3, 73.684210526, 64.285714286], 1e-9);
    expect(column(cells, 'pct_counts_in_top_12_genes')).toEqual(new Array(9).fill(100));
    expect(snapshot(data)).toEqual(before);
  });

  test('of gene sets', () => {
    expect(column(cells, 'total_counts_mt')).toEqual([9, 3, 3, 2, 5, 5, 3, 10, 7]);
    expectClose(column(cells, 'log1p_total_counts_mt').slice(0, 1), [Math.log1p(9)], 1e-12);
    const percent = [90, 25, 27.272727273, 100, 41.666666667, 29.411764706, 37.5, 52.631578947, 50];
    expectClose(column(cells, 'pct_counts_mt'), percent, 1e-9);
    const sums = golden.X.map((row) => row[1]! + row[3]!);
    expect(column(cells, 'total_counts_pair')).toEqual(sums);
  });

  test('of genes', () => {
    expect(column(genes, 'n_cells_by_counts')).toEqual(golden.n_cells_by_gene);
    expectClose(column(genes, 'mean_counts'), golden.gene_mean, 1e-12);
    expectClose(column(genes, 'log1p_mean_counts'), golden.gene_mean.map(Math.log1p), 1e-12);
    const totals = golden.gene_mean.map((mean) => 9 * mean);
    expectClose(column(genes, 'total_counts'), totals, 1e-12);
    expectClose(column(genes, 'log1p_total_counts'), totals.map(Math.log1p), 1e-12);
    const dropout = golden.n_cells_by_gene.map((n) => (100 * (9 - n)) / 9);
    expectClose(column(genes, 'pct_dropout_by_counts'), dropout, 1e-12);
    expect(genes.index).toEqual(NAMES);
  });
});

test('names of mitochondrial genes depend on the species, not on capitals', () => {
  const names = ['MT-ND1', 'mt-Nd1', 'mt:ND1', 'MTOR', 'Mt-x'];
  expect(Array.from(mitochondrialGenes(names, 'human'))).toEqual([1, 1, 0, 0, 1]);
  expect(Array.from(mitochondrialGenes(names, 'mouse'))).toEqual([1, 1, 0, 0, 1]);
  expect(Array.from(mitochondrialGenes(names, 'fly'))).toEqual([0, 0, 1, 0, 0]);
});

test('defaults fit small data; a cell without counts has no percentages', () => {
  const X = DenseMatrix.zeros(2, 60);
  X.data.fill(1, 0, 60);
  const { cells } = qcMetrics(AnnData.fromMatrix(X), { species: 'mouse' });
  expect(cells.columnNames.filter((name) => name.includes('top'))).toEqual([
    'pct_counts_in_top_50_genes',
  ]);
  expect(column(cells, 'pct_counts_in_top_50_genes')[0]).toBeCloseTo(500 / 6, 10);
  expect(column(cells, 'pct_counts_mt')).toEqual([0, NaN]);
  expect(() => qcMetrics(AnnData.fromMatrix(X), { percentTop: [61] })).toThrow(ParamError);
  expect(() => qcMetrics(AnnData.fromMatrix(X), { layer: 'counts' })).toThrow(DataError);
  expect(() => qcMetrics(AnnData.fromMatrix(DenseMatrix.fromRows([[-1]])))).toThrow(DataError);
});

describe('FilterCellTransform', () => {
  /**
   * Thirty cells of about 100 counts over 25 genes, the last of them mitochondrial with 2 to 4
   * counts; and one each with few counts, many counts, much and extremely much mitochondrial, and none.
   */
  const rows = Array.from({ length: 30 }, (_, i) => [
    ...Array.from({ length: 24 }, (_, g) => 4 + ((i * 7 + g * 5) % 3) - 1),
    2 + (i % 3),
  ]);
  const like = rows[0]!.slice(0, 24);
  const odd = [
    [...new Array<number>(23).fill(0), 1, 0],
    [...like.map((value) => 50 * value), 150],
    [...like, 8],
    [...like, 60],
    new Array<number>(25).fill(0),
  ];
  const varNames = Array.from({ length: 25 }, (_, g) => (g === 24 ? 'mt-Nd1' : `gene${g}`));

  test.each(bothKinds([...rows, ...odd]))('drops outliers, %s', async (_, unnamed) => {
    const data = AnnData.fromMatrix(unnamed.X, { varNames });
    const before = snapshot(data);
    const { messages, ...context } = testContext();
    const kept = await new FilterCellTransform({ species: 'mouse' }).apply(data, context);
    expect(kept.obsNames).toEqual(data.obsNames.slice(0, 30));
    expect(messages).toEqual(['info: FilterCellTransform: 5 of 35 cells dropped']);
    expect(kept.obs.has('pct_counts_mt') && kept.var.has('mean_counts')).toBe(true);
    expect(column(kept.obs, 'outlier')).toEqual(new Array(30).fill(0));
    expect(snapshot(data)).toEqual(before);
  });

  test('limits are the parameters', async () => {
    const data = AnnData.fromMatrix(DenseMatrix.fromRows([...rows, odd[2]!]), { varNames });
    const strict = new FilterCellTransform({ maxMitochondrial: 3.5, nMadsMitochondrial: 100 });
    const percent = column(qcMetrics(data, { species: 'human' }).cells, 'pct_counts_mt');
    const kept = await strict.apply(data, testContext());
    expect(kept.nObs).toBe(percent.filter((value) => value <= 3.5).length);
    expect(kept.nObs).toBeLessThan(30);
    const loose = new FilterCellTransform({ nMadsMitochondrial: 100, nMads: 100 });
    expect((await loose.apply(data, testContext())).nObs).toBe(31);
  });

  test('parameters are checked', () => {
    expect(() => new FilterCellTransform({ nMads: 0 })).toThrow(ParamError);
  });
});
