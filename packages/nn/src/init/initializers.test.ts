import { describe, expect, test } from '@jest/globals';
import { Rng } from '@dance-ts/core';
import { goldenCase } from '../testing/golden.js';
import { torchLinear, uniform, xavierNormal, xavierUniform } from './initializers.js';

const golden = goldenCase('layers_losses', 'default_init_bounds');
const FAN_IN = golden.number('fan_in');
const FAN_OUT = golden.number('fan_out');
const LINEAR_BOUND = golden.number('torch_linear_weight_and_bias_uniform_bound');
const XAVIER_BOUND = golden.number('xavier_uniform_bound');

/** Many draws of a small matrix after another. */
const draws = (make: (rng: Rng) => Float32Array): number[] => {
  const rng = Rng.fromSeed(0);
  return Array.from({ length: 100 }, () => [...make(rng)]).flat();
};

describe.each<[string, (rng: Rng) => Float32Array, number]>([
  ['uniform', (rng) => uniform(200, 0.5, rng), 0.5],
  ['torchLinear', (rng) => torchLinear(200, FAN_IN, rng), LINEAR_BOUND],
  ['xavierUniform', (rng) => xavierUniform(FAN_IN, FAN_OUT, rng), XAVIER_BOUND],
  ['xavierUniform with a gain', (rng) => xavierUniform(FAN_IN, FAN_OUT, rng, 2), 2 * XAVIER_BOUND],
])('%s', (_, make, bound) => {
  const values = draws(make);

  test('fills its interval evenly and never leaves it', () => {
    expect(Math.max(...values)).toBeLessThanOrEqual(bound * (1 + 1e-6));
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-bound * (1 + 1e-6));
    const quarters = [0, 0, 0, 0];
    for (const value of values) {
      quarters[Math.min(3, Math.floor((2 * (value + bound)) / bound))]! += 1;
    }
    const expected = values.length / 4;
    for (const count of quarters) {
      expect(Math.abs(count - expected)).toBeLessThan(5 * Math.sqrt(0.75 * expected));
    }
  });
});

test.each([1, 1.4])('xavierNormal with gain %p has the deviation of Glorot', (gain) => {
  const values = draws((rng) => xavierNormal(FAN_IN, FAN_OUT, rng, gain));
  const deviation = gain * golden.number('xavier_normal_std');
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + value * value, 0) / n;
  expect(Math.abs(mean)).toBeLessThan((5 * deviation) / Math.sqrt(n));
  expect(Math.abs(Math.sqrt(variance) / deviation - 1)).toBeLessThan(5 / Math.sqrt(2 * n));
});

test('matrices hold fanIn x fanOut values and repeat with their stream', () => {
  expect(xavierUniform(3, 4, Rng.fromSeed(1))).toHaveLength(12);
  expect(xavierNormal(3, 4, Rng.fromSeed(1))).toHaveLength(12);
  expect(xavierNormal(3, 4, Rng.fromSeed(1))).toEqual(xavierNormal(3, 4, Rng.fromSeed(1)));
});
