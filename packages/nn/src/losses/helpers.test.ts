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
import { checkClasses } from './check-shapes.js';
import { floored } from './floored.js';
import { logFactorial } from './log-factorial.js';
import { meanOfRows, reduceCells } from './reduction.js';
import { squaredDistances } from './squared-distances.js';
import { stopGradient } from './stop-gradient.js';

const matrixOf = ({ variable }: Parameter): tf.Tensor2D => variable as tf.Tensor as tf.Tensor2D;

describe.each(TESTED_DEVICES)('what losses are made of, on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  describe('squaredDistances', () => {
    test('are exact far from the origin', () => {
      const a = tf.tensor2d([4096, 4096, 4097, 4096], [2, 2]);
      const b = tf.tensor2d([[4096, 4098]]);
      expect(valuesOf(() => squaredDistances(a, b))).toEqual([4, 5]);
    });

    test('have the gradients of finite differences, also of points among themselves', () => {
      const [a, b] = [variableOf([3, 2]), variableOf([4, 2], 1)];
      expectGradients(() => squaredDistances(matrixOf(a), matrixOf(b)), [a, b]);
      expectGradients(() => squaredDistances(matrixOf(a), matrixOf(a)), [a]);
    });

    test('refuse points of different dimension', () => {
      expect(() => squaredDistances(tf.zeros([2, 2]), tf.zeros([2, 3]))).toThrow(ParamError);
    });
  });

  test('stopGradient keeps the values and only lets other paths through', () => {
    const x = variableOf([2, 2]);
    expectClose(
      valuesOf(() => stopGradient(x.variable)),
      x.values,
      0,
    );
    const output = (): tf.Tensor => tf.mul(stopGradient(x.variable), x.variable);
    expectClose(gradientsOf(output, [x], [1, 1, 1, 1])[0] ?? [], x.values, 1e-7);
  });

  test('floored is a maximum that lets NaN through', () => {
    const x = variableOf([4]);
    x.set(Float32Array.of(-1e30, 0.5, 2, NaN));
    const output = (): tf.Tensor => floored(x.variable, 1);
    expect(valuesOf(output)).toEqual([1, 1, 2, NaN]);
    const [gradient = []] = gradientsOf(output, [x], [1, 1, 1, 0]);
    expectClose(gradient.slice(0, 3), [0, 0, 1], 0);
  });

  test('reductions of cells, also of none', () => {
    const values = tf.tensor1d([1, 2, 6]);
    expect(valuesOf(() => reduceCells(values))).toEqual([3]);
    expect(valuesOf(() => reduceCells(values, 'sum'))).toEqual([9]);
    expect(valuesOf(() => reduceCells(values, 'none'))).toEqual([1, 2, 6]);
    expect(valuesOf(() => reduceCells(tf.zeros([0])))).toEqual([0]);
  });

  test('means keep their digits over many elements', () => {
    const width = 1000;
    const values = Float32Array.from({ length: width * width }, (_, i) => 1 + (i % 7) / 10);
    const exact = values.reduce((sum, value) => sum + value, 0) / values.length;
    const [mean = NaN] = valuesOf(() => meanOfRows(tf.tensor2d(values, [width, width])));
    expect(Math.abs(mean / exact - 1)).toBeLessThan(1e-6);
  });

  test('ln x! is a constant of the gradient', () => {
    const x = variableOf([3]);
    x.set(Float32Array.of(0, 1, 4));
    const output = (): tf.Tensor => logFactorial(x.variable);
    expectClose(valuesOf(output), [0, 0, Math.log(24)], 1e-6);
    expect(gradientsOf(output, [x], [1, 1, 1])).toEqual([[0, 0, 0]]);
  });
});

test('classes are one a row and in range', () => {
  checkClasses('loss', [0, 1], 2, 2);
  for (const classes of [[0], [0, 2], [-1, 0], [0.5, 0], [NaN, 0]]) {
    expect(() => {
      checkClasses('loss', classes, 2, 2);
    }).toThrow(DataError);
  }
});
