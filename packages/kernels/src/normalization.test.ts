import { describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import type { NormalizationArgs, NormalizationGradientArgs } from './contract/normalization.js';
import type { Kernels } from './kernels.js';
import { largestError, loadVariant, uniform, VARIANTS } from './testing/variants.js';

const SHAPES = [
  [2, 1],
  [3, 5],
  [66, 12],
  [130, 7],
  [5, 517],
  [0, 3],
  [4, 0],
] as const;

const EPSILON = 1e-5;
type Axis = 'columns' | 'rows';

function argsOf(rows: number, columns: number, axis: Axis): NormalizationArgs {
  const statistics = axis === 'columns' ? columns : rows;
  return {
    ...{ rows, columns, x: uniform(rows * columns, 1), epsilon: EPSILON },
    ...{ gamma: uniform(columns, 2), beta: uniform(columns, 3) },
    ...{ mean: new Float32Array(statistics + 1).fill(9), out: new Float32Array(rows * columns) },
    variance: new Float32Array(statistics + 1).fill(9),
  };
}

function gradientArgsOf(args: NormalizationArgs): NormalizationGradientArgs {
  const { rows, columns } = args;
  return {
    ...args,
    ...{ dy: uniform(rows * columns, 4), dx: new Float32Array(rows * columns) },
    ...{ dGamma: new Float32Array(columns), dBeta: new Float32Array(columns) },
  };
}

/** Mean and variance over the elements with the same index along the other axis, in float64. */
function statistics({ rows, columns, x }: NormalizationArgs, axis: Axis): number[][] {
  const lines: number[][] = Array.from({ length: axis === 'columns' ? columns : rows }, () => []);
  x.forEach((value, at) => {
    lines[axis === 'columns' ? at % columns : Math.floor(at / columns)]!.push(value);
  });
  const means = lines.map((line) => line.reduce((a, b) => a + b, 0) / line.length);
  const variances = lines.map(
    (line, i) => line.reduce((sum, v) => sum + (v - means[i]!) ** 2, 0) / line.length,
  );
  return [means, variances];
}

/** The weighted sum of the normalized values in float64, as a function of x, gamma and beta. */
function weightedSum(
  args: NormalizationArgs,
  axis: Axis,
  dy: Float32Array,
  fixed: boolean,
): number {
  const { rows, columns, x, gamma, beta } = args;
  const [means, variances] = fixed
    ? [[...args.mean], [...args.variance]]
    : (statistics(args, axis) as [number[], number[]]);
  let sum = 0;
  for (let at = 0; at < rows * columns; at++) {
    const column = at % columns;
    const line = axis === 'columns' ? column : Math.floor(at / columns);
    const normalized = (x[at]! - means[line]!) / Math.sqrt(variances[line]! + EPSILON);
    sum += dy[at]! * (normalized * gamma[column]! + beta[column]!);
  }
  return sum;
}

/** Central differences of {@link weightedSum} by one of the inputs, with exact float32 steps. */
function differences(
  name: 'x' | 'gamma' | 'beta',
  args: NormalizationArgs,
  axis: Axis,
  { dy, fixed }: { dy: Float32Array; fixed: boolean },
): number[] {
  return Array.from(args[name], (value, i) => {
    const [low, high] = [value - 2 ** -9, value + 2 ** -9].map(Math.fround) as [number, number];
    const at = (shifted: number): number =>
      weightedSum({ ...args, [name]: args[name].with(i, shifted) }, axis, dy, fixed);
    return (at(high) - at(low)) / (high - low);
  });
}

describe.each(VARIANTS)('normalization, %s', (variant) => {
  const forward = { columns: 'batchNorm', rows: 'layerNorm' } as const;

  describe.each(['columns', 'rows'] as const)('of %s', (axis) => {
    test.each(SHAPES)('%i x %i against float64', async (rows, columns) => {
      const kernels = await loadVariant(variant);
      const args = argsOf(rows, columns, axis);
      kernels[forward[axis]](args);
      const [means, variances] = statistics(args, axis) as [number[], number[]];
      const scale = (line: number): number => 1 / Math.sqrt(variances[line]! + EPSILON);
      const expected = Array.from(args.x, (value, at) => {
        const column = at % columns;
        const line = axis === 'columns' ? column : Math.floor(at / columns);
        return (value - means[line]!) * scale(line) * args.gamma[column]! + args.beta[column]!;
      });
      expect(largestError(args.out, expected)).toBeLessThan(1e-6);
      if (rows * columns === 0) return;
      expect(largestError(args.mean, [...means, 9])).toBeLessThan(1e-7);
      expect(largestError(args.variance, [...variances, 9])).toBeLessThan(1e-7);
    });

    test.each([
      [3, 5],
      [6, 9],
      [9, 4],
      [18, 3],
    ])('gradients of %i x %i are those of finite differences', async (rows, columns) => {
      const kernels = await loadVariant(variant);
      const args = argsOf(rows, columns, axis);
      kernels[forward[axis]](args);
      const backward = gradientArgsOf(args);
      if (axis === 'columns') kernels.batchNormGradient({ ...backward, training: true });
      else kernels.layerNormGradient(backward);
      const by = (name: 'x' | 'gamma' | 'beta'): number[] =>
        differences(name, args, axis, { dy: backward.dy, fixed: false });
      expect(largestError(backward.dx, by('x'))).toBeLessThan(2e-4);
      expect(largestError(backward.dGamma, by('gamma'))).toBeLessThan(1e-5);
      expect(largestError(backward.dBeta, by('beta'))).toBeLessThan(1e-5);
    });

    test('a mean far from 0 costs no digits', async () => {
      const kernels = await loadVariant(variant);
      const [rows, columns] = axis === 'columns' ? [1000, 5] : [5, 1001];
      const args = argsOf(rows, columns, axis);
      args.x.forEach((value, i) => (args.x[i] = 30_000 + value));
      args.gamma.fill(1);
      args.beta.fill(0);
      kernels[forward[axis]](args);
      const [means, variances] = statistics(args, axis) as [number[], number[]];
      expect(largestError(args.variance, variances)).toBeLessThan(1e-6);
      const expected = Array.from(args.x, (value, at) => {
        const line = axis === 'columns' ? at % columns : Math.floor(at / columns);
        return (value - means[line]!) / Math.sqrt(variances[line]! + EPSILON);
      });
      expect(largestError(args.out, expected)).toBeLessThan(1e-6);
    });

    test('constant input gives beta, NaN stays in its line', async () => {
      const kernels = await loadVariant(variant);
      const [rows, columns] = [6, 7];
      const args = argsOf(rows, columns, axis);
      args.x.fill(0.1);
      kernels[forward[axis]](args);
      expect(
        largestError(
          args.out,
          args.out.map((_, at) => args.beta[at % columns]!),
        ),
      ).toBe(0);
      args.x[columns + 2] = NaN;
      kernels[forward[axis]](args);
      for (const [at, value] of args.out.entries()) {
        const isHit = axis === 'columns' ? at % columns === 2 : Math.floor(at / columns) === 1;
        expect(Number.isNaN(value)).toBe(isHit);
      }
    });
  });

  test('given statistics normalize and carry no gradient', async () => {
    const kernels = await loadVariant(variant);
    for (const [rows, columns] of [...SHAPES, [1, 9], [6, 7]] as const) {
      const args = argsOf(rows, columns, 'columns');
      args.mean.set(uniform(columns, 5));
      args.variance.set(uniform(columns, 6).map((u) => u + 1.5));
      kernels.batchNormFixed(args);
      const scale = (column: number): number =>
        args.gamma[column]! / Math.sqrt(args.variance[column]! + EPSILON);
      const expected = Array.from(args.x, (value, at) => {
        const column = at % columns;
        return (value - args.mean[column]!) * scale(column) + args.beta[column]!;
      });
      expect(largestError(args.out, expected)).toBeLessThan(1e-6);
      const backward = gradientArgsOf(args);
      kernels.batchNormGradient({ ...backward, training: false });
      const dx = Array.from(backward.dy, (value, at) => value * scale(at % columns));
      expect(largestError(backward.dx, dx)).toBeLessThan(1e-6);
      if (rows * columns === 0 || rows * columns > 100) continue;
      const by = (name: 'gamma' | 'beta'): number[] =>
        differences(name, args, 'columns', { dy: backward.dy, fixed: true });
      expect(largestError(backward.dGamma, by('gamma'))).toBeLessThan(1e-5);
      expect(largestError(backward.dBeta, by('beta'))).toBeLessThan(1e-5);
    }
  });

  test('one row gives beta, with variance 0', async () => {
    const kernels = await loadVariant(variant);
    const args = argsOf(1, 6, 'columns');
    kernels.batchNorm(args);
    expect([...args.out]).toEqual([...args.beta]);
    expect([...args.variance]).toEqual([0, 0, 0, 0, 0, 0, 9]);
  });

  test('arrays that do not fit are refused', async () => {
    const kernels: Kernels = await loadVariant(variant);
    const args = argsOf(3, 5, 'columns');
    const backward = gradientArgsOf(args);
    const short = new Float32Array(2);
    for (const name of ['x', 'gamma', 'beta', 'mean', 'variance', 'out']) {
      for (const kernel of ['batchNorm', 'batchNormFixed', 'layerNorm'] as const) {
        expect(() => {
          kernels[kernel]({ ...args, [name]: short });
        }).toThrow(ParamError);
      }
    }
    for (const name of ['dy', 'x', 'gamma', 'mean', 'variance', 'dx', 'dGamma', 'dBeta']) {
      expect(() => {
        kernels.batchNormGradient({ ...backward, training: true, [name]: short });
      }).toThrow(`array ${name} is too short`);
      expect(() => {
        kernels.layerNormGradient({ ...backward, [name]: short });
      }).toThrow(`array ${name} is too short`);
    }
  });
});
