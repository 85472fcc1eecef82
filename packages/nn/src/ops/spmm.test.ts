import { beforeAll, describe, expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix, Rng } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { goldenCase } from '../testing/golden.js';
import {
  expectClose,
  expectGradients,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import { SparseOperand, spmm } from './spmm.js';

/** About half of the entries are zero; row 1 is empty, if there is one. */
function randomSparse(rng: Rng, nRows: number, nCols: number): CsrMatrix {
  const dense = DenseMatrix.zeros(nRows, nCols);
  for (let i = 0; i < nRows; i++) {
    for (let j = 0; j < nCols; j++) {
      if (i !== 1 && rng.uniform() < 0.5) dense.row(i)[j] = rng.int(9) - 4;
    }
  }
  return CsrMatrix.fromDense(dense);
}

const matrixOf = (x: tf.Tensor): tf.Tensor2D => x as tf.Tensor2D;

describe.each(TESTED_DEVICES)('spmm on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test('is the dense product, on random matrices of many widths', () => {
    const rng = Rng.fromSeed(2);
    for (const width of [1, 2, 3, 4, 5, 8, 17, 50]) {
      const a = randomSparse(rng, 1 + rng.int(9), 1 + rng.int(9));
      const x = Float32Array.from({ length: a.nCols * width }, () => rng.int(9) - 4);
      const expected = new Float32Array(a.nRows * width);
      for (let i = 0; i < a.nRows; i++) {
        for (let j = 0; j < a.nCols; j++) {
          for (let f = 0; f < width; f++) {
            expected[i * width + f]! += a.get(i, j) * x[j * width + f]!;
          }
        }
      }
      const out = valuesOf(() => spmm(new SparseOperand(a), tf.tensor2d(x, [a.nCols, width])));
      expectClose(out, expected, 0);
    }
  });

  test('has the gradients of finite differences', () => {
    const x = variableOf([6, 3]);
    const a = new SparseOperand(randomSparse(Rng.fromSeed(3), 5, 6));
    expectGradients(() => spmm(a, matrixOf(x.variable)), [x], { step: 0.5, tolerance: 1e-5 });
  });

  test('a matrix without entries gives zeros and a zero gradient', () => {
    const x = variableOf([3, 2]);
    const a = new SparseOperand(CsrMatrix.fromDense(DenseMatrix.zeros(4, 3)));
    expect(valuesOf(() => spmm(a, matrixOf(x.variable)))).toEqual(new Array<number>(8).fill(0));
    expectGradients(() => spmm(a, matrixOf(x.variable)), [x], { tolerance: 0 });
  });

  test('a result kept while others are computed does not change', () => {
    const a = new SparseOperand(randomSparse(Rng.fromSeed(4), 7, 5));
    const x = variableOf([5, 4]);
    const kept = spmm(a, matrixOf(x.variable));
    const before = [...kept.dataSync()];
    for (let i = 0; i < 20; i++) valuesOf(() => spmm(a, tf.fill([5, 4], i)));
    expect([...kept.dataSync()]).toEqual(before);
    kept.dispose();
  });

  test('refuses factors that do not fit', () => {
    const a = new SparseOperand(randomSparse(Rng.fromSeed(0), 2, 3));
    const multiply = (): number[] => valuesOf(() => spmm(a, tf.ones([4, 2])));
    expect(multiply).toThrow(DataError);
    expect(multiply).toThrow('spmm: shapes do not fit: got [2, 3] x [4, 2]');
  });

  test('gathers messages on a bipartite graph as the golden values say', () => {
    const golden = goldenCase('gnn_layers', 'bipartite_mean_messages');
    const weights = CsrMatrix.fromDense(DenseMatrix.fromRows(golden.rows('X_cell_by_feature')));
    const cells = tf.tensor2d(golden.rows('H_cell'));
    const features = tf.tensor2d(golden.rows('H_feature'));
    const rowMean = (edges: CsrMatrix): SparseOperand =>
      new SparseOperand(edges.scaleRows(edges.rowSums().map((sum) => 1 / sum)));
    const toCells = valuesOf(() => spmm(rowMean(weights), features));
    expectClose(toCells, golden.numbers('to_cells_row_normalised'), 1e-5);
    const toFeatures = valuesOf(() => spmm(rowMean(weights.transpose()), cells));
    expectClose(toFeatures, golden.numbers('to_features_row_normalised'), 1e-5);
    const roots = (sums: Float64Array): Float64Array => sums.map((sum) => 1 / Math.sqrt(sum));
    const symmetric = weights
      .scaleRows(roots(weights.rowSums()))
      .transpose()
      .scaleRows(roots(weights.columnSums()))
      .transpose();
    const toCellsSymmetric = valuesOf(() => spmm(new SparseOperand(symmetric), features));
    expectClose(toCellsSymmetric, golden.numbers('to_cells_sym_normalised'), 1e-5);
    tf.dispose([cells, features]);
  });
});

test('the transpose of an operand is made once', () => {
  const a = new SparseOperand(randomSparse(Rng.fromSeed(0), 3, 4));
  expect(a.transpose).toBe(a.transpose);
  expect(a.transpose.matrix).toEqual(a.matrix.transpose());
  expect(a.transpose.transpose).toBe(a);
});
