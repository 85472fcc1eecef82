import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { ParameterSet } from '../parameters.js';
import { goldenCase } from '../testing/golden.js';
import {
  expectClose,
  expectGradients,
  gradientsOf,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import { ACTIVATIONS, activation, type ActivationName } from './activation.js';

/** Values on both sides of 0, but not so near that a finite difference meets the kink. */
const POINTS = [-6, -3, -1.5, -0.7, -0.2, 0.2, 0.7, 1.5, 3, 6];

/** x Phi(x), with Phi integrated numerically (Simpson's rule on the density). */
function gelu(x: number): number {
  const steps = 2000;
  const width = x / steps;
  let integral = 0;
  for (let i = 0; i <= steps; i++) {
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    integral += weight * Math.exp(-0.5 * (i * width) ** 2);
  }
  return x * (0.5 + ((integral * width) / 3) * (1 / Math.sqrt(2 * Math.PI)));
}

const EXPECTED: Record<ActivationName, (x: number) => number> = {
  relu: (x) => Math.max(0, x),
  leaky_relu: (x) => (x < 0 ? 0.01 * x : x),
  gelu,
  prelu: (x) => (x < 0 ? 0.25 * x : x),
};

describe.each(TESTED_DEVICES)('on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test.each(ACTIVATIONS)('%s has the values and gradients of its definition', (name) => {
    const parameters = new ParameterSet();
    const activate = activation(name, parameters, 'layer');
    const x = variableOf([2, 5]);
    x.set(Float32Array.from(POINTS));
    const output = (): tf.Tensor => activate(x.variable as tf.Tensor as tf.Tensor2D);
    expectClose(valuesOf(output), POINTS.map(EXPECTED[name]), 2e-6);
    expectGradients(output, [x, ...parameters.trainable()]);
    parameters.dispose();
  });

  test('every activation is 0 at 0', () => {
    const parameters = new ParameterSet();
    for (const name of ACTIVATIONS) {
      const activate = activation(name, parameters, name);
      expect(Math.abs(valuesOf(() => activate(tf.tensor2d([[0]])))[0] ?? NaN)).toBe(0);
    }
    parameters.dispose();
  });

  test('PReLU agrees with PyTorch, its slope included', () => {
    const golden = goldenCase('layers_losses', 'prelu');
    const parameters = new ParameterSet();
    const activate = activation('prelu', parameters, 'layer');
    const [slope] = parameters.trainable();
    expect(slope?.name).toBe('layer/slope');
    expect([...(slope?.values ?? [])]).toEqual([golden.number('a')]);
    const x = variableOf([6, 4]);
    x.set(Float32Array.from(golden.numbers('X')));
    const output = (): tf.Tensor => activate(x.variable as tf.Tensor as tf.Tensor2D);
    expectClose(valuesOf(output), golden.numbers('out'), 1e-6);
    const upstream = golden
      .numbers('grad_X')
      .map((g, i) => (x.values[i]! > 0 ? g : g / golden.number('a')));
    const [gradX = [], gradSlope = []] = gradientsOf(
      output,
      [x, ...parameters.trainable()],
      upstream,
    );
    expectClose(gradX, golden.numbers('grad_X'), 1e-6);
    expectClose(gradSlope, golden.numbers('grad_a'), 1e-5);
    parameters.dispose();
  });

  test('only PReLU has a parameter', () => {
    const parameters = new ParameterSet();
    for (const name of ACTIVATIONS) activation(name, parameters, name);
    expect(parameters.trainable().map(({ name }) => name)).toEqual(['prelu/slope']);
    parameters.dispose();
  });
});
