import { describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import type { Kernels } from './kernels.js';
import type { NearestArgs } from './contract/matrix.js';
import {
  integers,
  largestError,
  loadTinyBlocks,
  loadVariant,
  uniform,
  VARIANTS,
} from './testing/variants.js';

type Search = Omit<NearestArgs, 'outIndices' | 'outDistances'>;

interface Neighbors {
  readonly indices: number[];
  readonly distances: number[];
}

function search(kernels: Kernels, args: Search): Neighbors {
  const outIndices = new Int32Array(args.nQueries * args.k);
  const outDistances = new Float32Array(args.nQueries * args.k);
  kernels.nearest({ ...args, outIndices, outDistances });
  return { indices: [...outIndices], distances: [...outDistances] };
}

function squaredDistance(a: Float32Array, i: number, b: Float32Array, j: number, dim: number) {
  let sum = 0;
  for (let d = 0; d < dim; d++) sum += (a[i * dim + d]! - b[j * dim + d]!) ** 2;
  return sum;
}

/** Sorts all points by distance, then index. */
function reference({ queries, nQueries, points, nPoints, dim, k, firstQuery }: Search): Neighbors {
  const indices: number[] = [];
  const distances: number[] = [];
  for (let query = 0; query < nQueries; query++) {
    const sorted = Array.from({ length: nPoints }, (_, point) => ({
      point,
      distance: squaredDistance(queries, query, points, point, dim),
    }))
      .filter(({ point }) => firstQuery === undefined || point !== firstQuery + query)
      .sort((p, q) => p.distance - q.distance || p.point - q.point)
      .slice(0, k);
    indices.push(...sorted.map(({ point }) => point));
    distances.push(...sorted.map(({ distance }) => distance));
  }
  return { indices, distances };
}

/** Points on a coarse grid: their distances are exact in float32 and tie all the time. */
function grid(count: number, dim: number, seed: number): Float32Array {
  return Float32Array.from(integers(count * dim, 4, seed));
}

describe.each(VARIANTS)('nearest, %s', (variant) => {
  test('finds the neighbors in order, ties by lower index, across cache blocks', async () => {
    const kernels = await loadVariant(variant);
    const [nQueries, nPoints, dim] = [201, 1100, 3];
    const [queries, points] = [grid(nQueries, dim, 1), grid(nPoints, dim, 2)];
    for (const k of [1, 2, 15]) {
      const args = { queries, nQueries, points, nPoints, dim, k };
      expect(search(kernels, args)).toEqual(reference(args));
    }
  });

  test('leaves each query itself out, but not its duplicates', async () => {
    const kernels = await loadVariant(variant);
    const [nPoints, dim, k, firstQuery] = [300, 2, 6, 90];
    const points = grid(nPoints, dim, 3);
    const queries = points.slice(firstQuery * dim, (firstQuery + 205) * dim);
    const args = { queries, nQueries: 205, points, nPoints, dim, k, firstQuery };
    const found = search(kernels, args);
    expect(found).toEqual(reference(args));
    expect(found.distances[0]).toBe(0);
  });

  test.each([5, 193, 704])(
    'finds the neighbors of %i points among themselves, ties by lower index',
    async (nPoints) => {
      const kernels = await loadVariant(variant);
      const dim = 3;
      const points = grid(nPoints, dim, 4);
      for (const k of [1, 4]) {
        const args = { queries: points, nQueries: nPoints, points, nPoints, dim, k, firstQuery: 0 };
        expect(search(kernels, args)).toEqual(reference(args));
      }
    },
  );

  test('returns all points when k is their number', async () => {
    const kernels = await loadVariant(variant);
    const points = Float32Array.of(5, 1, 3);
    const args = { queries: Float32Array.of(1.5), nQueries: 1, points, nPoints: 3, dim: 1, k: 3 };
    expect(search(kernels, args)).toEqual({ indices: [1, 2, 0], distances: [0.25, 2.25, 12.25] });
  });

  test('a point at a distance that is no number is nobody’s neighbor', async () => {
    const kernels = await loadVariant(variant);
    const points = Float32Array.of(NaN, 2, Infinity, 0, 1);
    const args = { queries: points, nQueries: 5, points, nPoints: 5, dim: 1, k: 3, firstQuery: 0 };
    expect(search(kernels, args)).toEqual({
      indices: [-1, -1, -1, 4, 3, -1, -1, -1, -1, 4, 1, -1, 1, 3, -1],
      distances: [
        ...[Infinity, Infinity, Infinity, 1, 4, Infinity, Infinity, Infinity, Infinity],
        ...[1, 4, Infinity, 1, 1, Infinity],
      ],
    });
  });

  test('accepts no neighbors, no queries and no dimensions', async () => {
    const kernels = await loadVariant(variant);
    const queries = grid(2, 1, 1);
    const args = { queries, nQueries: 2, points: queries, nPoints: 2, dim: 1, k: 0 };
    expect(search(kernels, args).indices).toEqual([]);
    expect(search(kernels, { ...args, nQueries: 0, k: 9 }).indices).toEqual([]);
    expect(search(kernels, { ...args, dim: 0, k: 2 }).indices).toEqual([0, 1, 0, 1]);
  });

  test('refuses more neighbors than there are points', async () => {
    const kernels = await loadVariant(variant);
    const queries = grid(2, 1, 1);
    const args = { queries, nQueries: 2, points: queries, nPoints: 2, dim: 1, firstQuery: 0 };
    expect(() => search(kernels, { ...args, k: 2 })).toThrow(
      'There are fewer points than neighbors asked for: got k = 2, expected at most 1. Lower k.',
    );
    expect(() => search(kernels, { ...args, k: 1, firstQuery: 1 })).toThrow(ParamError);
  });
});

describe.each(VARIANTS)('squaredDistances, %s', (variant) => {
  test.each([
    [1, 1, 1],
    [3, 5, 7],
    [17, 33, 65],
    [195, 515, 2],
    [2, 3, 600],
  ])('equals float64 for %i x %i points in %i dimensions', async (nA, nB, dim) => {
    const kernels = await loadVariant(variant);
    const [a, b, out] = [uniform(nA * dim, 1), uniform(nB * dim, 2), new Float32Array(nA * nB)];
    kernels.squaredDistances({ a, nA, b, nB, dim, out });
    const expected = Float64Array.from(out, (_, at) =>
      squaredDistance(a, Math.floor(at / nB), b, at % nB, dim),
    );
    expect(largestError(out, expected, expected)).toBeLessThan(2e-6);
  });

  test('is as accurate far from the origin, and 0 between equal points', async () => {
    const kernels = await loadVariant(variant);
    const [n, dim] = [9, 20];
    const points = uniform(n * dim, 5).map((value) => value + 1e5);
    const out = new Float32Array(n * n);
    kernels.squaredDistances({ a: points, nA: n, b: points, nB: n, dim, out });
    for (let i = 0; i < n; i++) {
      expect(out[i * n + i]).toBe(0);
      const exact = squaredDistance(points, 0, points, i, dim);
      expect(Math.abs(out[i]! - exact)).toBeLessThanOrEqual(1e-6 * exact);
    }
  });
});

test('working in blocks does not change a single bit', async () => {
  const [whole, blocked] = [await loadVariant('wasm-baseline'), await loadTinyBlocks()];
  const points = uniform(600 * 5, 8);
  const args = {
    queries: points,
    nQueries: 600,
    points,
    nPoints: 600,
    dim: 5,
    k: 4,
    firstQuery: 0,
  };
  const found = search(whole, args);
  expect(search(blocked, args)).toEqual(found);
  // Other arrays with the same points are not recognized as such.
  expect(search(whole, { ...args, queries: points.slice() })).toEqual(found);
  const distances = [whole, blocked].map((kernels) => {
    const out = new Float32Array(600 * 30);
    kernels.squaredDistances({ a: points, nA: 600, b: points, nB: 30, dim: 5, out });
    return out;
  });
  expect(distances[1]).toEqual(distances[0]);
});
