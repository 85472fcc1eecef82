import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import type { Kernels } from './kernels.js';
import { plainKernels } from './plain/plain-kernels.js';
import type { AdamArgs, SgdArgs } from './contract/optimizers.js';
import { largestError, loadVariant, uniform, VARIANTS } from './testing/variants.js';

interface GoldenCase {
  readonly name: string;
  readonly A: number[][];
  readonly b: number[];
  readonly x0: number[];
  readonly hyper: {
    readonly lr: number;
    readonly weight_decay?: number;
    readonly amsgrad?: true;
    readonly momentum?: number;
    readonly rho?: number;
  };
  readonly trajectory_after_each_of_12_steps: number[][];
}

interface Golden {
  readonly tolerance: { readonly float32: number };
  readonly cases: GoldenCase[];
}

const golden = JSON.parse(
  readFileSync(new URL('../../../tests/golden/optimizers.json', import.meta.url), 'utf8'),
) as Golden;

/** Gradient of `x'Ax/2 - b'x`. */
function gradient({ A, b }: GoldenCase, x: Float32Array): Float32Array {
  return Float32Array.from(A, (row, i) => row.reduce((sum, a, j) => sum + a * x[j]!, -b[i]!));
}

function trajectory(kernels: Kernels, golden: GoldenCase): number[][] {
  const parameters = Float32Array.from(golden.x0);
  const moments = {
    firstMoment: new Float32Array(4),
    secondMoment: new Float32Array(4),
    ...(golden.hyper.amsgrad === true && { maxSecondMoment: new Float32Array(4) }),
  };
  return golden.trajectory_after_each_of_12_steps.map((_, i) => {
    kernels.adam({
      ...{ parameters, gradients: gradient(golden, parameters), ...moments, step: i + 1 },
      learningRate: golden.hyper.lr,
      weightDecay: golden.hyper.weight_decay ?? 0,
      decoupledWeightDecay: golden.name === 'adamw',
    });
    return [...parameters];
  });
}

/** Parameters, moments and maximum after two AMSGrad steps from a state that is not zero. */
function stateAfterTwoSteps(kernels: Kernels, count: number): Float32Array[] {
  const [parameters, gradients] = [uniform(count, 1), uniform(count, 2)];
  const firstMoment = uniform(count, 3);
  const secondMoment = uniform(count, 4).map(Math.abs);
  const maxSecondMoment = uniform(count, 5).map(Math.abs);
  const state = { parameters, firstMoment, secondMoment, maxSecondMoment };
  for (const step of [7, 8]) {
    kernels.adam({ ...state, gradients, step, learningRate: 0.01, weightDecay: 0.1 });
  }
  return [parameters, firstMoment, secondMoment, maxSecondMoment];
}

const GOLDEN_NAMES = ['adam', 'adam_amsgrad', 'adam_l2_weight_decay', 'adamw'];

describe.each(VARIANTS)('adam, %s', (variant) => {
  test.each(GOLDEN_NAMES)('follows the PyTorch trajectory of %s', async (name) => {
    const kernels = await loadVariant(variant);
    const found = golden.cases.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`No golden case ${name}`);
    const expected = found.trajectory_after_each_of_12_steps.flat();
    const error = largestError(trajectory(kernels, found).flat(), expected);
    expect(error).toBeLessThan(golden.tolerance.float32 / 10);
  });

  test.each([0, 1, 3, 4, 5, 11])('updates all of %i elements as plain does', async (count) => {
    const kernels = await loadVariant(variant);
    const expected = stateAfterTwoSteps(await loadVariant('plain'), count);
    stateAfterTwoSteps(kernels, count).forEach((array, i) => {
      expect(largestError(array, expected[i]!)).toBeLessThan(1e-6);
    });
  });

  test('lets a gradient that is no number show', async () => {
    const kernels = await loadVariant(variant);
    const args: AdamArgs = {
      ...{ parameters: Float32Array.of(1, 1), gradients: Float32Array.of(NaN, 1) },
      ...{ firstMoment: new Float32Array(2), secondMoment: new Float32Array(2) },
      ...{ maxSecondMoment: new Float32Array(2), step: 1, learningRate: 0.1 },
    };
    kernels.adam(args);
    expect(args.parameters[0]).toBeNaN();
    expect(args.parameters[1]).toBeCloseTo(0.9, 6);
    expect(() => {
      kernels.adam({ ...args, step: 0 });
    }).toThrow(ParamError);
  });
});

/** A step of an optimizer with up to two arrays of state, zeros at first. */
type Step = (
  kernels: Kernels,
  args: SgdArgs,
  state: readonly [Float32Array, Float32Array],
  hyper: GoldenCase['hyper'],
) => void;

const STEPS: Readonly<Record<string, Step>> = {
  sgd: (kernels, args) => {
    kernels.sgd(args);
  },
  sgd_momentum_wd: (kernels, args, [velocity], { momentum = 0 }) => {
    kernels.sgd({ ...args, velocity, momentum });
  },
  'adadelta_rho0.95': adadelta,
  'adadelta_lr0.1': adadelta,
  rmsprop: (kernels, args, [meanSquare]) => {
    kernels.rmsprop({ ...args, meanSquare });
  },
  adagrad: (kernels, args, [sumSquare]) => {
    kernels.adagrad({ ...args, sumSquare });
  },
};

function adadelta(
  kernels: Kernels,
  args: SgdArgs,
  [meanSquare, meanSquareUpdate]: readonly [Float32Array, Float32Array],
  { rho = 0.9 }: GoldenCase['hyper'],
): void {
  kernels.adadelta({
    ...args,
    rho,
    meanSquare,
    meanSquareUpdate,
  });
}

describe.each(VARIANTS)('other optimizers, %s', (variant) => {
  test.each(Object.keys(STEPS))('follows the PyTorch trajectory of %s', async (name) => {
    const kernels = await loadVariant(variant);
    const found = golden.cases.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`No golden case ${name}`);
    const parameters = Float32Array.from(found.x0);
    const state = [new Float32Array(4), new Float32Array(4)] as const;
    const { lr: learningRate, weight_decay: weightDecay = 0 } = found.hyper;
    for (const expected of found.trajectory_after_each_of_12_steps) {
      const gradients = gradient(found, parameters);
      STEPS[name]!(
        kernels,
        { parameters, gradients, learningRate, weightDecay },
        state,
        found.hyper,
      );
      expect(largestError(parameters, expected)).toBeLessThan(golden.tolerance.float32 / 5);
    }
  });

  test.each([0, 1, 4, 7])('updates all of %i elements as plain does', async (count) => {
    const kernels = await loadVariant(variant);
    const run = (implementation: Kernels): Float32Array[] => {
      const parameters = uniform(count, 1);
      const state = [uniform(count, 3).map(Math.abs), uniform(count, 4).map(Math.abs)];
      const [meanSquare, velocity] = state as [Float32Array, Float32Array];
      const args = {
        ...{ parameters, gradients: uniform(count, 2) },
        ...{ learningRate: 0.1, weightDecay: 0.2, momentum: 0.5 },
      };
      implementation.sgd({ ...args, velocity, dampening: 0.3, nesterov: true });
      implementation.rmsprop({ ...args, meanSquare, velocity });
      implementation.adagrad({ ...args, sumSquare: meanSquare });
      implementation.adadelta({ ...args, meanSquare, meanSquareUpdate: velocity.map(Math.abs) });
      return [parameters, ...state];
    };
    const expected = run(await loadVariant('plain'));
    run(kernels).forEach((array, i) => {
      expect(largestError(array, expected[i]!)).toBeLessThan(1e-5);
    });
  });

  test('momentum without a place to keep it and short arrays are refused', async () => {
    const kernels = await loadVariant(variant);
    const args = {
      parameters: new Float32Array(3),
      gradients: new Float32Array(3),
      learningRate: 1,
    };
    const short = new Float32Array(2);
    expect(() => {
      kernels.sgd({ ...args, momentum: 0.9 });
    }).toThrow(ParamError);
    expect(() => {
      kernels.adagrad({ ...args, sumSquare: short });
    }).toThrow(ParamError);
    expect(() => {
      kernels.rmsprop({ ...args, gradients: short, meanSquare: args.gradients });
    }).toThrow(ParamError);
  });
});

test('nesterov momentum looks ahead', () => {
  const args = { learningRate: 1, momentum: 0.5, nesterov: true };
  const [parameters, velocity] = [Float32Array.of(0), Float32Array.of(2)];
  plainKernels.sgd({ ...args, parameters, gradients: Float32Array.of(1), velocity });
  expect([velocity[0], parameters[0]]).toEqual([2, -(1 + 0.5 * 2)]);
});
