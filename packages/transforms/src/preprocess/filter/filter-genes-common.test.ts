import { AnnData, DataError, ParamError, stringColumn } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { bothKinds, snapshot, testContext } from '../../testing/data.js';
import { FilterGenesCommon } from './filter-genes-common.js';

const context = testContext();

/** Genes 0 and 3 occur in both halves of the cells; the values of gene 3 sum to 0. */
const ROWS = [
  [1, 2, 0, -1, 0],
  [0, 2, 0, 1, 0],
  [3, 0, 1, 2, 0],
  [0, 0, 1, 0, 0],
];

describe.each(bothKinds(ROWS))('%s', (_, data) => {
  const parted = (): AnnData => {
    const view = data.view();
    view.obs.set('batch', stringColumn(['x', 'x', 'y', 'y']));
    view.splits = { train: Int32Array.of(0, 1), val: Int32Array.of(), test: Int32Array.of(2, 3) };
    return view;
  };
  const common = ['gene_00000', 'gene_00003'];

  test('genes in every batch and in every split', async () => {
    const input = parted();
    const before = snapshot(input);
    const byBatch = await new FilterGenesCommon({ batchKey: 'batch' }).apply(input, context);
    expect(byBatch.varNames).toEqual(common);
    const splitKeys = ['train' as const, 'test' as const];
    const bySplit = await new FilterGenesCommon({ splitKeys }).apply(input, context);
    expect(bySplit.varNames).toEqual(common);
    expect(bySplit.splits).toEqual(input.splits);
    expect(snapshot(input)).toEqual(before);
  });

  test('cells without a batch count nowhere', async () => {
    const view = parted();
    view.obs.set('batch', stringColumn(['x', 'x', null, 'y']));
    const step = new FilterGenesCommon({ batchKey: 'batch' });
    await expect(step.apply(view, context)).rejects.toThrow(/leaves no gene/);
    view.obs.set('batch', stringColumn(['x', null, 'y', 'y']));
    expect((await step.apply(view, context)).varNames).toEqual(common);
  });

  test('a split without cells and a missing column are named', async () => {
    const empty = new FilterGenesCommon({ splitKeys: ['train', 'val'] });
    await expect(empty.apply(parted(), context)).rejects.toThrow(/"val" has no cells/);
    const missing = new FilterGenesCommon({ batchKey: 'donor' });
    await expect(missing.apply(parted(), context)).rejects.toThrow(DataError);
  });
});

test('either batches or splits', () => {
  expect(() => new FilterGenesCommon()).toThrow(ParamError);
  expect(() => new FilterGenesCommon({ batchKey: 'b', splitKeys: ['train'] })).toThrow(ParamError);
});
