import { AnnData, columnValue, CsrMatrix, DataError, DenseMatrix } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { bothKinds, snapshot, testContext } from '../../testing/data.js';
import { goldenCase, readGolden } from '../../testing/golden.js';
import { expectClose } from '../../testing/matchers.js';
import { UpdateSizeFactors } from './update-size-factors.js';

interface CountsCase {
  readonly name: string;
  readonly X: readonly number[][];
  readonly cell_totals: readonly number[];
  readonly size_factor_total_over_median_of_all_cells: readonly number[];
}

const golden = goldenCase((readGolden('preprocess') as { cases: CountsCase[] }).cases, 'counts');
const context = testContext();

function column(data: AnnData, name: string): unknown[] {
  return data.obsNames.map((_, i) => columnValue(data.obs.get(name), i));
}

test.each(
  bothKinds([
    [1, 1],
    [0, 0],
    [3, 5],
    [4, 2],
  ]),
)('totals, and totals over the median of the positive ones, %s', async (_, data) => {
  const before = snapshot(data);
  const result = await new UpdateSizeFactors().apply(data, context);
  expect(column(result, 'n_counts')).toEqual([2, 0, 8, 6]);
  expect(column(result, 'size_factors')).toEqual([2 / 6, 0, 8 / 6, 1]);
  expect(result.X).toBe(data.X);
  expect(snapshot(data)).toEqual(before);
});

test.each(bothKinds(golden.X))('golden size factors, %s', async (_, data) => {
  const result = await new UpdateSizeFactors().apply(data, context);
  expect(column(result, 'n_counts')).toEqual(golden.cell_totals);
  // No cell is empty: the median of the positive totals is that of all.
  const expected = golden.size_factor_total_over_median_of_all_cells;
  expectClose(column(result, 'size_factors').map(Number), expected, 1e-12);
});

test('without any count the factors are 0; values that are no counts are refused', async () => {
  const zeros = AnnData.fromMatrix(CsrMatrix.fromDense(DenseMatrix.zeros(2, 3)));
  const result = await new UpdateSizeFactors().apply(zeros, context);
  expect(column(result, 'size_factors')).toEqual([0, 0]);
  const negative = AnnData.fromMatrix(DenseMatrix.fromRows([[1, -1]]));
  await expect(new UpdateSizeFactors().apply(negative, context)).rejects.toThrow(DataError);
});

test('counts of a layer', async () => {
  const data = AnnData.fromMatrix(DenseMatrix.zeros(2, 1));
  data.layers.set('counts', DenseMatrix.fromRows([[1], [3]]));
  const result = await new UpdateSizeFactors({ layer: 'counts' }).apply(data, context);
  expect(column(result, 'n_counts')).toEqual([1, 3]);
  const unknown = new UpdateSizeFactors({ layer: 'raw' });
  await expect(unknown.apply(data, context)).rejects.toThrow(DataError);
});
