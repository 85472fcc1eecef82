import { describe, expect, test } from '@jest/globals';
import { DataError } from '@dance-ts/core';
import type { Kernels } from './kernels.js';
import { listEdges, randomEdges } from './testing/graphs.js';
import { integers, loadVariant, uniform, VARIANTS } from './testing/variants.js';

const [N_SEGMENTS, N_ROWS] = [20, 17];
const EDGES = randomEdges(N_SEGMENTS, N_ROWS, 6);
const { indptr, indices } = EDGES;
const WIDTHS = [1, 3, 4, 9];

function runOn(kernels: Kernels, x: Float32Array, width: number): [Float32Array, Int32Array] {
  const out = new Float32Array(N_SEGMENTS * width).fill(9);
  const argmax = new Int32Array(N_SEGMENTS * width).fill(9);
  kernels.segmentMax({ nSegments: N_SEGMENTS, indptr, indices, x, width, out, argmax });
  return [out, argmax];
}

describe.each(VARIANTS)('segmentMax, %s', (variant) => {
  test.each(WIDTHS)(
    'takes the first of the largest, 0 and -1 for none; width %i',
    async (width) => {
      const kernels = await loadVariant(variant);
      // Few different values, so that there are ties; below 0, so that the 0 of none shows.
      const x = Float32Array.from(integers(N_ROWS * width, 5, width), (value) => value - 7);
      const [out, argmax] = runOn(kernels, x, width);
      for (let s = 0; s < N_SEGMENTS; s++) {
        const rows = listEdges(EDGES).flatMap(([i, j]) => (i === s ? [j] : []));
        for (let f = 0; f < width; f++) {
          const values = rows.map((row) => x[row * width + f]!);
          const best = Math.max(...values);
          expect(out[s * width + f]).toBe(rows.length === 0 ? 0 : best);
          expect(argmax[s * width + f]).toBe(rows[values.indexOf(best)] ?? -1);
        }
      }
    },
  );

  test('NaN wins wherever it stands, and minus infinity is a value', async () => {
    const kernels = await loadVariant(variant);
    const x = Float32Array.of(NaN, 1, 2, NaN, -Infinity, 3);
    const [out, argmax] = [new Float32Array(6), new Int32Array(6)];
    kernels.segmentMax({
      ...{ nSegments: 3, indptr: Int32Array.of(0, 2, 4, 5), width: 2, x, out, argmax },
      indices: Int32Array.of(0, 1, 1, 0, 2),
    });
    expect([...out]).toEqual([NaN, NaN, NaN, NaN, -Infinity, 3]);
    expect([...argmax]).toEqual([0, 1, 0, 1, 2, 2]);
  });

  test.each(WIDTHS)('the gradient goes to where the values are from, width %i', async (width) => {
    const kernels = await loadVariant(variant);
    const [, argmax] = runOn(kernels, uniform(N_ROWS * width, 1), width);
    const dOut = Float32Array.from(integers(N_SEGMENTS * width, 9, 2));
    const dX = new Float32Array(N_ROWS * width).fill(9);
    kernels.segmentMaxGradient({
      ...{ nSegments: N_SEGMENTS, nRows: N_ROWS, width, argmax, dOut, dX },
    });
    const expected = new Float32Array(N_ROWS * width);
    for (const [at, row] of argmax.entries()) {
      if (row >= 0) expected[row * width + (at % width)]! += dOut[at]!;
    }
    expect(dX).toEqual(expected);
  });

  test('refuses rows that do not exist', async () => {
    const kernels = await loadVariant(variant);
    expect(() => runOn(kernels, new Float32Array(N_ROWS - 1), 1)).toThrow(DataError);
    const gradient = (): void => {
      kernels.segmentMaxGradient({
        ...{ nSegments: 1, nRows: 2, width: 1, argmax: Int32Array.of(2) },
        ...{ dOut: new Float32Array(1), dX: new Float32Array(2) },
      });
    };
    expect(gradient).toThrow('Kernel index argmax[0] is out of range: got 2');
  });
});
