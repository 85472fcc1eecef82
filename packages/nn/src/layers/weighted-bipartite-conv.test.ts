import { describe, expect, test } from '@jest/globals';
import { CsrMatrix, DenseMatrix, Rng } from '@dance-ts/core';
import { plainKernels } from '@dance-ts/kernels';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { ParameterSet } from '../parameters.js';
import {
  aggregateMessages,
  columnDegrees,
  rowDegrees,
  targetScale,
  WeightedBipartiteConv,
} from './weighted-bipartite-conv.js';

const EDGES = CsrMatrix.fromDense(
  DenseMatrix.fromRows([
    [1, 1, 0],
    [0, 0.5, 1.5],
  ]),
);
const GENES = DenseMatrix.fromRows([[1], [2], [3]]);
const CELLS = DenseMatrix.fromRows([[10], [20]]);

function aggregated(agg: 'sum' | 'mean'): number[] {
  const out = aggregateMessages(plainKernels, {
    edges: EDGES,
    neighbors: GENES,
    neighborDegrees: columnDegrees(EDGES),
    own: CELLS,
    scale: targetScale(rowDegrees(EDGES), agg),
  });
  return [...out.data];
}

describe('aggregateMessages', () => {
  test('sums the weighted messages and the self loop with both degrees', () => {
    // (1 + 2/sqrt(2) + 10) / sqrt(3) and (0.5 * 2/sqrt(2) + 1.5 * 3 + 20) / sqrt(3)
    const [first, second] = aggregated('sum');
    expect(first).toBeCloseTo(7.16734954, 5);
    expect(second).toBeCloseTo(14.55332989, 5);
  });

  test('the mean divides by the number of messages with the self loop', () => {
    aggregated('mean').forEach((value, i) => {
      expect(value).toBeCloseTo(aggregated('sum')[i]! / 3, 6);
    });
  });

  test('a gene that no cell expresses does no harm', () => {
    const out = aggregateMessages(plainKernels, {
      edges: EDGES,
      neighbors: GENES,
      neighborDegrees: Float64Array.of(0, 0, 0),
      own: CELLS,
      scale: targetScale(rowDegrees(EDGES), 'sum'),
    });
    expect(out.get(0, 0)).toBeCloseTo((1 + 2 + 10) / Math.sqrt(3), 5);
  });
});

test('WeightedBipartiteConv projects, adds the bias and rectifies', async () => {
  await selectBackend('cpu');
  const parameters = new ParameterSet();
  const conv = new WeightedBipartiteConv(parameters, 'conv', {
    nIn: 1,
    nOut: 2,
    activation: 'relu',
    rng: Rng.fromSeed(0),
  });
  const [weight, bias] = parameters.trainable();
  weight?.set(Float32Array.of(1, -1));
  bias?.set(Float32Array.of(0.5, 0.5));
  const out = tf.tidy(() => conv.apply(tf.tensor2d(aggregated('sum'), [2, 1])).arraySync());
  parameters.dispose();
  expect(out[0]?.[0]).toBeCloseTo(7.66734954, 4);
  expect(out[0]?.[1]).toBe(0);
});

test('initial weights are Xavier uniform', async () => {
  await selectBackend('cpu');
  const parameters = new ParameterSet();
  new WeightedBipartiteConv(parameters, 'conv', {
    nIn: 50,
    nOut: 200,
    activation: 'relu',
    rng: Rng.fromSeed(1),
  });
  const values = [...(parameters.trainable()[0]?.values ?? [])];
  parameters.dispose();
  const bound = Math.sqrt(6 / 250);
  expect(Math.max(...values)).toBeLessThanOrEqual(bound);
  expect(Math.max(...values)).toBeGreaterThan(0.99 * bound);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan((4 * bound) / Math.sqrt(3 * values.length));
});
