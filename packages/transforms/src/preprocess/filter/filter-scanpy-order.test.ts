import { AnnData, columnValue, DenseMatrix, ParamError } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { bothKinds, randomCounts, snapshot, testContext } from '../../testing/data.js';
import { FilterCellsScanpyOrder } from './filter-cells-scanpy-order.js';
import { FilterCellsScanpy } from './filter-cells-scanpy.js';
import { FilterGenesScanpyOrder } from './filter-genes-scanpy-order.js';
import { FilterGenesScanpy } from './filter-genes-scanpy.js';

const context = testContext();

/** Sums of the rows 2, 4, 8, 100; non-zeros 1, 2, 2, 1. Transposed for the genes. */
const ROWS = [
  [2, 0],
  [2, 2],
  [4, 4],
  [0, 100],
];
const COLUMNS = [ROWS.map((row) => row[0]!), ROWS.map((row) => row[1]!)];

describe('quantiles are taken among what earlier limits left', () => {
  // minCounts 0.5 among all: 6, leaves 8 and 100. Among the two with 2 non-zeros (sums 4 and 8): 6,
  // leaves 8. maxCounts 0.5 after that: 8, the same; before: sums at most 6 leave 2 and 4.
  const minTwo = { minCounts: 0.5 };

  test.each(bothKinds(ROWS))('cells, %s', async (_, data) => {
    const kept = async (input: ConstructorParameters<typeof FilterCellsScanpyOrder>[0]) =>
      (await new FilterCellsScanpyOrder(input).apply(data, context)).obsNames.map((name) =>
        data.obsNames.indexOf(name),
      );
    expect(await kept({ ...minTwo })).toEqual([2, 3]);
    expect(await kept({ minCounts: 0.5, minGenes: 2 })).toEqual([2]);
    const genesFirst = ['minGenes', 'minCounts'] as const;
    expect(await kept({ minCounts: 0.4, minGenes: 2, order: [...genesFirst] })).toEqual([2]);
    expect(await kept({ minCounts: 0.5, maxCounts: 0.5 })).toEqual([2]);
    const maxFirst = ['maxCounts', 'minCounts'] as const;
    expect(await kept({ minCounts: 0.5, maxCounts: 0.5, order: [...maxFirst] })).toEqual([1]);
  });

  test.each(bothKinds(COLUMNS))('genes, %s', async (_, data) => {
    const step = new FilterGenesScanpyOrder({
      minCounts: 0.5,
      maxCounts: 0.5,
      order: ['maxCounts', 'minCounts'],
    });
    const kept = await step.apply(data, context);
    expect(kept.varNames).toEqual([data.varNames[1]]);
    expect(columnValue(kept.var.get('n_counts'), 0)).toBe(4);
    expect(columnValue(kept.var.get('n_cells'), 0)).toBe(2);
  });
});

test('without quantiles the order does not matter: the plain filters give the same', async () => {
  const data = AnnData.fromMatrix(randomCounts(40, 30));
  const before = snapshot(data);
  const cells = { minCounts: 20, minGenes: 8, maxCounts: 60, maxGenes: 16 };
  const genes = { minCounts: 10, minCells: 5, maxCounts: 150, maxCells: 39 };
  const plain = await new FilterCellsScanpy(cells).apply(data, context);
  const ordered = await new FilterCellsScanpyOrder(cells).apply(data, context);
  expect(ordered.obsNames).toEqual(plain.obsNames);
  expect(ordered.nObs).toBeLessThan(40);
  const plainGenes = await new FilterGenesScanpy(genes).apply(data, context);
  const orderedGenes = await new FilterGenesScanpyOrder(genes).apply(data, context);
  expect(orderedGenes.varNames).toEqual(plainGenes.varNames);
  expect(orderedGenes.nVars).toBeLessThan(30);
  expect(snapshot(data)).toEqual(before);
});

test('statistics are left out on request', async () => {
  const data = AnnData.fromMatrix(DenseMatrix.fromRows(ROWS));
  const cells = new FilterCellsScanpyOrder({ minCounts: 1, addNCounts: false, addNGenes: false });
  expect((await cells.apply(data, context)).obs.columnNames).toEqual([]);
  const genes = new FilterGenesScanpyOrder({ minCounts: 1, addNCounts: false });
  expect((await genes.apply(data, context)).var.columnNames).toEqual(['n_cells']);
});

test('limits and their order are checked', () => {
  expect(() => new FilterCellsScanpyOrder()).toThrow(ParamError);
  expect(() => new FilterCellsScanpyOrder({ minCounts: 1, order: ['minGenes'] })).toThrow(
    /"order" lacks "minCounts"/,
  );
  expect(
    () => new FilterGenesScanpyOrder({ minCounts: 1, order: ['minCounts', 'minCounts'] }),
  ).toThrow(ParamError);
  expect(() => new FilterGenesScanpyOrder({ minCounts: -1 })).toThrow(ParamError);
});

test('counts of a layer, and of the cells of a split', async () => {
  const data = AnnData.fromMatrix(randomCounts(40, 30, 9));
  const counts = randomCounts(40, 30);
  data.layers.set('counts', counts);
  data.splits = {
    train: Int32Array.from({ length: 20 }, (_, i) => i),
    val: Int32Array.of(),
    test: Int32Array.of(30),
  };
  const direct = AnnData.fromMatrix(counts);
  const limits = { minCounts: 0.4, maxCounts: 0.9 };
  const [genes, cells] = [
    { ...limits, minCells: 0.2 },
    { ...limits, minGenes: 0.2 },
  ];
  const channel = { channel: 'counts', channelType: 'layers' as const };
  for (const Step of [FilterGenesScanpy, FilterGenesScanpyOrder]) {
    const expected = await new Step(genes).apply(direct, context);
    const found = await new Step({ ...genes, ...channel }).apply(data, context);
    expect(found.varNames).toEqual(expected.varNames);
    expect((await new Step(genes).apply(data, context)).varNames).not.toEqual(found.varNames);
    const part = direct.subset({ obs: data.splits.train });
    const trained = await new Step({ ...genes, ...channel, splitName: 'train' }).apply(
      data,
      context,
    );
    expect(trained.varNames).toEqual((await new Step(genes).apply(part, context)).varNames);
    expect(trained.nObs).toBe(40);
  }
  for (const Step of [FilterCellsScanpy, FilterCellsScanpyOrder]) {
    const expected = await new Step(cells).apply(direct, context);
    const found = await new Step({ ...cells, ...channel }).apply(data, context);
    expect(found.obsNames).toEqual(expected.obsNames);
    const absent = new Step({ ...cells, channel: 'logs' });
    await expect(absent.apply(data, context)).rejects.toThrow(/no layer "logs"/);
  }
});
