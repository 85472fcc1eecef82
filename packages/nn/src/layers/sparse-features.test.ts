import { beforeAll, describe, expect, test } from '@jest/globals';
import { CsrMatrix, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { SparseOperand } from '../ops/spmm.js';
import { ParameterSet } from '../parameters.js';
import { expectClose, gradientsOf, TESTED_DEVICES, valuesOf } from '../testing/numeric.js';
import { HeteroSage } from './graph/hetero-sage.js';
import { rowNormalized } from './graph/normalization.js';
import { SageConv } from './graph/sage-conv.js';
import { Linear } from './linear.js';
import { applyToFeatures, type SparseFeatures } from './sparse-features.js';

const VALUES = DenseMatrix.fromRows([
  [2, 0, 1],
  [0, 0, 0],
  [0, 3, 0.5],
  [1, 1, 0],
]);
const SHIFT = [0.5, -1, 2];
const FACTORS = [2, 0, -0.5];

describe.each(TESTED_DEVICES)('sparse features on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  const sparse = (factors?: number[]): SparseFeatures => ({
    values: new SparseOperand(CsrMatrix.fromDense(VALUES)),
    shift: tf.tensor1d(SHIFT),
    ...(factors && { factors: tf.tensor1d(factors) }),
  });
  const dense = (factors = [1, 1, 1]): tf.Tensor2D => {
    const rows = tf.tensor2d(VALUES.data, [VALUES.nRows, VALUES.nCols]);
    return tf.mul(tf.sub(rows, tf.tensor1d(SHIFT)), tf.tensor1d(factors));
  };

  test.each([
    ['with factors', FACTORS, true],
    ['without factors', undefined, true],
    ['without a bias', FACTORS, false],
  ])('a layer %s: values and gradients of the dense features', (_, factors, bias) => {
    const layer = new Linear(new ParameterSet(), 'l', 3, 2, Rng.fromSeed(1), { bias });
    const parameters = [layer.weight, ...(layer.bias === undefined ? [] : [layer.bias])];
    const upstream = [1, -2, 0.5, 3, 0, 1, 2, -1];
    const ofDense = (): tf.Tensor => layer.apply(dense(factors));
    const ofSparse = (): tf.Tensor => applyToFeatures(layer, sparse(factors));
    expectClose(valuesOf(ofSparse), valuesOf(ofDense), 1e-5);
    const expected = gradientsOf(ofDense, parameters, upstream);
    gradientsOf(ofSparse, parameters, upstream).forEach((gradient, k) => {
      expectClose(gradient, expected[k]!, 1e-5);
    });
  });

  test('HeteroSage takes them for its cells', () => {
    const edges = CsrMatrix.fromDense(VALUES).mapData(() => 1);
    const graph = { toCells: rowNormalized(edges), toGenes: rowNormalized(edges.transpose()) };
    const layer = new HeteroSage(new ParameterSet(), 'h', {
      ...{ nCellFeatures: 3, nGeneFeatures: 2, nOut: 4, rng: Rng.fromSeed(2) },
    });
    const genes = tf.tensor2d([1, 2, 0, -1, 3, 0.5], [3, 2]);
    for (const kind of ['cells', 'genes'] as const) {
      const ofSparse = valuesOf(
        () => layer.apply(graph, { cells: sparse(FACTORS), genes }, false)[kind],
      );
      const ofDense = valuesOf(
        () => layer.apply(graph, { cells: dense(FACTORS), genes }, false)[kind],
      );
      expectClose(ofSparse, ofDense, 1e-5);
    }
  });
});

test('neighbors with sparse features can be averaged only', () => {
  const graph = new SparseOperand(CsrMatrix.fromDense(VALUES).transpose());
  const x = { values: new SparseOperand(CsrMatrix.fromDense(VALUES)), shift: tf.tensor1d(SHIFT) };
  for (const aggregator of ['pool', 'gcn'] as const) {
    const options = { nIn: 3, nOut: 2, aggregator, rng: Rng.fromSeed(1) };
    const conv = new SageConv(new ParameterSet(), aggregator, options);
    expect(() => conv.apply(graph, x)).toThrow(ParamError);
  }
});
