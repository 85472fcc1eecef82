import { AnnData, DataError, DenseMatrix, ParamError, stringColumn } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { bothKinds, randomCounts, rowsOf, snapshot, testContext } from '../../testing/data.js';
import { goldenCase, readGolden, type GoldenRows } from '../../testing/golden.js';
import { expectMatrixClose } from '../../testing/matchers.js';
import { ColumnSumNormalize } from './column-sum-normalize.js';

interface CountsCase {
  readonly name: string;
  readonly X: readonly number[][];
  readonly log1p_of_median_normalised: readonly number[][];
  readonly normalize_cols_sum1: GoldenRows;
  readonly normalize_rows_sum1: GoldenRows;
  readonly minmax_cols: GoldenRows;
  readonly standardize_cols_ddof0: GoldenRows;
  readonly l2_rows: GoldenRows;
}

const golden = goldenCase((readGolden('preprocess') as { cases: CountsCase[] }).cases, 'counts');
const context = testContext();
const FLOAT32 = 1e-6;

describe.each(bothKinds(golden.X))('golden values, %s', (kind, data) => {
  test('sums of columns and of rows', async () => {
    const before = snapshot(data);
    const { X } = await new ColumnSumNormalize().apply(data, context);
    expectMatrixClose(X, golden.normalize_cols_sum1, FLOAT32);
    expect(X.kind).toBe(kind === 'sparse' ? 'csr' : 'dense');
    const rows = await new ColumnSumNormalize({ axis: 1 }).apply(data, context);
    expectMatrixClose(rows.X, golden.normalize_rows_sum1, FLOAT32);
    expect(snapshot(data)).toEqual(before);
  });

  test('ranges and lengths', async () => {
    const ranges = await new ColumnSumNormalize({ mode: 'minmax' }).apply(data, context);
    expectMatrixClose(ranges.X, golden.minmax_cols, FLOAT32);
    const lengths = await new ColumnSumNormalize({ mode: 'l2', axis: 1 }).apply(data, context);
    expectMatrixClose(lengths.X, golden.l2_rows, FLOAT32);
  });
});

test.each(bothKinds(golden.log1p_of_median_normalised))('golden z-scores, %s', async (_, data) => {
  const { X } = await new ColumnSumNormalize({ mode: 'standardize' }).apply(data, context);
  expectMatrixClose(X, golden.standardize_cols_ddof0, 1e-5);
});

describe.each(
  bothKinds([
    [1, 0],
    [2, 4],
    [3, 4],
    [9, 9],
  ]),
)('groups, %s', (_, unparted) => {
  const parted = (): AnnData => {
    const view = unparted.view();
    view.obs.set('batch', stringColumn(['x', 'y', 'x', null]));
    view.splits = { train: Int32Array.of(2, 0), val: Int32Array.of(), test: Int32Array.of(1) };
    return view;
  };
  const expected = [
    [0.25, 0],
    [1, 1],
    [0.75, 1],
    [9, 9],
  ];

  test('batches and splits are normalized by themselves, other cells stay', async () => {
    const byBatch = await new ColumnSumNormalize({ batchKey: 'batch' }).apply(parted(), context);
    expectMatrixClose(byBatch.X, expected, FLOAT32);
    const bySplit = await new ColumnSumNormalize({ splitNames: ['ALL'] }).apply(parted(), context);
    expectMatrixClose(bySplit.X, expected, FLOAT32);
    const splitNames = ['train' as const];
    const train = await new ColumnSumNormalize({ splitNames }).apply(parted(), context);
    expectMatrixClose(train.X, [expected[0]!, [2, 4], expected[2]!, [9, 9]], FLOAT32);
    expect(train.X.kind).toBe(unparted.X.kind);
  });

  test('z-scores of groups', async () => {
    const step = new ColumnSumNormalize({ mode: 'standardize', batchKey: 'batch' });
    const { X } = await step.apply(parted(), context);
    expect(rowsOf(X)).toEqual([
      [-1, -1],
      [0, 0],
      [1, 1],
      [9, 9],
    ]);
  });

  test('a cell in two splits is refused', async () => {
    const view = parted();
    view.splits = { ...view.splits, test: Int32Array.of(0) };
    const step = new ColumnSumNormalize({ splitNames: ['ALL'] });
    await expect(step.apply(view, context)).rejects.toThrow(/in two groups/);
  });
});

test('eps is added to the divisors', async () => {
  const data = AnnData.fromMatrix(DenseMatrix.fromRows([[3, 0]]));
  const { X } = await new ColumnSumNormalize({ eps: 1 }).apply(data, context);
  expect(rowsOf(X)).toEqual([[0.75, 0]]);
});

test('negative values have ranges, too', async () => {
  for (const [, data] of bothKinds([
    [-1, 0],
    [0, 2],
    [3, 4],
  ])) {
    const { X } = await new ColumnSumNormalize({ mode: 'minmax' }).apply(data, context);
    expectMatrixClose(
      X,
      [
        [0, 0],
        [0.25, 0.5],
        [1, 1],
      ],
      FLOAT32,
    );
  }
});

test('what cannot be normalized is refused; no cells are no harm', async () => {
  const bad = AnnData.fromMatrix(DenseMatrix.fromRows([[NaN]]));
  await expect(new ColumnSumNormalize().apply(bad, context)).rejects.toThrow(DataError);
  const empty = AnnData.fromMatrix(randomCounts(3, 2).selectRows([]));
  expect((await new ColumnSumNormalize({ mode: 'minmax' }).apply(empty, context)).nObs).toBe(0);
  expect(() => new ColumnSumNormalize({ splitNames: ['ALL'], batchKey: 'b' })).toThrow(ParamError);
});
