import { beforeAll, describe, expect, test } from '@jest/globals';
import { DataError, ParamError } from '@dance-ts/core';
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
import { prototypicalLoss, type Prototypes } from './prototypical.js';

const matrixOf = ({ variable }: Parameter): tf.Tensor2D => variable as tf.Tensor as tf.Tensor2D;

function parameter(rows: readonly (readonly number[])[]): Parameter {
  return new Parameter('x', [rows.length, rows[0]!.length], Float32Array.from(rows.flat()), true);
}

/** The mean of each cluster's rows. */
function clusterMeans(rows: readonly number[][], assignments: readonly number[]): tf.Tensor2D {
  const means = Array.from({ length: Math.max(...assignments) + 1 }, (_, cluster) => {
    const members = rows.filter((_row, i) => assignments[i] === cluster);
    return members[0]!.map(
      (_value, column) => members.reduce((sum, row) => sum + row[column]!, 0) / members.length,
    );
  });
  return tf.tensor2d(means);
}

describe.each(TESTED_DEVICES)('prototypicalLoss on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  const golden = goldenCase('contrastive', 'prototypical');
  const rep = golden.rows('rep');
  const temperature = golden.number('tau');
  const clusterings = (): Prototypes[] =>
    golden
      .rows('assignments')
      .map((assignments) => ({ centers: clusterMeans(rep, assignments), assignments }));

  test('centers of the stored case are the means of its clusters', () => {
    expect(clusterings().map(({ centers }) => centers.shape[0])).toEqual(
      golden.numbers('granularities'),
    );
    golden.rows('assignments').forEach((assignments, k) => {
      expectClose(
        valuesOf(() => clusterMeans(rep, assignments)),
        golden.inner('prototypes').numbers(String(k)),
        1e-6,
      );
    });
  });

  test('loss and gradient of the stored case', () => {
    const h = parameter(rep);
    const loss = (): tf.Tensor => prototypicalLoss(matrixOf(h), clusterings(), { temperature });
    expectClose(valuesOf(loss), [golden.number('loss')], 1e-5);
    const perCell = valuesOf(() =>
      prototypicalLoss(matrixOf(h), clusterings(), { temperature, reduction: 'none' }),
    );
    expectClose(
      perCell,
      golden.numbers('per_cell').map((value) => -value),
      1e-5,
    );
    const [gradient = []] = gradientsOf(loss, [h], [1]);
    expectClose(gradient, golden.numbers('grad_rep_prototypes_constant'), 1e-6);
  });

  test('gradients are those of finite differences; none reaches the centers', () => {
    const [h, centers] = [variableOf([4, 3]), variableOf([2, 3], 1)];
    const loss = (): tf.Tensor => {
      const clustering = { centers: matrixOf(centers), assignments: [0, 1, 1, 0] };
      return prototypicalLoss(matrixOf(h), [clustering], { temperature: 0.5 });
    };
    expectGradients(loss, [h], { step: 3e-3 });
    const [, byCenters = []] = gradientsOf(loss, [h, centers], [1]);
    expect(byCenters.map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('refuses no clustering and clusters without a center', () => {
    tf.tidy(() => {
      const h = tf.ones<tf.Rank.R2>([2, 3]);
      const centers = tf.ones<tf.Rank.R2>([2, 3]);
      expect(() => prototypicalLoss(h, [])).toThrow(DataError);
      for (const bad of [[0], [0, 2], [0, -1], [0, 0.5]]) {
        expect(() => prototypicalLoss(h, [{ centers, assignments: bad }])).toThrow(DataError);
      }
      const wide = { centers: tf.ones<tf.Rank.R2>([2, 4]), assignments: [0, 1] };
      expect(() => prototypicalLoss(h, [wide])).toThrow(ParamError);
    });
  });
});
