import {
  AnnData,
  categoricalColumn,
  columnValue,
  CsrMatrix,
  DataError,
  DenseMatrix,
  stringColumn,
  Table,
} from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { bothKinds, snapshot, testContext } from '../../testing/data.js';
import { goldenCase, readGolden } from '../../testing/golden.js';
import { expectClose, expectMatrixClose } from '../../testing/matchers.js';
import { CellGiottoTopicProfile } from './cell-giotto-topic-profile.js';
import { CellTopicProfile, readCellTopicProfile } from './cell-topic-profile.js';
import { CellTypeNums } from './cell-type-nums.js';

interface ProfileCase {
  readonly name: string;
  readonly X: readonly number[][];
  readonly labels: readonly number[];
  readonly mean: readonly number[][];
  readonly median: readonly number[][];
}

const golden = goldenCase(
  (readGolden('preprocess') as { cases: ProfileCase[] }).cases,
  'cell_type_profiles',
);
const context = testContext();

/** Profile of each type, in the order of the types. */
function profiles(data: AnnData, key: string): number[][] {
  const table = data.varm.get(key);
  if (!(table instanceof Table)) throw new Error(`no table ${key}`);
  return table.columnNames.map((name) =>
    data.varNames.map((_, g) => Number(columnValue(table.get(name), g))),
  );
}

describe.each(bothKinds(golden.X))('golden profiles, %s', (_, unlabelled) => {
  const data = unlabelled.view();
  data.obs.set('cellType', stringColumn(golden.labels.map((label) => `type ${label}`)));

  test('median and mean', async () => {
    const before = snapshot(data);
    const median = await new CellTopicProfile().apply(data, context);
    expectClose(profiles(median, 'CellTopicProfile').flat(), golden.median.flat(), 1e-6);
    const mean = await new CellTopicProfile({ method: 'mean', out: 'p' }).apply(data, context);
    expectClose(profiles(mean, 'p').flat(), golden.mean.flat(), 1e-6);
    expect((mean.varm.get('p') as Table).columnNames).toEqual(['type 0', 'type 1', 'type 2']);
    expect(snapshot(data)).toEqual(before);
  });

  test('profiles are read back as a matrix', async () => {
    const found = await new CellTopicProfile({ method: 'mean', out: 'p' }).apply(data, context);
    const { types, profiles: matrix } = readCellTopicProfile(found, 'p');
    expect(types).toEqual(['type 0', 'type 1', 'type 2']);
    expectMatrixClose(matrix.transpose(), golden.mean, 1e-6);
    expect(() => readCellTopicProfile(found)).toThrow(/no table "CellTopicProfile"/);
  });

  test('mean and detection for Giotto', async () => {
    const mean = await new CellGiottoTopicProfile().apply(data, context);
    expectClose(profiles(mean, 'CellGiottoTopicProfile').flat(), golden.mean.flat(), 1e-6);
    const step = new CellGiottoTopicProfile({ detectionThreshold: 1.4, out: 'd' });
    const shares = profiles(await step.apply(data, context), 'd');
    // Type 0 are cells 0, 2 and 6: gene 0 exceeds 1.4 once, gene 2 twice.
    expectClose(shares[0]!, [1 / 3, 1 / 3, 2 / 3, 2 / 3, 0], 1e-12);
  });

  test('chosen types, and cells of one split', async () => {
    const two = new CellTopicProfile({ method: 'mean', ctSelect: ['type 2', 'type 0'] });
    const chosen = await two.apply(data, context);
    expectClose(
      profiles(chosen, 'CellTopicProfile').flat(),
      [golden.mean[0]!, golden.mean[2]!].flat(),
      1e-6,
    );
    const split = data.view();
    split.splits = { train: Int32Array.of(3), val: Int32Array.of(), test: Int32Array.of(0) };
    const trained = await new CellTopicProfile({ splitName: 'train' }).apply(split, context);
    expectClose(profiles(trained, 'CellTopicProfile').flat(), golden.X[3]!, 1e-6);
  });

  test('numbers of cells', async () => {
    const counted = await new CellTypeNums().apply(data, context);
    const table = counted.uns.get('CellTypeNums') as Table;
    expect(table.index).toEqual(['type 0', 'type 1', 'type 2']);
    expect(table.index.map((_, i) => columnValue(table.get('n_cells'), i))).toEqual([3, 3, 2]);
  });
});

describe('over batches', () => {
  /** One type; batch a has means (1, 3), batch b (30, 10), batch c nothing at all. */
  const data = AnnData.fromMatrix(
    DenseMatrix.fromRows([
      [0, 2],
      [2, 4],
      [30, 10],
      [0, 0],
    ]),
  );
  data.obs.set('cellType', stringColumn(['t', 't', 't', 't']));
  data.obs.set('batch', stringColumn(['a', 'a', 'b', 'c']));

  test('shapes are averaged, then sizes', async () => {
    const step = new CellTopicProfile({ method: 'mean', batchKey: 'batch' });
    const both = data.subset({ obs: [0, 1, 2] });
    // Shapes (0.25, 0.75) and (0.75, 0.25), sums 4 and 40.
    expect(profiles(await step.apply(both, context), 'CellTopicProfile')).toEqual([[11, 11]]);
  });

  test('a batch without counts has no shape', async () => {
    const step = new CellTopicProfile({ method: 'mean', batchKey: 'batch' });
    const found = profiles(await step.apply(data, context), 'CellTopicProfile');
    expectClose(found[0]!, [22 / 3, 22 / 3], 1e-12);
  });
});

test('a type whose medians are all 0 gets its means, with a warning', async () => {
  const X = CsrMatrix.fromDense(
    DenseMatrix.fromRows([
      [3, 0],
      [0, 6],
      [0, 0],
    ]),
  );
  const data = AnnData.fromMatrix(X);
  data.obs.set('cellType', stringColumn(['sparse', 'sparse', 'sparse']));
  const { messages, ...watched } = testContext();
  const found = await new CellTopicProfile().apply(data, watched);
  expect(profiles(found, 'CellTopicProfile')).toEqual([[1, 2]]);
  expect(messages).toEqual([expect.stringMatching(/^warning: .*"sparse" are all 0/)]);
});

test('types without cells: those not asked for are left out, those asked for are named', async () => {
  const data = AnnData.fromMatrix(DenseMatrix.fromRows([[1, 2]]));
  data.obs.set('cellType', categoricalColumn(Int32Array.of(1), ['none', 'some']));
  const found = await new CellTopicProfile().apply(data, context);
  expect((found.varm.get('CellTopicProfile') as Table).columnNames).toEqual(['some']);
  for (const step of [
    new CellTopicProfile({ ctSelect: ['none'] }),
    new CellGiottoTopicProfile({ ctSelect: ['none'] }),
    new CellTypeNums({ ctSelect: ['none'] }),
  ]) {
    await expect(step.apply(data, context)).rejects.toThrow(/type "none".*cells: some/);
  }
  const unlabelled = AnnData.fromMatrix(DenseMatrix.fromRows([[1, 2]]));
  await expect(new CellTopicProfile().apply(unlabelled, context)).rejects.toThrow(DataError);
});
