import { describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import { loadVariant, uniform, VARIANTS } from './testing/variants.js';

const SHAPES = [
  [1, 1],
  [3, 5],
  [7, 8],
  [130, 7],
  [65, 29],
  [513, 1],
  [1, 1001],
  [19, 517],
  [0, 3],
  [4, 0],
  [0, 0],
] as const;

/** Sums of rows and columns in float64, rounded once. */
function reference(rows: number, columns: number, x: Float32Array): Record<string, Float32Array> {
  const ofRows = new Float64Array(rows);
  const ofColumns = new Float64Array(columns);
  for (let at = 0; at < rows * columns; at++) {
    ofRows[Math.floor(at / columns)]! += x[at]!;
    ofColumns[at % columns]! += x[at]!;
  }
  return { rows: Float32Array.from(ofRows), columns: Float32Array.from(ofColumns) };
}

describe.each(VARIANTS)('sums, %s', (variant) => {
  test.each(SHAPES)('of %i x %i equal the float64 sums', async (rows, columns) => {
    const kernels = await loadVariant(variant);
    const x = uniform(rows * columns, 1);
    const expected = reference(rows, columns, x);
    const out = new Float32Array(rows + 1).fill(9);
    kernels.sumRows({ rows, columns, x, out });
    expect([...out]).toEqual([...expected['rows']!, 9]);
    const across = new Float32Array(columns + 1).fill(9);
    kernels.sumColumns({ rows, columns, x, out: across });
    expect([...across]).toEqual([...expected['columns']!, 9]);
  });

  test('half a million values keep their digits, in every direction', async () => {
    const kernels = await loadVariant(variant);
    const count = 512_000;
    const x = new Float32Array(count).fill(0.1);
    const sum = count * Math.fround(0.1);
    for (const columns of [1, 2, 4, 8]) {
      const rows = count / columns;
      const out = new Float32Array(columns);
      kernels.sumColumns({ rows, columns, x, out });
      expect(Math.abs((columns * out[0]!) / sum - 1)).toBeLessThan(1e-7);
    }
    const out = new Float32Array(1);
    kernels.sumRows({ rows: 1, columns: count, x, out });
    expect(Math.abs(out[0]! / sum - 1)).toBeLessThan(1e-7);
  });

  test('large values that cancel leave the small ones', async () => {
    const kernels = await loadVariant(variant);
    const x = Float32Array.of(1e8, 1, -1e8, 2, 3);
    const out = new Float32Array(1);
    kernels.sumRows({ rows: 1, columns: 5, x, out });
    expect(out[0]).toBe(6);
    kernels.sumColumns({ rows: 5, columns: 1, x, out });
    expect(out[0]).toBe(6);
  });

  test('NaN and infinities reach their own sums and no others', async () => {
    const kernels = await loadVariant(variant);
    const [rows, columns] = [3, 9];
    const x = new Float32Array(rows * columns).fill(1);
    x[2] = NaN;
    x[columns + 8] = Infinity;
    const [down, across] = [new Float32Array(columns), new Float32Array(rows)];
    kernels.sumRows({ rows, columns, x, out: across });
    kernels.sumColumns({ rows, columns, x, out: down });
    expect([...across]).toEqual([NaN, Infinity, 9]);
    expect([...down]).toEqual([3, 3, NaN, 3, 3, 3, 3, 3, Infinity]);
  });

  test('arrays that do not fit are refused', async () => {
    const kernels = await loadVariant(variant);
    const [x, out] = [new Float32Array(6), new Float32Array(2)];
    for (const sum of ['sumRows', 'sumColumns'] as const) {
      expect(() => {
        kernels[sum]({ rows: 3, columns: 3, x, out });
      }).toThrow(ParamError);
      expect(() => {
        kernels[sum]({ rows: -1, columns: 2, x, out });
      }).toThrow(ParamError);
    }
    expect(() => {
      kernels.sumRows({ rows: 3, columns: 2, x, out });
    }).toThrow('out is too short');
    expect(() => {
      kernels.sumColumns({ rows: 2, columns: 3, x, out });
    }).toThrow('out is too short');
  });
});
