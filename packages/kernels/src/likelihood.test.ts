import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import type { ZinbArgs } from './contract/likelihood.js';
import type { Kernels } from './kernels.js';
import { plainKernels } from './plain/plain-kernels.js';
import { integers, largestError, loadVariant, uniform, VARIANTS } from './testing/variants.js';

interface Gradients {
  readonly mean_loss: number;
  readonly grad_of_mean_wrt_mean: number[][];
  readonly grad_of_mean_wrt_disp: number[][];
  readonly grad_of_mean_wrt_pi?: number[][];
}

interface GoldenCase {
  readonly name: string;
  readonly x: number[][];
  readonly mean: number[][];
  readonly disp: number[][];
  readonly pi: number[][];
  readonly scale_factor: number[] | null;
  readonly ridge: number;
  readonly eps_form: Gradients;
  readonly nb_eps_form: Gradients;
}

interface Golden {
  readonly cases: GoldenCase[];
  readonly through_activations: {
    readonly x: number[][];
    readonly logit_mean: number[][];
    readonly logit_disp: number[][];
    readonly logit_pi: number[][];
    readonly scale_factor: number[];
    readonly loss: number;
    readonly grad_logit_mean: number[][];
    readonly grad_logit_disp: number[][];
    readonly grad_logit_pi: number[][];
  };
}

const golden = JSON.parse(
  readFileSync(new URL('../../../tests/golden/zinb_nb.json', import.meta.url), 'utf8'),
) as Golden;

const flat = (matrix: number[][]): Float32Array => Float32Array.from(matrix.flat());

interface Result {
  /** Mean over all elements. */
  readonly loss: number;
  /** Gradients of that mean by mean, dispersion and dropout. */
  readonly gradients: readonly Float32Array[];
}

type Inputs = Pick<ZinbArgs, 'rows' | 'columns' | 'counts' | 'mean' | 'dispersion'> &
  Partial<ZinbArgs>;

function evaluate(kernels: Kernels, inputs: Inputs): Result {
  const size = inputs.rows * inputs.columns;
  const args = {
    ...inputs,
    rowLoss: new Float32Array(inputs.rows),
    meanGradient: new Float32Array(size),
    dispersionGradient: new Float32Array(size),
    ...(inputs.dropout && { dropoutGradient: new Float32Array(size) }),
  };
  kernels.zinb(args);
  const sum = args.rowLoss.reduce((total, loss) => total + loss, 0);
  const gradients = [args.meanGradient, args.dispersionGradient, args.dropoutGradient];
  const present = gradients.filter((gradient) => gradient !== undefined);
  return { loss: sum / size, gradients: present.map((g) => g.map((value) => value / size)) };
}

function inputsOf({
  x,
  mean,
  disp,
  pi,
  scale_factor,
  ridge,
}: GoldenCase): Required<Pick<ZinbArgs, 'dropout'>> & Inputs {
  return {
    rows: x.length,
    columns: x[0]!.length,
    ...{ counts: flat(x), mean: flat(mean), dispersion: flat(disp), dropout: flat(pi), ridge },
    sizeFactors: scale_factor ? Float32Array.from(scale_factor) : undefined,
  };
}

/** |actual - expected| at most `tolerance` relative to max(|expected|, floor). */
function expectRelative(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  floor: number,
): void {
  const scale = Array.from(expected, (value) => Math.max(floor, Math.abs(value)));
  expect(largestError(actual, expected, scale)).toBeLessThan(tolerance);
}

/** Sparse counts, means and dispersions over several orders of magnitude; odd sizes. */
function random(rows: number, columns: number, activate: boolean): Inputs {
  const size = rows * columns;
  const counts = integers(size, 40, 2);
  const sparse = integers(size, 6, 1).map((n, i) => (n === 0 ? counts[i]! : 0));
  const spread = (seed: number): Float32Array => uniform(size, seed).map((u) => 4 * u);
  const positive = (seed: number): Float32Array => spread(seed).map(Math.exp);
  return {
    ...{ rows, columns, activate, ridge: 0.5 },
    counts: Float32Array.from(sparse),
    mean: activate ? spread(3) : positive(3),
    dispersion: activate ? spread(4) : positive(4),
    dropout: activate ? spread(5) : uniform(size, 5).map((u) => (u + 1) / 2),
    sizeFactors: uniform(rows, 6).map(Math.exp),
  };
}

describe.each(VARIANTS)('zinb, %s', (variant) => {
  test.each(golden.cases.map((c) => [c.name, c] as const))('golden case %s', async (_, c) => {
    const kernels = await loadVariant(variant);
    const inputs = inputsOf(c);
    const { loss, gradients } = evaluate(kernels, inputs);
    const expected = c.eps_form;
    // Losses far below 1 are differences of probabilities next to 1.
    expectRelative([loss], [expected.mean_loss], 2e-4, 1e-2);
    // A probability next to 1 is 1 in float32: only its own gradient cannot be right then.
    const stored = [
      expected.grad_of_mean_wrt_mean,
      expected.grad_of_mean_wrt_disp,
      ...(c.pi.flat().every((p) => p < 0.99) ? [expected.grad_of_mean_wrt_pi ?? []] : []),
    ];
    stored.forEach((gradient, i) => {
      expectRelative(gradients[i]!, flat(gradient), 2e-3, 1e-6);
    });
    expect(gradients.every((gradient) => gradient.every(Number.isFinite))).toBe(true);
  });

  test.each(golden.cases.slice(0, 4).map((c) => [c.name, c] as const))(
    'golden case %s without inflation',
    async (_, c) => {
      const kernels = await loadVariant(variant);
      const { loss, gradients } = evaluate(kernels, { ...inputsOf(c), dropout: undefined });
      const expected = c.nb_eps_form;
      expectRelative([loss], [expected.mean_loss], 2e-5, 1e-6);
      expectRelative(gradients[0]!, flat(expected.grad_of_mean_wrt_mean), 2e-4, 1e-4);
      expectRelative(gradients[1]!, flat(expected.grad_of_mean_wrt_disp), 2e-4, 1e-4);
      expect(gradients).toHaveLength(2);
    },
  );

  test('through the activations, with clamps', async () => {
    const kernels = await loadVariant(variant);
    const c = golden.through_activations;
    const { loss, gradients } = evaluate(kernels, {
      ...{ rows: c.x.length, columns: c.x[0]!.length, activate: true },
      ...{ counts: flat(c.x), mean: flat(c.logit_mean), dispersion: flat(c.logit_disp) },
      ...{ dropout: flat(c.logit_pi), sizeFactors: Float32Array.from(c.scale_factor) },
    });
    // An element with dropout logit 40 and a count has -log(1 - 1 + eps), which float32 rounds.
    expectRelative([loss], [c.loss], 2e-2, 1e-6);
    expectRelative(gradients[0]!, flat(c.grad_logit_mean), 2e-3, 1e-5);
    expectRelative(gradients[1]!, flat(c.grad_logit_disp), 2e-3, 1e-5);
    expectRelative(gradients[2]!, flat(c.grad_logit_pi), 2e-3, 1e-5);
  });

  test.each([
    [1, 1],
    [2, 3],
    [3, 257],
    [5, 700],
  ])('%i x %i elements as in float64', async (rows, columns) => {
    const kernels = await loadVariant(variant);
    for (const activate of [false, true]) {
      const inputs = random(rows, columns, activate);
      const actual = evaluate(kernels, inputs);
      const expected = evaluate(plainKernels, inputs);
      expectRelative([actual.loss], [expected.loss], 1e-5, 1e-3);
      actual.gradients.forEach((gradient, i) => {
        const size = rows * columns;
        expectRelative(
          gradient.map((value) => value * size),
          expected.gradients[i]!.map((value) => value * size),
          1e-3,
          1e-3,
        );
      });
    }
  });

  test('NaN shows, and nothing is written behind the end', async () => {
    const kernels = await loadVariant(variant);
    const inputs = { ...random(2, 5, false), rows: 1 };
    inputs.mean[1] = NaN;
    const args = {
      ...inputs,
      ...{ rowLoss: new Float32Array(2).fill(7), meanGradient: new Float32Array(10).fill(7) },
      dispersionGradient: new Float32Array(10).fill(7),
      dropoutGradient: new Float32Array(10).fill(7),
    };
    kernels.zinb(args);
    expect(args.rowLoss[0]).toBeNaN();
    expect(args.meanGradient[1]).toBeNaN();
    expect(args.rowLoss[1]).toBe(7);
    for (const key of ['meanGradient', 'dispersionGradient', 'dropoutGradient'] as const) {
      expect([...args[key].subarray(5)]).toEqual([7, 7, 7, 7, 7]);
      expect(Number.isFinite(args[key][0])).toBe(true);
    }
    expect(() => {
      kernels.zinb({ ...args, dropoutGradient: undefined });
    }).toThrow(ParamError);
    expect(() => {
      kernels.zinb({ ...args, rows: 3 });
    }).toThrow(ParamError);
  });
});
