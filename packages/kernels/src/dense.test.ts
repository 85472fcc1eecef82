import { describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import { plainKernels } from './plain/plain-kernels.js';
import { largestError, loadVariant, uniform, VARIANTS } from './testing/variants.js';

const SHAPES = [
  [1, 1],
  [3, 5],
  [130, 7],
  [65, 12],
  [0, 3],
  [4, 0],
] as const;

describe.each(VARIANTS)('dense layers, %s', (variant) => {
  test.each(SHAPES)('gradients of %i x %i behind a ReLU', async (rows, columns) => {
    const kernels = await loadVariant(variant);
    const size = rows * columns;
    const [gradients, outputs] = [uniform(size, 1), uniform(size, 2)];
    const passed = new Float32Array(size + 1).fill(9);
    const biasGradient = new Float32Array(columns + 1).fill(9);
    kernels.biasGradient({ rows, columns, gradients, outputs, passed, biasGradient });
    const open = gradients.map((value, i) => (outputs[i]! > 0 ? value : 0));
    expect([...passed]).toEqual([...open, 9]);
    const sums = Array.from({ length: columns }, (_, column) =>
      open.reduce((sum, value, i) => (i % columns === column ? sum + value : sum), 0),
    );
    expect(largestError(biasGradient, [...sums, 9])).toBeLessThan(5e-6);
    // Without a ReLU only the sums are wanted.
    kernels.biasGradient({ rows, columns, gradients: open, biasGradient });
    expect(largestError(biasGradient, [...sums, 9])).toBeLessThan(5e-6);
  });

  test.each(SHAPES)('rows of %i x %i are scaled', async (rows, columns) => {
    const kernels = await loadVariant(variant);
    const [values, factors] = [uniform(rows * columns, 1), uniform(rows, 2)];
    const out = new Float32Array(rows * columns);
    kernels.scaleRows({ rows, columns, values, factors, out });
    const expected = values.map((value, i) => value * factors[Math.floor(i / columns)]!);
    expect([...out]).toEqual([...expected]);
  });

  test.each([...SHAPES, [4, 4], [16, 8], [37, 41]])(
    '%i x %i elements are transposed, NaN with them, and nothing else is written',
    async (rows, columns) => {
      const kernels = await loadVariant(variant);
      const x = uniform(rows * columns, 3);
      if (x.length > 2) x[2] = NaN;
      const out = new Float32Array(x.length + 1).fill(9);
      kernels.transpose({ rows, columns, x, out });
      const expected = Array.from(x, (_, i) => x[(i % rows) * columns + Math.floor(i / rows)]);
      expect([...out]).toEqual([...expected, 9]);
    },
  );

  test.each([0, 1, 3, 4, 255, 256, 1001])('squared error of %i elements', async (count) => {
    const kernels = await loadVariant(variant);
    const [prediction, target] = [uniform(count, 1), uniform(count, 2)];
    const gradient = new Float32Array(count);
    const expected = new Float32Array(count);
    const sum = kernels.squaredError({ prediction, target, scale: 0.5, gradient });
    const args = { prediction, target, scale: 0.5, gradient: expected };
    expect(sum).toBeCloseTo(plainKernels.squaredError(args), 4);
    expect(largestError(gradient, expected)).toBeLessThan(1e-7);
  });

  test('column sums of many large values keep their digits', async () => {
    const kernels = await loadVariant(variant);
    const rows = 100_000;
    const gradients = new Float32Array(rows).fill(0.1);
    const biasGradient = new Float32Array(1);
    kernels.biasGradient({ rows, columns: 1, gradients, biasGradient });
    expect(Math.abs(biasGradient[0]! / (rows * Math.fround(0.1)) - 1)).toBeLessThan(1e-6);
  });

  test('NaN passes an open ReLU, and arrays that do not fit are refused', async () => {
    const kernels = await loadVariant(variant);
    const gradients = Float32Array.of(NaN, NaN);
    const outputs = Float32Array.of(1, 0);
    const passed = new Float32Array(2);
    kernels.biasGradient({ rows: 1, columns: 2, gradients, outputs, passed });
    expect([...passed]).toEqual([NaN, 0]);
    expect(() => {
      kernels.biasGradient({ rows: 1, columns: 2, gradients, outputs });
    }).toThrow(ParamError);
    expect(() => {
      kernels.scaleRows({ rows: 3, columns: 1, values: gradients, factors: outputs, out: passed });
    }).toThrow(ParamError);
    expect(() => {
      kernels.transpose({ rows: 2, columns: 1, x: gradients, out: passed.subarray(1) });
    }).toThrow(ParamError);
    expect(() =>
      kernels.squaredError({
        prediction: gradients,
        target: passed.subarray(1),
        scale: 1,
        gradient: passed,
      }),
    ).toThrow(ParamError);
  });
});
