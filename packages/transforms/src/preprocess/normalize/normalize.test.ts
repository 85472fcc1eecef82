import {
  AnnData,
  columnValue,
  CsrMatrix,
  DataError,
  DenseMatrix,
  ParamError,
} from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { Compose } from '../../compose.js';
import { bothKinds, randomCounts, rowsOf, snapshot, testContext } from '../../testing/data.js';
import { goldenCase, readGolden, type GoldenRows } from '../../testing/golden.js';
import { expectClose, expectMatrixClose } from '../../testing/matchers.js';
import { cellWeights } from './cell-weights.js';
import { Log1P } from './log1p.js';
import { NormalizeTotal } from './normalize-total.js';
import { RowNormalize } from './row-normalize.js';
import { Scale } from './scale.js';

interface CountsCase {
  readonly name: string;
  readonly X: readonly number[][];
  readonly median_total_of_nonempty_cells: number;
  readonly gene_mean: readonly number[];
  readonly gene_var_ddof1: readonly number[];
  readonly normalize_total_median: GoldenRows;
  readonly normalize_total_1e4: GoldenRows;
  readonly log1p_of_median_normalised: GoldenRows;
  readonly log2_1p_of_1e4: GoldenRows;
  readonly normalize_rows_sum1: GoldenRows;
  readonly scale_ddof1: GoldenRows;
  readonly 'scale_max_value_1.5_two_sided_as_scanpy_1.10_and_later': GoldenRows;
  readonly scale_no_center: GoldenRows;
}

const FLOAT32 = 1e-6;
const golden = goldenCase((readGolden('preprocess') as { cases: CountsCase[] }).cases, 'counts');
const context = testContext();

describe.each(bothKinds(golden.X))('golden values, %s', (kind, data) => {
  test('normalization to the median and to a target', async () => {
    const byMedian = await new NormalizeTotal().apply(data, context);
    expectMatrixClose(byMedian.X, golden.normalize_total_median, FLOAT32);
    const total = golden.median_total_of_nonempty_cells;
    expectClose(byMedian.X.rowSums(), new Array<number>(data.nObs).fill(total), 1e-5);
    const byTarget = await new NormalizeTotal({ targetSum: 1e4 }).apply(data, context);
    expectMatrixClose(byTarget.X, golden.normalize_total_1e4, FLOAT32);
    expect(byTarget.X.kind).toBe(kind === 'sparse' ? 'csr' : 'dense');
  });

  test('logarithms to base e and 2', async () => {
    const byMedian = await new NormalizeTotal().apply(data, context);
    const natural = await new Log1P().apply(byMedian, context);
    expectMatrixClose(natural.X, golden.log1p_of_median_normalised, FLOAT32);
    const byTarget = await new NormalizeTotal({ targetSum: 1e4 }).apply(data, context);
    const binary = await new Log1P({ base: 2 }).apply(byTarget, context);
    expectMatrixClose(binary.X, golden.log2_1p_of_1e4, FLOAT32);
    expect(binary.uns.get('log1p')).toEqual(new Map([['base', 2]]));
  });

  test('genes of unit variance', async () => {
    const steps = new Compose([new NormalizeTotal(), new Log1P()]);
    const logs = await steps.apply(data, context);
    const centered = await new Scale().apply(logs, context);
    expectMatrixClose(centered.X, golden.scale_ddof1, FLOAT32);
    const clipped = await new Scale({ maxValue: 1.5 }).apply(logs, context);
    const expected = golden['scale_max_value_1.5_two_sided_as_scanpy_1.10_and_later'];
    expectMatrixClose(clipped.X, expected, FLOAT32);
    const divided = await new Scale({ zeroCenter: false }).apply(logs, context);
    expectMatrixClose(divided.X, golden.scale_no_center, FLOAT32);
    expect(divided.X.kind).toBe(kind === 'sparse' ? 'csr' : 'dense');
  });

  test('means and deviations of the genes are written', async () => {
    const { var: genes } = await new Scale().apply(data, context);
    const column = (name: string): number[] =>
      genes.index.map((_, j) => Number(columnValue(genes.get(name), j)));
    expectClose(column('mean'), golden.gene_mean, 1e-12);
    const deviations = golden.gene_var_ddof1.map((variance) => Math.sqrt(variance) || 1);
    expectClose(column('std'), deviations, 1e-12);
  });

  test('rows that sum to 1', async () => {
    const normalized = await new RowNormalize().apply(data, context);
    expectMatrixClose(normalized.X, golden.normalize_rows_sum1, FLOAT32);
  });
});

describe.each([
  new NormalizeTotal(),
  new Log1P(),
  new RowNormalize(),
  new Scale(),
  new Scale({ zeroCenter: false }),
])('$name $params', (transform) => {
  test('leaves its input as it was', async () => {
    const data = AnnData.fromMatrix(randomCounts(20, 10));
    const before = snapshot(data);
    await transform.apply(data, context);
    expect(snapshot(data)).toEqual(before);
  });

  test('stops when it was aborted', async () => {
    const data = AnnData.fromMatrix(randomCounts(3, 3));
    const run = transform.apply(data, { ...context, signal: AbortSignal.abort() });
    await expect(run).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe.each([new NormalizeTotal(), new Log1P(), new RowNormalize()])('$name', (transform) => {
  test('leaves cells and genes without counts at zero', async () => {
    const counts = DenseMatrix.fromRows([
      [0, 0, 0],
      [3, 0, 1],
    ]);
    const { X } = await transform.apply(AnnData.fromMatrix(counts), context);
    expect(rowsOf(X)[0]).toEqual([0, 0, 0]);
    expect(rowsOf(X)[1]![1]).toBe(0);
  });

  test('takes data without cells and data without any count', async () => {
    const empty = AnnData.fromMatrix(DenseMatrix.zeros(0, 3));
    expect((await transform.apply(empty, context)).nObs).toBe(0);
    const zeros = AnnData.fromMatrix(DenseMatrix.zeros(2, 3));
    expect(rowsOf((await transform.apply(zeros, context)).X).flat()).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test.each([NaN, Infinity, -1])('refuses %p', async (value) => {
    const data = AnnData.fromMatrix(DenseMatrix.fromRows([[1, value]]));
    await expect(transform.apply(data, context)).rejects.toThrow(DataError);
  });
});

test('a constant factor on a cell does not change its normalized row', async () => {
  const counts = randomCounts(30, 40);
  const scaled = counts.scaleRows(Array.from({ length: 30 }, (_, i) => 2 ** (i % 5)));
  const step = new NormalizeTotal({ targetSum: 100 });
  const one = await step.apply(AnnData.fromMatrix(counts), context);
  const other = await step.apply(AnnData.fromMatrix(scaled), context);
  expect(rowsOf(other.X)).toEqual(rowsOf(one.X));
});

test('parameters out of range are refused', () => {
  expect(() => new Log1P({ base: 1 })).toThrow(ParamError);
  expect(() => new NormalizeTotal({ targetSum: 0 })).toThrow(ParamError);
  expect(() => new RowNormalize({ axis: 0 })).toThrow(/no parameter "axis"/);
});

describe('weights of a cell-gene graph', () => {
  const data = AnnData.fromMatrix(CsrMatrix.fromDense(DenseMatrix.fromRows([[1, 3, 0]])));

  test.each([
    ['none', [1, 3, 0]],
    ['per_cell', [0.25, 0.75, 0]],
    ['log_per_cell', [1 / 3, 2 / 3, 0]],
  ] as const)('%s', async (normalizeWeights, expected) => {
    const { X } = await cellWeights(normalizeWeights).apply(data, context);
    expectMatrixClose(X, [expected], FLOAT32);
  });
});
