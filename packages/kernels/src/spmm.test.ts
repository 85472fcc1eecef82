import { describe, expect, test } from '@jest/globals';
import { DataError, Rng } from '@dance-ts/core';
import type { Kernels } from './kernels.js';
import type { SpmmArgs } from './contract/matrix.js';
import {
  largestError,
  loadTinyBlocks,
  loadVariant,
  uniform,
  VARIANTS,
} from './testing/variants.js';

/** Widths around the strips of the kernels (4, 8 and 32 columns). */
const WIDTHS = [1, 3, 4, 7, 8, 9, 31, 32, 50, 67];

/** A random matrix of 40 x 23 in which every third row is empty. */
function randomArgs(width: number): SpmmArgs {
  const [nRows, nColumns] = [40, 23];
  const rng = Rng.fromSeed(width);
  const indices: number[] = [];
  const indptr = new Int32Array(nRows + 1);
  for (let row = 0; row < nRows; row++) {
    for (let column = 0; column < nColumns; column++) {
      if (row % 3 !== 0 && rng.uniform() < 0.3) indices.push(column);
    }
    indptr[row + 1] = indices.length;
  }
  return {
    nRows,
    indptr,
    indices: Int32Array.from(indices),
    values: uniform(indices.length, 1),
    x: uniform(nColumns * width, 2),
    width,
    out: new Float32Array(nRows * width).fill(9),
  };
}

function reference({ nRows, indptr, indices, values, x, width }: SpmmArgs): Float64Array {
  const out = new Float64Array(nRows * width);
  for (let row = 0; row < nRows; row++) {
    for (let entry = indptr[row]!; entry < indptr[row + 1]!; entry++) {
      for (let column = 0; column < width; column++) {
        out[row * width + column]! += values[entry]! * x[indices[entry]! * width + column]!;
      }
    }
  }
  return out;
}

function runOn(kernels: Kernels, args: SpmmArgs): Float32Array {
  const out = args.out.slice();
  kernels.spmm({ ...args, out });
  return out;
}

describe.each(VARIANTS)('spmm, %s', (variant) => {
  test.each(WIDTHS)('equals the float64 product with empty rows, width %i', async (width) => {
    const kernels = await loadVariant(variant);
    const args = randomArgs(width);
    expect(largestError(runOn(kernels, args), reference(args))).toBeLessThan(2e-6);
  });

  test('an indptr that does not start at 0 describes a part of a matrix', async () => {
    const kernels = await loadVariant(variant);
    const all = randomArgs(9);
    const part = {
      ...all,
      nRows: 20,
      indptr: all.indptr.slice(15, 36),
      out: all.out.slice(0, 180),
    };
    expect(runOn(kernels, part)).toEqual(runOn(kernels, all).subarray(15 * 9, 35 * 9));
  });

  test('a stored zero times NaN or infinity is NaN', async () => {
    const kernels = await loadVariant(variant);
    const out = new Float32Array(3);
    kernels.spmm({
      ...{ nRows: 1, indptr: Int32Array.of(0, 1), indices: Int32Array.of(1) },
      ...{
        values: Float32Array.of(0),
        x: Float32Array.of(1, 1, 1, NaN, Infinity, 5),
        width: 3,
        out,
      },
    });
    expect([...out]).toEqual([NaN, NaN, 0]);
  });

  test('accepts a matrix without rows and a width of 0', async () => {
    const kernels = await loadVariant(variant);
    const args = randomArgs(1);
    expect(runOn(kernels, { ...args, nRows: 0, indptr: Int32Array.of(0) })).toEqual(args.out);
    expect(runOn(kernels, { ...args, width: 0 })).toEqual(args.out);
  });

  test('refuses broken structure', async () => {
    const kernels = await loadVariant(variant);
    const args = { ...randomArgs(1), nRows: 2, indices: Int32Array.of(0, 23) };
    expect(() => runOn(kernels, { ...args, indptr: Int32Array.of(0, 1, 2) })).toThrow(
      'Kernel index indices[1] is out of range: got 23, expected 0 to 22',
    );
    expect(() => runOn(kernels, { ...args, indptr: Int32Array.of(0, 1, 0) })).toThrow(DataError);
  });
});

test('working in blocks does not change a single bit', async () => {
  const [whole, blocked] = [await loadVariant('wasm-baseline'), await loadTinyBlocks()];
  for (const width of WIDTHS) {
    expect(runOn(blocked, randomArgs(width))).toEqual(runOn(whole, randomArgs(width)));
  }
});
