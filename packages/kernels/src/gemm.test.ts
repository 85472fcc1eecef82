import { describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import type { Kernels } from './kernels.js';
import type { GemmArgs } from './contract/matrix.js';
import {
  largestError,
  loadTinyBlocks,
  loadVariant,
  uniform,
  VARIANTS,
} from './testing/variants.js';

interface Case {
  readonly shape: readonly [m: number, n: number, k: number];
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly accumulate: boolean;
}

/** Odd sizes, full tiles, and sizes beyond each cache block (192 rows, 512 columns, 256 deep). */
const SHAPES = [
  [1, 1, 1],
  [3, 5, 7],
  [4, 8, 4],
  [17, 33, 65],
  [201, 13, 3],
  [2, 530, 9],
  [5, 9, 600],
] as const;

function cases(): Case[] {
  return SHAPES.flatMap((shape) =>
    [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => ({
      shape,
      transposeA: (bits & 1) !== 0,
      transposeB: (bits & 2) !== 0,
      accumulate: (bits & 4) !== 0,
    })),
  );
}

function argsOf({ shape: [m, n, k], ...rest }: Case): GemmArgs {
  return { m, n, k, a: uniform(m * k, 1), b: uniform(k * n, 2), out: uniform(m * n, 3), ...rest };
}

function runOn(kernels: Kernels, gemmCase: Case): Float32Array {
  const args = argsOf(gemmCase);
  kernels.gemm(args);
  return args.out;
}

/** Textbook triple loop in float64, with the sum of absolute terms as the scale of errors. */
function reference(args: GemmArgs): { product: Float64Array; scale: Float64Array } {
  const { m, n, k, a, b, out } = args;
  const product = new Float64Array(m * n);
  const scale = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      const at = i * n + j;
      const start = args.accumulate === true ? out[at]! : 0;
      product[at] = start;
      scale[at] = Math.abs(start);
      for (let p = 0; p < k; p++) {
        const left = args.transposeA === true ? a[p * m + i]! : a[i * k + p]!;
        const right = args.transposeB === true ? b[j * k + p]! : b[p * n + j]!;
        product[at] += left * right;
        scale[at] += Math.abs(left * right);
      }
    }
  }
  return { product, scale };
}

describe.each(VARIANTS)('gemm, %s', (variant) => {
  test('equals the float64 product in every form', async () => {
    const kernels = await loadVariant(variant);
    for (const gemmCase of cases()) {
      const { product, scale } = reference(argsOf(gemmCase));
      const error = largestError(runOn(kernels, gemmCase), product, scale);
      expect({ gemmCase, ok: error < 1e-6 }).toEqual({ gemmCase, ok: true });
    }
  });

  test('the product over nothing is 0, or leaves an accumulated result alone', async () => {
    const kernels = await loadVariant(variant);
    const empty = new Float32Array(0);
    for (const transposeA of [false, true]) {
      const out = Float32Array.of(1, 2, 3, 4, 5, 6);
      const args = { m: 2, n: 3, k: 0, a: empty, b: empty, out, transposeA };
      kernels.gemm({ ...args, accumulate: true });
      expect([...out]).toEqual([1, 2, 3, 4, 5, 6]);
      kernels.gemm(args);
      expect([...out]).toEqual([0, 0, 0, 0, 0, 0]);
    }
  });

  test('a result without rows or columns writes nothing', async () => {
    const kernels = await loadVariant(variant);
    const out = Float32Array.of(7);
    const a = uniform(12, 1);
    kernels.gemm({ m: 0, n: 3, k: 4, a, b: a, out });
    kernels.gemm({ m: 3, n: 0, k: 4, a, b: a, out });
    expect([...out]).toEqual([7]);
  });

  test('leaves longer arrays alone beyond the shape', async () => {
    const kernels = await loadVariant(variant);
    const out = new Float32Array(18).fill(9);
    kernels.gemm({ m: 3, n: 5, k: 7, a: uniform(40, 1), b: uniform(40, 2), out });
    expect([...out.subarray(15)]).toEqual([9, 9, 9]);
    expect(out.subarray(0, 15)).not.toContain(9);
  });

  test('spreads NaN and infinity as arithmetic does, also from under a zero', async () => {
    const kernels = await loadVariant(variant);
    const [m, n, k] = [5, 9, 6];
    const a = new Float32Array(m * k).fill(1);
    a[1 * k + 2] = NaN;
    a[3 * k + 4] = 0;
    const b = new Float32Array(k * n).fill(1);
    b[4 * n + 7] = Infinity;
    const out = new Float32Array(m * n);
    kernels.gemm({ m, n, k, a, b, out });
    expect([...out.subarray(n, 2 * n)]).toEqual(new Array(n).fill(NaN));
    expect(out[3 * n + 7]).toBeNaN();
    expect(out[7]).toBe(Infinity);
    expect(out[0]).toBe(k);
    expect(out.filter((value) => !Number.isFinite(value))).toHaveLength(n + m - 1);
  });

  test('refuses arrays that are too short and sizes that are none', async () => {
    const kernels = await loadVariant(variant);
    const four = new Float32Array(4);
    const args = { m: 2, n: 2, k: 2, a: four, b: four, out: new Float32Array(4) };
    expect(() => {
      kernels.gemm({ ...args, m: 3 });
    }).toThrow('Kernel array a is too short: got 4 elements, expected at least 6');
    expect(() => {
      kernels.gemm({ ...args, k: 1.5 });
    }).toThrow(ParamError);
  });
});

test('plain and baseline gemm agree to 1e-5 of the largest term', async () => {
  const [plain, baseline] = [await loadVariant('plain'), await loadVariant('wasm-baseline')];
  for (const gemmCase of cases()) {
    const { scale } = reference(argsOf(gemmCase));
    expect(
      largestError(runOn(baseline, gemmCase), runOn(plain, gemmCase), scale),
    ).toBeLessThanOrEqual(1e-5);
  }
});

test('working in blocks does not change a single bit', async () => {
  const [whole, blocked] = [await loadVariant('wasm-baseline'), await loadTinyBlocks()];
  for (const gemmCase of cases()) {
    expect(runOn(blocked, gemmCase)).toEqual(runOn(whole, gemmCase));
  }
});
