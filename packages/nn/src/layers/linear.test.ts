import { beforeAll, describe, expect, test } from '@jest/globals';
import { Rng } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { ParameterSet } from '../parameters.js';
import {
  expectClose,
  expectGradients,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import { Linear } from './linear.js';

const linear = (parameters: ParameterSet, nIn: number, nOut: number, seed = 0): Linear =>
  new Linear(parameters, 'linear', nIn, nOut, Rng.fromSeed(seed));

describe.each(TESTED_DEVICES)('Linear on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test('is x W + b', () => {
    const parameters = new ParameterSet();
    const layer = linear(parameters, 2, 3);
    layer.weight.set(Float32Array.of(1, 2, 3, 4, 5, 6));
    layer.bias?.set(Float32Array.of(0.5, -0.5, 10));
    const out = valuesOf(() =>
      layer.apply(
        tf.tensor2d([
          [1, 10],
          [0, -1],
        ]),
      ),
    );
    expectClose(out, [41.5, 51.5, 73, -3.5, -5.5, 4], 1e-6);
    parameters.dispose();
  });

  test('has the gradients of finite differences for input, weight and bias', () => {
    const parameters = new ParameterSet();
    const layer = linear(parameters, 5, 3);
    const x = variableOf([4, 5]);
    const output = (): tf.Tensor => layer.apply(x.variable as tf.Tensor as tf.Tensor2D);
    expectGradients(output, [x, ...parameters.trainable()], { step: 0.25, tolerance: 1e-5 });
    parameters.dispose();
  });

  test('with a ReLU only open units pass gradients', () => {
    const parameters = new ParameterSet();
    const layer = linear(parameters, 5, 7);
    const x = variableOf([6, 5]);
    const relu = (): tf.Tensor => layer.apply(x.variable as tf.Tensor as tf.Tensor2D, true);
    const outputs = valuesOf(relu);
    const plain = valuesOf(() => layer.apply(x.variable as tf.Tensor as tf.Tensor2D));
    expect(outputs).toEqual(plain.map((value) => Math.max(0, value)));
    expect(outputs).toContain(0);
    // Small steps, so that no unit opens or closes on the way.
    expectGradients(relu, [x, ...parameters.trainable()], { step: 1e-3, tolerance: 2e-3 });
    parameters.dispose();
  });

  test('without a bias it has none', () => {
    const parameters = new ParameterSet();
    const weight = Float32Array.of(2);
    const layer = new Linear(parameters, 'w', 1, 1, Rng.fromSeed(0), { bias: false, weight });
    expect(parameters.trainable().map(({ name }) => name)).toEqual(['w/weight']);
    expect(valuesOf(() => layer.apply(tf.tensor2d([[3]])))).toEqual([6]);
    const x = variableOf([2, 1]);
    const output = (): tf.Tensor => layer.apply(x.variable as tf.Tensor as tf.Tensor2D);
    expectGradients(output, [x, ...parameters.trainable()], { step: 0.25, tolerance: 1e-5 });
    parameters.dispose();
  });

  test('starts as the Linear of PyTorch: U(-1/sqrt(nIn), 1/sqrt(nIn))', () => {
    const parameters = new ParameterSet();
    const { weight, bias } = linear(parameters, 16, 400);
    for (const values of [weight.values, bias?.values ?? weight.values]) {
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(0.25);
      expect(Math.max(...values)).toBeGreaterThan(0.24);
      expect(Math.min(...values)).toBeLessThan(-0.24);
    }
    parameters.dispose();
  });

  test('the same stream gives the same weights, another seed or name others', () => {
    const parameters = new ParameterSet();
    const layers = [
      new Linear(parameters, 'a', 3, 3, Rng.fromSeed(0)),
      new Linear(new ParameterSet(), 'a', 3, 3, Rng.fromSeed(0)),
      new Linear(parameters, 'b', 3, 3, Rng.fromSeed(0)),
      new Linear(new ParameterSet(), 'a', 3, 3, Rng.fromSeed(1)),
    ];
    const [first, same, otherName, otherSeed] = layers.map(({ weight }) => [...weight.values]);
    expect(same).toEqual(first);
    expect(otherName).not.toEqual(first);
    expect(otherSeed).not.toEqual(first);
    for (const { weight, bias } of layers) {
      weight.variable.dispose();
      bias?.variable.dispose();
    }
  });
});
