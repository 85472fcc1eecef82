import { expect } from '@jest/globals';
import { Rng } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { DEVICES, type Device } from '../backend/select-backend.js';
import { Parameter } from '../parameters.js';

/**
 * Backends every test of a tensor operation runs on: cpu and wasm, or what the environment variable
 * DANCE_TEST_DEVICES lists, as in `cpu,wasm,node` on a machine that has tfjs-node.
 */
export const TESTED_DEVICES: readonly Device[] = (process.env['DANCE_TEST_DEVICES'] ?? 'cpu,wasm')
  .split(',')
  .map(deviceNamed);

function deviceNamed(name: string): Device {
  const device = DEVICES.find((known) => known === name.trim());
  if (device !== undefined) return device;
  throw new Error(`DANCE_TEST_DEVICES: "${name}" is none of ${DEVICES.join(', ')}`);
}

/** Each value is within `tolerance` x max(1, |expected|) of what is expected. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance = 1e-4,
): void {
  expect(actual).toHaveLength(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const [got = NaN, wanted = NaN] = [actual[i], expected[i]];
    if (!(Math.abs(got - wanted) <= tolerance * Math.max(1, Math.abs(wanted)))) {
      throw new Error(`value ${i}: got ${got}, expected ${wanted} within ${tolerance}`);
    }
  }
}

/** The values of what `compute` returns; tensors are freed. */
export function valuesOf(compute: () => tf.Tensor): number[] {
  return tf.tidy(() => [...compute().dataSync()]);
}

/** A matrix variable outside any network, with values in [-1, 1). */
export function variableOf(shape: readonly number[], seed = 0): Parameter {
  const rng = Rng.fromSeed(seed);
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({ length: size }, () => 2 * rng.uniform() - 1);
  return new Parameter('x', shape, values, true);
}

/**
 * The gradients of sum(upstream x output) with respect to each parameter agree with central
 * differences. Outputs are float32 but their weighted sum is formed in float64, so the error of a
 * difference is about 1e-7 / step for outputs around 1, plus step^2 / 6 times the third derivative.
 */
export function expectGradients(
  output: () => tf.Tensor,
  parameters: readonly Parameter[],
  { step = 1e-2, tolerance = 1e-3 }: { step?: number; tolerance?: number } = {},
): void {
  const upstream = upstreamOf(valuesOf(output).length);
  const weightedSum = (): number =>
    valuesOf(output).reduce((sum, value, i) => sum + upstream[i]! * value, 0);
  for (const [k, analytic] of gradientsOf(output, parameters, upstream).entries()) {
    const parameter = parameters[k]!;
    const values = parameter.values;
    const numeric = values.map((value, i) => {
      const at = (shifted: number): number => {
        parameter.set(values.with(i, shifted));
        return weightedSum();
      };
      return (at(value + step) - at(value - step)) / (2 * step);
    });
    parameter.set(values);
    expectClose(analytic, numeric, tolerance);
  }
}

/** Gradients of sum(upstream x output) with respect to each parameter. */
export function gradientsOf(
  output: () => tf.Tensor,
  parameters: readonly Parameter[],
  upstream: ArrayLike<number>,
): number[][] {
  const variables = parameters.map((parameter) => parameter.variable);
  const { value, grads } = tf.variableGrads(() => {
    const out = output();
    const weights = tf.tensor(Float32Array.from(upstream), out.shape);
    return tf.sum(tf.mul(out, weights));
  }, variables);
  const gradients = variables.map((variable) => [...(grads[variable.name]?.dataSync() ?? [])]);
  value.dispose();
  tf.dispose(grads);
  return gradients;
}

function upstreamOf(size: number): number[] {
  const rng = Rng.fromSeed(99);
  return Array.from({ length: size }, () => 2 * rng.uniform() - 1);
}
