import { describe, expect, test } from '@jest/globals';
import { DataError, ParamError } from '@dance-ts/core';
import { byColumn, listEdges, randomEdges } from './testing/graphs.js';
import { largestError, loadVariant, uniform, VARIANTS } from './testing/variants.js';

const [N_ROWS, N_COLUMNS] = [20, 17];
const EDGES = randomEdges(N_ROWS, N_COLUMNS, 5);
const NNZ = EDGES.indices.length;
/** Heads and widths around the vectors of the kernels. */
const SIZES = [
  [1, 1],
  [1, 5],
  [1, 8],
  [2, 3],
  [3, 4],
  [4, 32],
  [5, 13],
] as const;

describe.each(VARIANTS)('products along edges, %s', (variant) => {
  test.each(SIZES)('sddmm is the float64 dot product, %i heads x %i', async (heads, width) => {
    const kernels = await loadVariant(variant);
    const size = heads * width;
    const [a, b] = [uniform(N_ROWS * size, 1), uniform(N_COLUMNS * size, 2)];
    const out = new Float32Array(NNZ * heads).fill(9);
    kernels.sddmm({ ...EDGES, heads, width, a, b, out });
    const expected = new Float64Array(NNZ * heads);
    for (const [i, j, e] of listEdges(EDGES)) {
      for (let f = 0; f < size; f++) {
        expected[e * heads + Math.floor(f / width)]! += a[i * size + f]! * b[j * size + f]!;
      }
    }
    expect(largestError(out, expected)).toBeLessThan(3e-6);
  });

  test.each(SIZES)('edgeAggregate is the weighted sum, %i heads x %i', async (heads, width) => {
    const kernels = await loadVariant(variant);
    const size = heads * width;
    const [weights, x] = [uniform(NNZ * heads, 3), uniform(N_COLUMNS * size, 4)];
    const out = new Float32Array(N_ROWS * size).fill(9);
    kernels.edgeAggregate({ ...EDGES, weights, x, heads, width, out });
    const expected = new Float64Array(N_ROWS * size);
    for (const [i, j, e] of listEdges(EDGES)) {
      for (let f = 0; f < size; f++) {
        const weight = weights[e * heads + Math.floor(f / width)]!;
        expected[i * size + f]! += weight * x[j * size + f]!;
      }
    }
    expect(largestError(out, expected)).toBeLessThan(3e-6);
  });

  test('edgeAggregate by column is the product with the transpose', async () => {
    const kernels = await loadVariant(variant);
    const [heads, width] = [2, 5];
    const [weights, x] = [uniform(NNZ * heads, 3), uniform(N_ROWS * heads * width, 4)];
    const out = new Float32Array(N_COLUMNS * heads * width);
    const { indptr, rows, entries } = byColumn(EDGES, N_COLUMNS);
    const transposed = { nRows: N_COLUMNS, indptr, indices: rows, entries };
    kernels.edgeAggregate({ ...transposed, weights, x, heads, width, out });
    const expected = new Float64Array(out.length);
    for (const [i, j, e] of listEdges(EDGES)) {
      for (let f = 0; f < heads * width; f++) {
        const weight = weights[e * heads + Math.floor(f / width)]!;
        expected[j * heads * width + f]! += weight * x[i * heads * width + f]!;
      }
    }
    expect(largestError(out, expected)).toBeLessThan(3e-6);
  });

  test('NaN and infinity propagate, also past a weight of 0', async () => {
    const kernels = await loadVariant(variant);
    const edges = { nRows: 1, indptr: Int32Array.of(0, 2), indices: Int32Array.of(0, 1) };
    const sizes = { heads: 1, width: 2 };
    const rows = Float32Array.of(NaN, 1, Infinity, 0);
    const out = new Float32Array(2);
    kernels.sddmm({ ...edges, ...sizes, a: Float32Array.of(1, 1), b: rows, out });
    expect([...out]).toEqual([NaN, Infinity]);
    kernels.edgeAggregate({ ...edges, ...sizes, weights: Float32Array.of(0, 1), x: rows, out });
    expect([...out]).toEqual([NaN, 0]);
  });

  test('accepts graphs without nodes, heads or features', async () => {
    const kernels = await loadVariant(variant);
    const empty = { nRows: 0, indptr: Int32Array.of(0), indices: new Int32Array(0) };
    const none = new Float32Array(0);
    const out = Float32Array.of(7);
    kernels.sddmm({ ...empty, heads: 2, width: 3, a: none, b: none, out });
    kernels.edgeAggregate({ ...EDGES, heads: 0, width: 3, weights: none, x: none, out });
    expect([...out]).toEqual([7]);
    const zeros = new Float32Array(NNZ).fill(9);
    kernels.sddmm({ ...EDGES, heads: 1, width: 0, a: none, b: none, out: zeros });
    expect(zeros).toEqual(new Float32Array(NNZ));
  });

  test('refuses edges and arrays that do not fit', async () => {
    const kernels = await loadVariant(variant);
    const sizes = { heads: 1, width: 2 };
    const fitting = {
      ...{ ...EDGES, ...sizes, a: uniform(N_ROWS * 2, 1), b: uniform(N_COLUMNS * 2, 2) },
      out: new Float32Array(NNZ),
    };
    const run = (change: object) => (): void => {
      kernels.sddmm({ ...fitting, ...change });
    };
    expect(run({ b: fitting.b.subarray(2) })).toThrow(DataError);
    expect(run({ a: fitting.a.subarray(2) })).toThrow(ParamError);
    expect(run({ out: fitting.out.subarray(1) })).toThrow(ParamError);
    expect(run({ nRows: 1, indptr: Int32Array.of(2, 1) })).toThrow('decreases at row 0');
    expect(() => {
      kernels.edgeAggregate({
        ...{ ...EDGES, ...sizes, weights: fitting.out, x: fitting.b },
        ...{ entries: new Int32Array(NNZ).fill(NNZ), out: new Float32Array(N_ROWS * 2) },
      });
    }).toThrow(`Kernel index entries[0] is out of range`);
  });
});
