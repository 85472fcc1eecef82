import { beforeAll, describe, expect, test } from '@jest/globals';
import { Rng } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { meanCountNll } from '../losses/count-likelihood.js';
import { meanSquaredError } from '../losses/squared-error.js';
import { linearMeanSquaredError } from '../losses/head-losses.js';
import { ParameterSet } from '../parameters.js';
import {
  expectClose,
  gradientsOf,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import { CountHeads } from './heads.js';
import { Linear } from './linear.js';

const [N_IN, N_GENES] = [5, 4];

describe.each(TESTED_DEVICES)('losses of heads in blocks on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  // Around the 1,024 rows of a block.
  test.each([
    [1, true],
    [1023, true],
    [1024, false],
    [2500, true],
  ])('likelihood of %i cells, inflated %p: as of all at once', (n, inflated) => {
    const parameters = new ParameterSet();
    const heads = new CountHeads(parameters, 'x', N_IN, N_GENES, Rng.fromSeed(1), inflated);
    const h = variableOf([n, N_IN], 2);
    const rng = Rng.fromSeed(3);
    const counts = tf.tensor2d(
      Float32Array.from({ length: n * N_GENES }, () => rng.poisson(1.5)),
      [n, N_GENES],
    );
    const sizeFactors = tf.tensor1d(Float32Array.from({ length: n }, () => 0.5 + rng.uniform()));
    const input = h.variable as tf.Tensor as tf.Tensor2D;
    const whole = (): tf.Tensor =>
      meanCountNll({ counts, sizeFactors, ...heads.apply(input) }, { activate: true });
    const inBlocks = (): tf.Tensor =>
      heads.meanNll(
        input,
        ({ start, nRows }) => tf.slice(counts, [start, 0], [nRows, N_GENES]),
        sizeFactors,
      );
    const before = tf.memory().numTensors;
    expectClose(valuesOf(inBlocks), valuesOf(whole), 1e-6);
    const all = [h, ...parameters.trainable()];
    const expected = gradientsOf(whole, all, [3]);
    gradientsOf(inBlocks, all, [3]).forEach((gradient, k) => {
      expectClose(gradient, expected[k]!, 1e-5);
    });
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([counts, sizeFactors]);
    parameters.dispose();
  });

  test('squared error of a linear layer: as of all at once', () => {
    const parameters = new ParameterSet();
    const layer = new Linear(parameters, 'out', N_IN, N_GENES, Rng.fromSeed(1));
    const h = variableOf([1500, N_IN], 2);
    const target = variableOf([1500, N_GENES], 3).variable as tf.Tensor as tf.Tensor2D;
    const input = h.variable as tf.Tensor as tf.Tensor2D;
    const whole = (): tf.Tensor => meanSquaredError(layer.apply(input), target);
    const inBlocks = (): tf.Tensor =>
      linearMeanSquaredError(input, layer, ({ start, nRows }) =>
        tf.slice(target, [start, 0], [nRows, N_GENES]),
      );
    expectClose(valuesOf(inBlocks), valuesOf(whole), 1e-6);
    const all = [h, ...parameters.trainable()];
    const expected = gradientsOf(whole, all, [3]);
    gradientsOf(inBlocks, all, [3]).forEach((gradient, k) => {
      expectClose(gradient, expected[k]!, 1e-5);
    });
    parameters.dispose();
  });
});
