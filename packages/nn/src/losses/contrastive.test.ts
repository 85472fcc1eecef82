import { beforeAll, describe, expect, test } from '@jest/globals';
import { ParamError } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { Parameter } from '../parameters.js';
import { goldenCase } from '../testing/golden.js';
import {
  expectClose,
  expectGradients,
  gradientsOf,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import { infoNce, ntXent } from './contrastive.js';

const matrixOf = ({ variable }: Parameter): tf.Tensor2D => variable as tf.Tensor as tf.Tensor2D;

function parameter(rows: readonly (readonly number[])[]): Parameter {
  return new Parameter('x', [rows.length, rows[0]!.length], Float32Array.from(rows.flat()), true);
}

const norm = (x: readonly number[]): number => Math.hypot(...x);
const cosine = (x: readonly number[], y: readonly number[]): number =>
  x.reduce((sum, value, i) => sum + value * y[i]!, 0) / (norm(x) * norm(y));

/** InfoNCE of the first view, written out in double precision. */
function infoNceReference(
  a: readonly (readonly number[])[],
  b: readonly (readonly number[])[],
  temperature: number,
): number[] {
  return a.map((x, i) => {
    const logits = b.map((y) => cosine(x, y) / temperature);
    return Math.log(logits.reduce((sum, l) => sum + Math.exp(l), 0)) - logits[i]!;
  });
}

const A = [
  [1, 2, -1],
  [0.5, -1, 2],
  [3, 0.1, 0.2],
];
const B = [
  [0.5, 1, 1],
  [1, -2, 1],
  [-1, 0.4, 0.3],
];
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe.each(TESTED_DEVICES)('on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  describe('ntXent', () => {
    test.each(['instance_tau0.5', 'instance_tau0.1', 'instance_tau0.07_large_norm'])(
      'loss and gradients of the stored case %s',
      (name) => {
        const golden = goldenCase('contrastive', name);
        const options = { temperature: golden.number('tau') };
        const views = ['rep1', 'rep2'].map((key) => parameter(golden.rows(key)));
        const [first, second] = views as [Parameter, Parameter];
        const loss = (): tf.Tensor => ntXent(matrixOf(first), matrixOf(second), options);
        expectClose(valuesOf(loss), [golden.number('loss')], 1e-5);
        const perCell = valuesOf(() =>
          ntXent(matrixOf(first), matrixOf(second), { ...options, reduction: 'none' }),
        );
        const back = golden.numbers('l_ins_2_to_1');
        const stored = golden.numbers('l_ins_1_to_2').map((value, i) => -(value + back[i]!) / 2);
        expectClose(perCell, stored, 1e-5);
        const gradients = gradientsOf(loss, views, [1]);
        expectClose(gradients[0]!, golden.numbers('grad_rep1'), 1e-5);
        expectClose(gradients[1]!, golden.numbers('grad_rep2'), 1e-5);
      },
    );

    test('a value worked out by hand and the reductions', () => {
      const first = tf.tensor2d([1, 0, 0, 1, 1, 1], [3, 2]);
      const second = tf.tensor2d([1, 0.2, 0.1, 1, 1, 0.8], [3, 2]);
      const [loss = NaN] = valuesOf(() => ntXent(first, second));
      expectClose([loss], [0.73875793], 1e-6);
      const [sum = NaN] = valuesOf(() => ntXent(first, second, { reduction: 'sum' }));
      expectClose([sum], [3 * 0.73875793], 1e-6);
    });

    test('has the gradients of finite differences', () => {
      const [first, second] = [variableOf([4, 3]), variableOf([4, 3], 1)];
      const loss = (): tf.Tensor =>
        ntXent(matrixOf(first), matrixOf(second), { temperature: 0.5, reduction: 'none' });
      expectGradients(loss, [first, second], { step: 3e-3, tolerance: 2e-3 });
    });

    test('of one cell is 0, also where its embedding is zero', () => {
      const x = variableOf([1, 3]);
      const loss = (): tf.Tensor => ntXent(matrixOf(x), tf.zeros([1, 3]));
      expectClose(valuesOf(loss), [0], 1e-7);
      expect(gradientsOf(loss, [x], [1]).flat().map(Math.abs)).toEqual([0, 0, 0]);
    });

    test.each([1e-30, 1e-5, 1e15, 1e37])('stays finite for embeddings of size %p', (size) => {
      const [first, second] = [variableOf([3, 4]), variableOf([3, 4], 1)];
      first.set(first.values.map((value) => value * size));
      second.set(second.values.with(0, 0).with(1, 0).with(2, 0).with(3, 0));
      const loss = (): tf.Tensor =>
        ntXent(matrixOf(first), matrixOf(second), { temperature: 0.01 });
      const all = [...valuesOf(loss), ...gradientsOf(loss, [first, second], [1]).flat()];
      expect(all.every(Number.isFinite)).toBe(true);
    });

    test('a NaN reaches the loss', () => {
      const x = tf.tensor2d([1, NaN, 0, 1], [2, 2]);
      expect(valuesOf(() => ntXent(x, tf.ones([2, 2])))).toEqual([NaN]);
    });

    test('keeps no tensor and refuses what does not fit', () => {
      const before = tf.memory().numTensors;
      valuesOf(() => ntXent(tf.ones([2, 3]), tf.ones([2, 3])));
      expect(tf.memory().numTensors).toBe(before);
      tf.tidy(() => {
        const x = tf.ones<tf.Rank.R2>([2, 3]);
        expect(() => ntXent(x, tf.ones([3, 3]))).toThrow(ParamError);
        expect(() => ntXent(x, x, { temperature: 0 })).toThrow(ParamError);
        expect(() => infoNce(x, tf.ones([3, 3]))).toThrow(ParamError);
      });
    });
  });

  describe('infoNce', () => {
    const temperature = 0.3;
    const [there, back] = [
      infoNceReference(A, B, temperature),
      infoNceReference(B, A, temperature),
    ];

    test('is the formula written out', () => {
      const [a, b] = [tf.tensor2d(A), tf.tensor2d(B)];
      expectClose(
        valuesOf(() => infoNce(a, b, { temperature })),
        [(mean(there) + mean(back)) / 2],
        1e-6,
      );
      expectClose(
        valuesOf(() => infoNce(a, b, { temperature, symmetric: false, reduction: 'none' })),
        there,
        1e-6,
      );
    });

    test('has the gradients of finite differences', () => {
      const [first, second] = [variableOf([4, 3]), variableOf([4, 3], 1)];
      const loss = (): tf.Tensor => infoNce(matrixOf(first), matrixOf(second), { temperature });
      expectGradients(loss, [first, second], { step: 3e-3, tolerance: 2e-3 });
    });
  });
});
