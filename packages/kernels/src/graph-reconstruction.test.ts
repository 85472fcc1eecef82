import { describe, expect, test } from '@jest/globals';
import { DataError } from '@dance-ts/core';
import type { GraphReconstructionArgs } from './contract/graph-reconstruction.js';
import { plainKernels } from './plain/plain-kernels.js';
import { integers, largestError, loadVariant, uniform, VARIANTS } from './testing/variants.js';

/** A symmetric target with values in (0, 1] and some nodes without links. */
function example(n: number, dim: number): GraphReconstructionArgs {
  const weights = new Map<number, number>();
  const [from, to] = [integers(2 * n, n, 1), integers(2 * n, n, 2)];
  from.forEach((i, e) => {
    const j = to[e]!;
    if (i % 5 === 0 || j % 5 === 0) return;
    weights.set(i * n + j, 1 / (1 + (e % 3)));
    weights.set(j * n + i, 1 / (1 + (e % 3)));
  });
  const keys = [...weights.keys()].sort((a, b) => a - b);
  const indptr = new Int32Array(n + 1);
  for (const key of keys) indptr[Math.floor(key / n) + 1]! += 1;
  for (let i = 0; i < n; i++) indptr[i + 1]! += indptr[i]!;
  return {
    ...{ n, dim, z: uniform(n * dim, 3).map((u) => 2 * u), indptr },
    indices: Int32Array.from(keys, (key) => key % n),
    targets: Float32Array.from(keys, (key) => weights.get(key) ?? NaN),
    ...{ positiveWeight: 3, scale: 0.5, gradient: new Float32Array(n * dim) },
  };
}

test('the plain code is the sum over all pairs, and its gradient that of differences', () => {
  const args = example(9, 3);
  const { n, dim, z, indptr, indices, targets } = args;
  const total = plainKernels.graphReconstruction(args);
  let expected = 0;
  for (let i = 0; i < n; i++) {
    const target = new Float64Array(n);
    for (let e = indptr[i]!; e < indptr[i + 1]!; e++) target[indices[e]!] = targets[e]!;
    for (let j = 0; j < n; j++) {
      let l = 0;
      for (let k = 0; k < dim; k++) l += z[i * dim + k]! * z[j * dim + k]!;
      const p = 1 / (1 + Math.exp(-l));
      expected -= 3 * target[j]! * Math.log(p) + (1 - target[j]!) * Math.log(1 - p);
    }
  }
  expect(total).toBeCloseTo(expected, 4);
  const at = (shift: number, k: number): number => {
    const moved = z.with(k, z[k]! + shift);
    return plainKernels.graphReconstruction({ ...args, z: moved, gradient: new Float32Array(27) });
  };
  z.forEach((_, k) => {
    const step = 2 ** -10;
    const difference = (at(step, k) - at(-step, k)) / (2 * step);
    expect(args.gradient[k]!).toBeCloseTo(0.5 * difference, 2);
  });
});

describe.each(VARIANTS)('graph reconstruction, %s', (variant) => {
  test.each([
    [1, 1],
    [7, 3],
    [256, 8],
    [300, 32],
    [521, 5],
  ])('%i nodes in %i dimensions as in plain code', async (n, dim) => {
    const kernels = await loadVariant(variant);
    const [args, expected] = [example(n, dim), example(n, dim)];
    const sum = plainKernels.graphReconstruction(expected);
    expect(kernels.graphReconstruction(args) / sum).toBeCloseTo(1, 6);
    const scale = Array.from(expected.gradient, (value) => Math.max(1, Math.abs(value)));
    expect(largestError(args.gradient, expected.gradient, scale)).toBeLessThan(2e-5);
  });

  test('no node at all, logits beyond the range of exp, and a link to nowhere', async () => {
    const kernels = await loadVariant(variant);
    expect(kernels.graphReconstruction(example(0, 3))).toBe(0);
    const far = { ...example(20, 2), z: new Float32Array(40).fill(40) };
    const sum = kernels.graphReconstruction(far);
    expect(sum / plainKernels.graphReconstruction({ ...far })).toBeCloseTo(1, 5);
    expect(far.gradient.every(Number.isFinite)).toBe(true);
    const wrong = example(7, 3);
    wrong.indices[0] = 7;
    expect(() => kernels.graphReconstruction(wrong)).toThrow(DataError);
  });
});
