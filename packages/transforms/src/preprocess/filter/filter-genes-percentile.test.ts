import { describe, expect, test } from '@jest/globals';
import { AnnData, CsrMatrix, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import { ascending, quantile } from '../../numeric/quantile.js';
import { bothKinds } from '../../testing/data.js';
import { goldenCase, readGolden } from '../../testing/golden.js';
import { expectClose } from '../../testing/matchers.js';
import { FilterGenesPercentile } from './filter-genes-percentile.js';

interface CountsCase {
  readonly name: string;
  readonly X: readonly number[][];
  readonly gene_percentiles_of_totals_1_50_99_linear: readonly number[];
}

const golden = goldenCase((readGolden('preprocess') as { cases: CountsCase[] }).cases, 'counts');
const context = { rng: Rng.fromSeed(0) };

/** Five genes over four cells; sums 0, 4, 8, 12, 40. */
const matrix = DenseMatrix.fromRows([
  [0, 1, 8, 3, 1],
  [0, 1, 0, 3, 2],
  [0, 1, 0, 3, 3],
  [0, 1, 0, 3, 34],
]);
const data = (): AnnData => AnnData.fromMatrix(matrix, { varNames: ['z', 'b', 'c', 'd', 'e'] });

const kept = async (options: ConstructorParameters<typeof FilterGenesPercentile>[0]) =>
  (await new FilterGenesPercentile(options).apply(data(), context)).varNames;

test.each(bothKinds(golden.X))('golden percentiles of the sums, %s', async (_, counts) => {
  const totals = counts.X.columnSums();
  const percentiles = [0.01, 0.5, 0.99].map((p) => quantile(ascending(totals), p));
  const expected = golden.gene_percentiles_of_totals_1_50_99_linear;
  expectClose(percentiles, expected, 1e-12);
  for (const [minVal, maxVal, low, high] of [
    [1, 50, 0, 1],
    [50, 99, 1, 2],
  ] as const) {
    const { varNames } = await new FilterGenesPercentile({ minVal, maxVal }).apply(counts, context);
    const inside = (j: number): boolean =>
      totals[j]! >= expected[low]! && totals[j]! <= expected[high]!;
    expect(varNames).toEqual(counts.varNames.filter((__, j) => inside(j)));
  }
});

describe('FilterGenesPercentile', () => {
  test('cuts the tails of the sums and keeps the order of the genes', async () => {
    expect(await kept({ minVal: 1, maxVal: 99 })).toEqual(['b', 'c', 'd']);
  });

  test('percentiles are interpolated and included', async () => {
    // Percentile 25 is the sum 4 itself, percentile 75 the sum 12.
    expect(await kept({ minVal: 25, maxVal: 75 })).toEqual(['b', 'c', 'd']);
    expect(await kept({ minVal: 26, maxVal: 75 })).toEqual(['c', 'd']);
  });

  test.each([
    // Variances 0, 0, 12, 0, 193.5; means 0, 1, 2, 3, 10.
    ['var', 80, ['z', 'b', 'c', 'd']],
    ['cv', 80, ['z', 'b', 'd', 'e']], // 0, 0, 1.73, 0, 1.39
    ['rv', 80, ['z', 'b', 'c', 'd']], // 0, 0, 6, 0, 19.35
  ] as const)('%s', async (mode, maxVal, expected) => {
    expect(await kept({ minVal: 0, maxVal, mode })).toEqual(expected);
  });

  test('a sparse matrix gives the same and stays sparse', async () => {
    const sparse = AnnData.fromMatrix(CsrMatrix.fromDense(matrix));
    const result = await new FilterGenesPercentile({ mode: 'cv', maxVal: 80 }).apply(
      sparse,
      context,
    );
    expect(result.X.kind).toBe('csr');
    expect(result.nVars).toBe(4);
  });

  test('percentiles in the wrong order are refused', () => {
    expect(() => new FilterGenesPercentile({ minVal: 50, maxVal: 50 })).toThrow(ParamError);
  });
});
