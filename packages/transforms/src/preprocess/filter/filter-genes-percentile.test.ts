import { describe, expect, test } from '@jest/globals';
import { AnnData, CsrMatrix, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import { FilterGenesPercentile } from './filter-genes-percentile.js';

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
