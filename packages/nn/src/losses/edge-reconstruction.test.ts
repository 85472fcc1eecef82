import { beforeAll, describe, expect, test } from '@jest/globals';
import { DataError, ParamError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { Parameter } from '../parameters.js';
import {
  expectClose,
  expectGradients,
  gradientsOf,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import { edgeReconstructionLoss, type Edges } from './edge-reconstruction.js';
import { bceWithLogits } from './inner-product.js';

const matrixOf = ({ variable }: Parameter): tf.Tensor2D => variable as tf.Tensor as tf.Tensor2D;

const edges = (...pairs: readonly (readonly [number, number])[]): Edges => ({
  sources: Int32Array.from(pairs, ([source]) => source),
  targets: Int32Array.from(pairs, ([, target]) => target),
});
const POSITIVES = edges([0, 1], [1, 2], [3, 3]);
const NEGATIVES = edges([0, 2], [2, 0]);

describe.each(TESTED_DEVICES)('reconstruction of edges on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test('is the cross-entropy of the inner products, written out', () => {
    const z = variableOf([4, 3]);
    const logit = (i: number, j: number): number =>
      [0, 1, 2].reduce((sum, f) => sum + z.values[3 * i + f]! * z.values[3 * j + f]!, 0);
    const softplus = (x: number): number => Math.log(1 + Math.exp(x));
    const positive = (softplus(-logit(0, 1)) + softplus(-logit(1, 2)) + softplus(-logit(3, 3))) / 3;
    const negative = softplus(logit(0, 2));
    const lossOf = (options = {}): number[] =>
      valuesOf(() => edgeReconstructionLoss(matrixOf(z), POSITIVES, NEGATIVES, options));
    expectClose(lossOf(), [positive + negative], 1e-6);
    const weights = { positiveWeight: 2, negativeWeight: 0.25 };
    expectClose(lossOf(weights), [2 * positive + 0.25 * negative], 1e-6);
  });

  test('over all pairs of a graph it is the dense loss', () => {
    const [z, others] = [variableOf([2, 3]), variableOf([2, 3], 1)];
    // Two of four pairs are edges: each mean is over half of them.
    const half = { positiveWeight: 0.5, negativeWeight: 0.5 };
    const sampled = valuesOf(() =>
      edgeReconstructionLoss(matrixOf(z), edges([0, 0], [1, 1]), edges([0, 1], [1, 0]), {
        ...half,
        targetEmbedding: matrixOf(others),
      }),
    );
    const dense = valuesOf(() =>
      bceWithLogits(tf.matMul(matrixOf(z), matrixOf(others), false, true), tf.eye(2)),
    );
    expectClose(sampled, dense, 1e-6);
  });

  test('has the gradients of finite differences, in both embeddings', () => {
    const [z, others] = [variableOf([4, 3]), variableOf([4, 3], 1)];
    expectGradients(() => edgeReconstructionLoss(matrixOf(z), POSITIVES, NEGATIVES), [z]);
    const between = (): tf.Tensor =>
      edgeReconstructionLoss(matrixOf(z), POSITIVES, NEGATIVES, {
        targetEmbedding: matrixOf(others),
      });
    expectGradients(between, [z, others]);
  });

  test('stays finite for huge embeddings and without edges of a kind', () => {
    const z = variableOf([4, 3]);
    z.set(z.values.map((value) => 1e6 * value));
    const loss = (): tf.Tensor => edgeReconstructionLoss(matrixOf(z), POSITIVES, edges());
    const all = [...valuesOf(loss), ...gradientsOf(loss, [z], [1]).flat()];
    expect(all.every(Number.isFinite)).toBe(true);
  });

  test('keeps no tensor and refuses what does not fit', () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const z = tf.ones<tf.Rank.R2>([3, 2]);
      expect(() => edgeReconstructionLoss(z, POSITIVES, NEGATIVES)).toThrow(DataError);
      const broken = { sources: Int32Array.of(0), targets: new Int32Array(0) };
      expect(() => edgeReconstructionLoss(z, broken, NEGATIVES)).toThrow(DataError);
      const targetEmbedding = tf.ones<tf.Rank.R2>([3, 3]);
      expect(() => edgeReconstructionLoss(z, edges(), edges(), { targetEmbedding })).toThrow(
        ParamError,
      );
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});
