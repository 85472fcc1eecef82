import { beforeAll, describe, expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../../backend/select-backend.js';
import {
  expectClose,
  expectGradients,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../../testing/numeric.js';
import type { Parameter } from '../../parameters.js';
import { SparseOperand } from '../spmm.js';
import { edgeSoftmax } from './edge-softmax.js';
import { sddmm, spmmWithValues } from './edge-products.js';
import { gatAggregate } from './gat-aggregate.js';
import { neighborMax, segmentMax, segmentMean } from './segment-reduce.js';

/** Edges (row, column): 0-1, 0-2, 1-0, 1-1, 1-3, 3-2; row 2 is isolated. [4, 4] */
const GRAPH = new SparseOperand(
  CsrMatrix.fromDense(
    DenseMatrix.fromRows([
      [0, 1, 1, 0],
      [1, 1, 0, 1],
      [0, 0, 0, 0],
      [0, 0, 1, 0],
    ]),
  ),
);
const NNZ = 6;
const matrixOf = ({ variable }: Parameter): tf.Tensor2D => variable as tf.Tensor as tf.Tensor2D;
const fine = { step: 1e-2, tolerance: 2e-3 };

describe.each(TESTED_DEVICES)('operations along edges on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test('spmmWithValues is the product and has both gradients', () => {
    const [values, x] = [variableOf([NNZ, 1], 1), variableOf([4, 3], 2)];
    const product = (): tf.Tensor => spmmWithValues(GRAPH, matrixOf(values), matrixOf(x));
    const dense = GRAPH.matrix.withData(values.values).toDense();
    const expected = valuesOf(() => tf.matMul(tf.tensor2d(dense.data, [4, 4]), x.variable));
    expectClose(valuesOf(product), expected, 1e-6);
    expectGradients(product, [values, x], { step: 0.5, tolerance: 1e-5 });
  });

  test('spmmWithValues and sddmm keep heads apart', () => {
    const [values, x] = [variableOf([NNZ, 2], 1), variableOf([4, 6], 2)];
    const product = (): tf.Tensor => spmmWithValues(GRAPH, matrixOf(values), matrixOf(x));
    const byHead = [0, 1].map((head) =>
      valuesOf(() => {
        const part = tf.slice(matrixOf(values), [0, head], [NNZ, 1]);
        return spmmWithValues(GRAPH, part, tf.slice(matrixOf(x), [0, 3 * head], [4, 3]));
      }),
    );
    const expected = [0, 1, 2, 3].flatMap((i) =>
      byHead.flatMap((part) => part.slice(3 * i, 3 * i + 3)),
    );
    expectClose(valuesOf(product), expected, 0);
    expectGradients(product, [values, x], { step: 0.5, tolerance: 1e-5 });
    const b = variableOf([4, 6], 3);
    const sampled = (): tf.Tensor => sddmm(GRAPH, matrixOf(x), matrixOf(b), 2);
    expectGradients(sampled, [x, b], { step: 0.5, tolerance: 1e-5 });
  });

  test('sddmm picks the entries of the dense product and has both gradients', () => {
    const [a, b] = [variableOf([4, 5], 1), variableOf([4, 5], 2)];
    const sampled = (): tf.Tensor => sddmm(GRAPH, matrixOf(a), matrixOf(b));
    const all = valuesOf(() => tf.matMul(a.variable, b.variable, false, true));
    const entries = [1, 2, 4, 5, 7, 14];
    expectClose(
      valuesOf(sampled),
      entries.map((at) => all[at]!),
      1e-6,
    );
    expectGradients(sampled, [a, b], { step: 0.5, tolerance: 1e-5 });
  });

  test('spmmWithValues has gradients of gradients', () => {
    const [values, x] = [variableOf([NNZ, 1], 1), variableOf([4, 3], 2)];
    const squaredGradient = (): tf.Tensor => {
      const f = (v: tf.Tensor): tf.Scalar =>
        tf.sum(tf.square(spmmWithValues(GRAPH, v as tf.Tensor2D, matrixOf(x))));
      return tf.grad(f)(values.variable);
    };
    expectGradients(squaredGradient, [values], { step: 0.1, tolerance: 1e-3 });
  });

  test('edgeSoftmax sums to 1 in each row and has its gradient', () => {
    const logits = variableOf([NNZ, 2], 4);
    const softmax = (): tf.Tensor => edgeSoftmax(GRAPH, matrixOf(logits));
    const p = valuesOf(softmax);
    const rows = [[0, 1], [2, 3, 4], [5]];
    const sums = rows.flatMap((edges) =>
      [0, 1].map((head) => edges.reduce((sum, e) => sum + p[2 * e + head]!, 0)),
    );
    expectClose(sums, [1, 1, 1, 1, 1, 1], 1e-6);
    expectGradients(softmax, [logits], fine);
  });

  test.each(['leakyRelu', 'sigmoid'] as const)(
    'gatAggregate with %s is its steps one by one, gradients too',
    (activation) => {
      const heads = 2;
      const [z, source, target] = [
        variableOf([4, 6], 1),
        variableOf([4, 2], 2),
        variableOf([4, 2], 3),
      ];
      const inputs = { z: matrixOf(z), source: matrixOf(source), target: matrixOf(target) };
      const { rows, columns } = {
        rows: tf.tensor1d([0, 0, 1, 1, 1, 3], 'int32'),
        columns: tf.tensor1d([1, 2, 0, 1, 3, 2], 'int32'),
      };
      const steps = valuesOf(() => {
        const scores = tf.add(tf.gather(inputs.source, columns), tf.gather(inputs.target, rows));
        const logits = activation === 'sigmoid' ? tf.sigmoid(scores) : tf.leakyRelu(scores, 0.2);
        const attention = edgeSoftmax(GRAPH, logits as tf.Tensor2D);
        return spmmWithValues(GRAPH, attention, inputs.z);
      });
      const fused = (): tf.Tensor => gatAggregate(GRAPH, inputs, { activation }).out;
      expectClose(valuesOf(fused), steps, 1e-6);
      expectGradients(fused, [z, source, target], fine);
      const both = (): tf.Tensor => {
        const { out, attention } = gatAggregate(GRAPH, inputs, { activation });
        return spmmWithValues(GRAPH, attention, tf.square(out));
      };
      expectGradients(both, [z, source, target], fine);
      expect(valuesOf(() => gatAggregate(GRAPH, inputs).attention)).toHaveLength(NNZ * heads);
      tf.dispose([rows, columns]);
    },
  );

  test('neighborMax takes the largest, 0 without neighbors, and sends the gradient there', () => {
    const x = variableOf([4, 3], 5);
    const v = x.values;
    const at = (i: number, f: number): number => v[3 * i + f]!;
    const expected = [[1, 2], [0, 1, 3], [], [2]].flatMap((neighbors) =>
      [0, 1, 2].map((f) =>
        neighbors.length === 0 ? 0 : Math.max(...neighbors.map((j) => at(j, f))),
      ),
    );
    const largest = (): tf.Tensor => neighborMax(GRAPH, matrixOf(x));
    expectClose(valuesOf(largest), expected, 0);
    expectGradients(largest, [x], { step: 1e-3, tolerance: 1e-3 });
  });

  test('segmentMax and segmentMean reduce rows in any order; empty segments give 0', () => {
    const x = variableOf([5, 2], 6);
    const ids = Int32Array.of(2, 0, 2, 0, 2);
    const v = x.values;
    const means = [(v[2]! + v[6]!) / 2, (v[3]! + v[7]!) / 2, 0, 0];
    means.push((v[0]! + v[4]! + v[8]!) / 3, (v[1]! + v[5]! + v[9]!) / 3);
    const mean = (): tf.Tensor => segmentMean(matrixOf(x), ids, 3);
    expectClose(valuesOf(mean), means, 1e-6);
    expectGradients(mean, [x], { step: 0.5, tolerance: 1e-5 });
    const maxima = [Math.max(v[2]!, v[6]!), Math.max(v[3]!, v[7]!), 0, 0];
    maxima.push(Math.max(v[0]!, v[4]!, v[8]!), Math.max(v[1]!, v[5]!, v[9]!));
    expectClose(
      valuesOf(() => segmentMax(matrixOf(x), ids, 3)),
      maxima,
      0,
    );
  });

  test('operations leave no tensors behind', () => {
    const [z, scores] = [tf.ones<tf.Rank.R2>([4, 6]), tf.ones<tf.Rank.R2>([4, 2])];
    const before = tf.memory().numTensors;
    const { out, attention } = gatAggregate(GRAPH, { z, source: scores, target: scores });
    tf.dispose([out, attention, neighborMax(GRAPH, z)]);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([z, scores]);
  });

  test('shapes that do not fit are refused', () => {
    const refused = [
      () => spmmWithValues(GRAPH, tf.ones([5, 1]), tf.ones([4, 2])),
      () => spmmWithValues(GRAPH, tf.ones([NNZ, 2]), tf.ones([4, 3])),
      () => sddmm(GRAPH, tf.ones([4, 2]), tf.ones([3, 2])),
      () => edgeSoftmax(GRAPH, tf.ones([5, 2])),
      () => {
        const scores = tf.ones<tf.Rank.R2>([4, 2]);
        return gatAggregate(GRAPH, { z: tf.ones([4, 5]), source: scores, target: scores }).out;
      },
      () => neighborMax(GRAPH, tf.ones([3, 2])),
      () => segmentMax(tf.ones([2, 2]), Int32Array.of(0, 3), 3),
      () => segmentMean(tf.ones([2, 2]), Int32Array.of(0), 3),
    ];
    for (const compute of refused) expect(() => valuesOf(compute)).toThrow(DataError);
  });
});
