import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import type { SoftAssignArgs } from './contract/clustering.js';
import { largestError, loadVariant, uniform, VARIANTS } from './testing/variants.js';

const SHAPES = [
  [1, 1],
  [3, 5],
  [9, 8],
  [6, 130],
  [0, 3],
  [4, 0],
] as const;

interface SoftmaxCase {
  readonly name: string;
  readonly x: number[][];
  readonly softmax: number[][];
  readonly log_softmax: number[][];
}

function golden(): SoftmaxCase {
  const file = new URL('../../../tests/golden/special_functions.json', import.meta.url);
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: SoftmaxCase[] };
  const found = cases.find(({ name }) => name === 'softmax_rows');
  if (found === undefined) throw new Error('no golden case softmax_rows');
  return found;
}

/** Softmax of one row in float64; the values are small enough for the plain formula. */
function softmaxOf(row: number[]): number[] {
  const total = row.reduce((sum, value) => sum + Math.exp(value), 0);
  return row.map((value) => Math.exp(value) / total);
}

function rowsOf(x: Float32Array, columns: number): number[][] {
  const rows = columns === 0 ? 0 : x.length / columns;
  return Array.from({ length: rows }, (_, i) => [...x.slice(i * columns, (i + 1) * columns)]);
}

/** Soft assignment in float64 by the formula of the paper. */
function assignment({ rows, clusters, dim, z, centers, alpha }: SoftAssignArgs): number[] {
  return Array.from({ length: rows }, (_, row) => {
    const densities = Array.from({ length: clusters }, (_unused, cluster) => {
      let distance = 0;
      for (let i = 0; i < dim; i++)
        distance += (z[row * dim + i]! - centers[cluster * dim + i]!) ** 2;
      return (1 + distance / alpha) ** (-(alpha + 1) / 2);
    });
    const total = densities.reduce((sum, density) => sum + density, 0);
    return densities.map((density) => density / total);
  }).flat();
}

function assignArgs([rows, clusters, dim]: readonly number[], alpha: number): SoftAssignArgs {
  const [n = 0, k = 0, d = 0] = [rows, clusters, dim];
  return {
    ...{ rows: n, clusters: k, dim: d, alpha, z: uniform(n * d, 1), centers: uniform(k * d, 2) },
    q: new Float32Array(n * k),
  };
}

describe.each(VARIANTS)('softmax, %s', (variant) => {
  test.each(SHAPES)('of %i x %i, its logarithm and both gradients', async (rows, columns) => {
    const kernels = await loadVariant(variant);
    const x = uniform(rows * columns, 1).map((value) => 4 * value);
    const dy = uniform(rows * columns, 2);
    const expected = rowsOf(x, columns).map(softmaxOf);
    for (const logarithm of [false, true]) {
      const out = new Float32Array(x.length + 1).fill(9);
      kernels.softmax({ rows, columns, x, logarithm, out });
      const values = logarithm ? expected.flat().map(Math.log) : expected.flat();
      expect(largestError(out, [...values, 9])).toBeLessThan(1e-6);
      const dx = new Float32Array(x.length);
      kernels.softmaxGradient({ rows, columns, dy, y: out, logarithm, dx });
      const wanted = expected.flatMap((shares, row) => {
        const passed = [...dy.slice(row * columns, (row + 1) * columns)];
        const total = passed.reduce((sum, g, i) => sum + g * (logarithm ? 1 : shares[i]!), 0);
        return passed.map((g, i) =>
          logarithm ? g - shares[i]! * total : shares[i]! * (g - total),
        );
      });
      expect(largestError(dx, wanted)).toBeLessThan(2e-6);
      const inPlace = x.slice();
      kernels.softmax({ rows, columns, x: inPlace, logarithm, out: inPlace });
      expect([...inPlace]).toEqual([...out.subarray(0, x.length)]);
    }
  });

  test('agrees with the stored values, also of large logits', async () => {
    const kernels = await loadVariant(variant);
    const { x, softmax, log_softmax: logSoftmax } = golden();
    const [rows, columns] = [x.length, x[0]!.length];
    const out = new Float32Array(rows * columns);
    kernels.softmax({ rows, columns, x: Float32Array.from(x.flat()), out });
    expect(largestError(out, softmax.flat())).toBeLessThan(1e-6);
    kernels.softmax({ rows, columns, x: Float32Array.from(x.flat()), logarithm: true, out });
    expect(largestError(out, logSoftmax.flat())).toBeLessThan(1e-6);
  });

  test('NaN stays in its row, -infinity is a share of 0', async () => {
    const kernels = await loadVariant(variant);
    const x = Float32Array.of(1, NaN, 2, 0, -Infinity, 0, -Infinity, -Infinity, -Infinity);
    const out = new Float32Array(9);
    kernels.softmax({ rows: 3, columns: 3, x, out });
    expect([...out]).toEqual([NaN, NaN, NaN, 0.5, 0, 0.5, NaN, NaN, NaN]);
  });

  test('arrays that do not fit are refused', async () => {
    const kernels = await loadVariant(variant);
    const [x, short] = [new Float32Array(6), new Float32Array(5)];
    expect(() => {
      kernels.softmax({ rows: 2, columns: 3, x, out: short });
    }).toThrow(ParamError);
    expect(() => {
      kernels.softmaxGradient({ rows: 2, columns: 3, dy: x, y: short, dx: x });
    }).toThrow(ParamError);
  });
});

describe.each(VARIANTS)('soft assignment, %s', (variant) => {
  test.each([
    [1, 1, 1],
    [7, 3, 5],
    [20, 9, 8],
    [5, 4, 13],
    [0, 3, 2],
    [3, 0, 2],
    [3, 2, 0],
  ])('of %i points to %i centers in %i dimensions', async (...shape) => {
    const kernels = await loadVariant(variant);
    for (const alpha of [0.5, 1, 3]) {
      const args = assignArgs(shape, alpha);
      kernels.softAssign(args);
      expect(largestError(args.q, assignment(args))).toBeLessThan(5e-7);
    }
  });

  test.each([0.5, 1, 3])('gradients at alpha %d are those of finite differences', async (alpha) => {
    const kernels = await loadVariant(variant);
    const args = assignArgs([6, 5, 7], alpha);
    kernels.softAssign(args);
    const dq = uniform(30, 3);
    const [dz, dCenters] = [new Float32Array(42), new Float32Array(35)];
    kernels.softAssignGradient({ ...args, dq, weights: new Float32Array(30), dz, dCenters });
    const by = (name: 'z' | 'centers'): number[] =>
      Array.from(args[name], (value, i) => {
        const [low, high] = [Math.fround(value - 2 ** -9), Math.fround(value + 2 ** -9)];
        const at = (shifted: number): number =>
          assignment({ ...args, [name]: args[name].with(i, shifted) }).reduce(
            (sum, q, j) => sum + q * dq[j]!,
            0,
          );
        return (at(high) - at(low)) / (high - low);
      });
    expect(largestError(dz, by('z'))).toBeLessThan(5e-6);
    expect(largestError(dCenters, by('centers'))).toBeLessThan(5e-6);
  });

  test('points very far from all centers still have shares that sum up to 1', async () => {
    const kernels = await loadVariant(variant);
    const args = assignArgs([4, 3, 2], 3);
    args.z.forEach((value, i) => (args.z[i] = 1e12 * value));
    kernels.softAssign(args);
    for (const shares of rowsOf(args.q, 3)) {
      expect(Math.abs(shares.reduce((a, b) => a + b, 0) - 1)).toBeLessThan(1e-6);
    }
  });

  test('NaN stays in its row; a wrong alpha is refused', async () => {
    const kernels = await loadVariant(variant);
    const args = assignArgs([3, 2, 5], 1);
    args.z[7] = NaN;
    kernels.softAssign(args);
    expect([...args.q].map(Number.isNaN)).toEqual([false, false, true, true, false, false]);
    for (const alpha of [0, -1, NaN, Infinity]) {
      expect(() => {
        kernels.softAssign({ ...args, alpha });
      }).toThrow(ParamError);
    }
    expect(() => {
      kernels.softAssign({ ...args, q: new Float32Array(5) });
    }).toThrow('array q is too short');
  });
});
