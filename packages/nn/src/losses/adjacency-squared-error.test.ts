import { CsrMatrix, DataError, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { SparseOperand } from '../ops/spmm.js';
import type { Parameter } from '../parameters.js';
import { goldenCase } from '../testing/golden.js';
import {
  expectClose,
  expectGradients,
  gradientsOf,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import { adjacencySquaredError } from './adjacency-squared-error.js';
import { meanSquaredError } from './squared-error.js';

const matrixOf = ({ variable }: Parameter): tf.Tensor2D => variable as tf.Tensor as tf.Tensor2D;

/** Weights in (0, 1] at about a third of the places. */
function graphOf(n: number, m: number): SparseOperand {
  const rng = Rng.fromSeed(3);
  const places = Array.from({ length: n * m }, (_, e) => e).filter(() => rng.uniform() < 0.3);
  return new SparseOperand(
    CsrMatrix.fromTriplets(
      n,
      m,
      Int32Array.from(places, (e) => Math.floor(e / m)),
      Int32Array.from(places, (e) => e % m),
      Float32Array.from(places, () => 1 - rng.uniform()),
    ),
  );
}

describe.each(TESTED_DEVICES)('adjacency squared error on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test.each([
    ['one block', 1 << 21],
    ['blocks of two rows', 10],
    ['blocks of a row', 1],
  ])('equals the squared error of the whole decoded graph, %s', (_, blockSize) => {
    const adjacency = graphOf(7, 5);
    const [u, v] = [variableOf([7, 3]), variableOf([5, 3], 1)];
    const dense = tf.tensor2d(adjacency.matrix.toDense().data, [7, 5]);
    const whole = (): tf.Tensor =>
      meanSquaredError(tf.sigmoid(tf.matMul(matrixOf(u), matrixOf(v), false, true)), dense);
    const blocks = (): tf.Tensor =>
      adjacencySquaredError(matrixOf(u), matrixOf(v), adjacency, { blockSize });
    expectClose(valuesOf(blocks), valuesOf(whole), 1e-6);
    const expected = gradientsOf(whole, [u, v], [1]);
    gradientsOf(blocks, [u, v], [1]).forEach((gradient, k) => {
      expectClose(gradient, expected[k]!, 1e-6);
    });
  });

  test('the loss of the stored decoder', () => {
    const golden = goldenCase('gnn_layers', 'inner_product_decoder');
    const links = DenseMatrix.fromRows(golden.rows('A_with_loops'));
    const adjacency = new SparseOperand(CsrMatrix.fromDense(links));
    const [loss] = valuesOf(() => {
      const z = tf.tensor2d(golden.rows('Z'));
      return adjacencySquaredError(z, z, adjacency);
    });
    expectClose([loss ?? NaN], [golden.number('mse_to_A')], 1e-6);
  });

  test('the same embedding on both sides gets both gradients', () => {
    const z = variableOf([6, 2]);
    const adjacency = graphOf(6, 6);
    expectGradients(() => adjacencySquaredError(matrixOf(z), matrixOf(z), adjacency), [z]);
  });

  test('keeps no tensor, takes graphs without nodes, refuses what does not fit', () => {
    const before = tf.memory().numTensors;
    expect(
      valuesOf(() => adjacencySquaredError(tf.zeros([0, 2]), tf.zeros([0, 2]), graphOf(0, 0))),
    ).toEqual([0]);
    const [u, v] = [variableOf([4, 2]), variableOf([4, 2], 1)];
    gradientsOf(() => adjacencySquaredError(matrixOf(u), matrixOf(v), graphOf(4, 4)), [u, v], [1]);
    u.variable.dispose();
    v.variable.dispose();
    tf.tidy(() => {
      const z = tf.zeros<tf.Rank.R2>([4, 2]);
      expect(() => adjacencySquaredError(z, z, graphOf(4, 3))).toThrow(DataError);
      expect(() => adjacencySquaredError(z, tf.zeros([4, 3]), graphOf(4, 4))).toThrow(ParamError);
    });
    expect(tf.memory().numTensors).toBe(before);
  });
});
