import { beforeAll, describe, expect, test } from '@jest/globals';
import { DataError, Rng } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import {
  expectClose,
  expectGradients,
  gradientsOf,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import { gatherRows, segmentSum } from './rows.js';

const matrixOf = (x: tf.Tensor): tf.Tensor2D => x as tf.Tensor2D;

describe.each(TESTED_DEVICES)('on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  describe('gatherRows', () => {
    test('takes rows in any order, also repeated', () => {
      const x = tf.tensor2d([
        [1, 2],
        [3, 4],
        [5, 6],
      ]);
      expect(valuesOf(() => gatherRows(x, Int32Array.of(2, 0, 2)))).toEqual([5, 6, 1, 2, 5, 6]);
      x.dispose();
    });

    test('takes no rows at all', () => {
      const shape = tf.tidy(() => gatherRows(tf.ones([3, 2]), new Int32Array(0)).shape);
      expect(shape).toEqual([0, 2]);
    });

    test('the gradient adds up the rows that share an index', () => {
      const x = variableOf([3, 2]);
      const [gradient = []] = gradientsOf(
        () => gatherRows(matrixOf(x.variable), Int32Array.of(2, 0, 2)),
        [x],
        [1, 2, 10, 20, 100, 200],
      );
      expect(gradient).toEqual([10, 20, 0, 0, 101, 202]);
    });

    test('has the gradients of finite differences', () => {
      const x = variableOf([5, 3]);
      const indices = Int32Array.of(4, 1, 1, 0, 4, 4);
      const output = (): tf.Tensor => gatherRows(matrixOf(x.variable), indices);
      expectGradients(output, [x], { step: 0.5, tolerance: 1e-5 });
    });

    test.each([3, -1])('index %p is refused', (index) => {
      const gather = (): number[] =>
        valuesOf(() => gatherRows(tf.ones([3, 2]), Int32Array.of(0, index)));
      expect(gather).toThrow(DataError);
      expect(gather).toThrow(`gatherRows: row index: got ${index}, expected an integer in [0, 3)`);
    });
  });

  describe('segmentSum', () => {
    test('adds up rows by segment; one without rows is 0', () => {
      const x = tf.tensor2d([
        [1, 2],
        [3, 4],
        [5, 6],
      ]);
      const out = valuesOf(() => segmentSum(x, Int32Array.of(2, 0, 2), 4));
      expect(out).toEqual([3, 4, 0, 0, 6, 8, 0, 0]);
      x.dispose();
    });

    test('of no rows is 0', () => {
      const out = valuesOf(() => segmentSum(tf.zeros([0, 2]), new Int32Array(0), 2));
      expect(out).toEqual([0, 0, 0, 0]);
    });

    test('has the gradients of finite differences', () => {
      const x = variableOf([6, 3]);
      const segments = Int32Array.of(1, 0, 3, 1, 3, 3);
      const output = (): tf.Tensor => segmentSum(matrixOf(x.variable), segments, 4);
      expectGradients(output, [x], { step: 0.5, tolerance: 1e-5 });
    });

    test.each([2, -1])('segment %p is refused', (segment) => {
      const sum = (): number[] =>
        valuesOf(() => segmentSum(tf.ones([2, 2]), Int32Array.of(0, segment), 2));
      expect(sum).toThrow(DataError);
      expect(sum).toThrow(`segmentSum: segment: got ${segment}, expected an integer in [0, 2)`);
    });

    test('as many segment ids as rows are needed', () => {
      const sum = (): number[] =>
        valuesOf(() => segmentSum(tf.ones([3, 2]), Int32Array.of(0, 1), 2));
      expect(sum).toThrow('segmentSum: segment ids: got 2, expected 3');
    });
  });

  test('gathering and summing agree with plain loops on random input', () => {
    const rng = Rng.fromSeed(5);
    for (let round = 0; round < 10; round++) {
      const [n, m, width] = [1 + rng.int(20), rng.int(40), 1 + rng.int(37)];
      const source = Float32Array.from({ length: n * width }, () => rng.int(9) - 4);
      const ids = Int32Array.from({ length: m }, () => rng.int(n));
      const gathered = [...ids].flatMap((i) => [...source.subarray(i * width, (i + 1) * width)]);
      const x = tf.tensor2d(source, [n, width]);
      expectClose(
        valuesOf(() => gatherRows(x, ids)),
        gathered,
        0,
      );
      const sums = new Float32Array(n * width);
      ids.forEach((segment, e) => {
        for (let f = 0; f < width; f++) sums[segment * width + f]! += gathered[e * width + f]!;
      });
      expectClose(
        valuesOf(() => segmentSum(gatherRows(x, ids), ids, n)),
        sums,
        0,
      );
      x.dispose();
    }
  });

  test("TensorFlow.js's own gather has a gradient, too", () => {
    const x = variableOf([5, 3]);
    const output = (): tf.Tensor => tf.gather(x.variable, tf.tensor1d([4, 1, 1, 0], 'int32'));
    expectGradients(output, [x], { step: 0.5, tolerance: 1e-5 });
  });
});
