import { beforeAll, describe, expect, test } from '@jest/globals';
import { Rng } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import {
  expectClose,
  gradientsOf,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import { dropout, fillDropoutMask } from './dropout.js';

const mask = (size: number, rate: number, rng = Rng.fromSeed(0)): Float32Array =>
  fillDropoutMask(new Float32Array(size), rate, rng);

describe('fillDropoutMask', () => {
  test.each([0.05, 0.1, 0.5, 0.9])('drops a share of %p and scales up the rest', (rate) => {
    const n = 40_000;
    const values = mask(n, rate);
    const dropped = values.filter((value) => value === 0).length;
    expect(Math.abs(dropped - rate * n)).toBeLessThan(5 * Math.sqrt(n * rate * (1 - rate)));
    const kept = Math.fround(1 / (1 - rate));
    expect(values.every((value) => value === 0 || value === kept)).toBe(true);
  });

  test('neighboring entries are dropped independently of each other', () => {
    const n = 40_000;
    const values = mask(n, 0.5);
    let both = 0;
    for (let i = 1; i < n; i++) if (values[i] === 0 && values[i - 1] === 0) both += 1;
    expect(Math.abs(both - n / 4)).toBeLessThan(5 * Math.sqrt((n * 5) / 16));
  });

  test('rate 0 keeps and rate 1 drops everything', () => {
    expect(mask(1000, 0).every((value) => value === 1)).toBe(true);
    expect(mask(1000, 1).every((value) => value === 0)).toBe(true);
  });

  test('fills the array it is given, anew with each call', () => {
    const rng = Rng.fromSeed(1);
    const array = new Float32Array(100);
    expect(fillDropoutMask(array, 0.5, rng)).toBe(array);
    const first = [...array];
    fillDropoutMask(array, 0.5, rng);
    expect([...array]).not.toEqual(first);
  });

  test('the same stream gives the same mask', () => {
    const of = (seed: number): Float32Array => mask(100, 0.3, Rng.fromSeed(seed).fork('dropout'));
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });
});

describe.each(TESTED_DEVICES)('dropout on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test('multiplies by the mask of its stream', () => {
    const x = variableOf([8, 5]);
    const out = valuesOf(() => dropout(x.variable, 0.4, Rng.fromSeed(3)));
    const expected = mask(40, 0.4, Rng.fromSeed(3)).map((factor, i) => factor * x.values[i]!);
    expectClose(out, expected, 1e-6);
  });

  test('its mask has the bytes of one draw an entry, and the stream goes on after them', () => {
    const [rng, expected] = [Rng.fromSeed(6), Rng.fromSeed(6)];
    for (const rows of [1, 40_003]) {
      const x = tf.ones([rows, 2]);
      const out = dropout(x, 0.3, rng);
      const draws = Array.from({ length: 2 * rows }, () => expected.uint32() / 2 ** 32);
      const kept = Float32Array.from(draws, (u) =>
        u < Math.round(0.3 * 2 ** 32) / 2 ** 32 ? 0 : 1 / 0.7,
      );
      expect(out.shape).toEqual([rows, 2]);
      expect(out.dataSync()).toEqual(kept);
      expect(rng.state()).toEqual(expected.state());
      tf.dispose([x, out]);
    }
  });

  test('the gradient goes where the mask let the value pass', () => {
    const x = variableOf([8, 5]);
    const ones = new Array<number>(40).fill(1);
    const [gradient = []] = gradientsOf(() => dropout(x.variable, 0.4, Rng.fromSeed(3)), [x], ones);
    expectClose(gradient, mask(40, 0.4, Rng.fromSeed(3)), 1e-6);
  });

  test('at rate 0 it is the tensor itself', () => {
    const x = tf.tensor1d([1, 2]);
    expect(dropout(x, 0, Rng.fromSeed(0))).toBe(x);
    x.dispose();
  });
});
