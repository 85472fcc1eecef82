import { beforeAll, describe, expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix, Rng } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { SparseOperand } from '../ops/spmm.js';
import type { Parameter } from '../parameters.js';
import { goldenCase } from '../testing/golden.js';
import {
  expectClose,
  expectGradients,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import {
  graphLaplacian,
  innerProductError,
  laplacianPenalty,
  storedEntriesError,
  symmetricPart,
} from './low-rank-error.js';

const [N, M, D] = [7, 5, 3];

/** Values in (0, 1), a third of them stored. */
function sparse(nRows: number, nCols: number): CsrMatrix {
  const rng = Rng.fromSeed(3);
  const dense = DenseMatrix.zeros(nRows, nCols);
  dense.data.forEach((_, e) => {
    if (rng.uniform() < 0.35) dense.data[e] = rng.uniform();
  });
  return CsrMatrix.fromDense(dense);
}

const tensorOf = (parameter: Parameter): tf.Tensor2D =>
  parameter.variable as tf.Tensor as tf.Tensor2D;

function product(a: Float32Array, i: number, b: Float32Array, j: number): number {
  let sum = 0;
  for (let d = 0; d < D; d++) sum += a[i * D + d]! * b[j * D + d]!;
  return sum;
}

test('the golden Laplacian, with a node that has no neighbor', () => {
  const golden = goldenCase('knn_graph', 'normalisation_with_isolated_node');
  const adjacency = CsrMatrix.fromDense(DenseMatrix.fromRows(golden.rows('A')));
  const { matrix } = graphLaplacian(adjacency);
  expectClose(matrix.toDense().data, golden.numbers('laplacian_combinatorial'), 1e-6);
});

describe.each(TESTED_DEVICES)('low-rank reconstruction on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test('stored entries: mean of (X - mask x U V^T)²', () => {
    const matrix = sparse(N, M);
    const [u, v] = [variableOf([N, D]), variableOf([M, D], 1)];
    const [a, b] = [u.values, v.values];
    let sum = 0;
    for (let i = 0; i < N; i++) {
      for (let j = 0; j < M; j++) {
        const x = matrix.get(i, j);
        if (x !== 0) sum += (x - product(a, i, b, j)) ** 2;
      }
    }
    const operand = new SparseOperand(matrix);
    const loss = (): tf.Scalar => storedEntriesError(operand, tensorOf(u), tensorOf(v));
    expectClose(valuesOf(loss), [sum / (N * M)], 1e-6);
    expectGradients(loss, [u, v], { tolerance: 2e-3 });
    tf.dispose([u.variable, v.variable]);
  });

  test('stored entries of an empty matrix cost nothing', () => {
    const empty = new SparseOperand(CsrMatrix.fromDense(DenseMatrix.zeros(2, 2)));
    const loss = valuesOf(() => storedEntriesError(empty, tf.ones([2, 1]), tf.ones([2, 1])));
    expect(loss).toEqual([0]);
  });

  test('inner products: mean of (A - H H^T)² over all pairs', () => {
    const graph = sparse(N, N);
    const h = variableOf([N, D]);
    const values = h.values;
    let sum = 0;
    for (let i = 0; i < N; i++) {
      for (let j = 0; j < N; j++) sum += (graph.get(i, j) - product(values, i, values, j)) ** 2;
    }
    const operand = new SparseOperand(graph);
    const loss = (): tf.Scalar => innerProductError(operand, tensorOf(h));
    expectClose(valuesOf(loss), [sum / (N * N)], 1e-6);
    expectGradients(loss, [h], { tolerance: 2e-3 });
    h.variable.dispose();
  });

  test('Laplacian: sum of A_ij |h_i - h_j|² / 2, also of a directed graph', () => {
    const graph = sparse(N, N);
    const h = variableOf([N, D]);
    const values = h.values;
    let sum = 0;
    for (let i = 0; i < N; i++) {
      for (let j = 0; j < N; j++) {
        const [a, b] = [values.subarray(i * D), values.subarray(j * D)];
        for (let d = 0; d < D; d++) sum += (graph.get(i, j) * (a[d]! - b[d]!) ** 2) / 2;
      }
    }
    const laplacian = graphLaplacian(graph);
    const loss = (): tf.Scalar => laplacianPenalty(laplacian, tensorOf(h));
    expectClose(valuesOf(loss), [sum], 1e-5);
    expectGradients(loss, [h], { tolerance: 2e-3 });
    h.variable.dispose();
  });
});

test('the symmetric part is half of both directions, and Laplacian rows sum to 0', () => {
  const graph = sparse(N, N);
  const symmetric = symmetricPart(graph);
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < N; j++) {
      expect(symmetric.get(i, j)).toBeCloseTo((graph.get(i, j) + graph.get(j, i)) / 2, 6);
    }
  }
  const { matrix } = graphLaplacian(graph);
  expectClose(matrix.rowSums(), new Float64Array(N), 1e-6);
});

test('graphs of another size are refused', () => {
  const graph = new SparseOperand(sparse(N, M));
  expect(() => innerProductError(graph, tf.zeros([N, 2]))).toThrow(DataError);
  expect(() => laplacianPenalty(graph, tf.zeros([N, 2]))).toThrow(DataError);
  expect(() => storedEntriesError(graph, tf.zeros([N, 2]), tf.zeros([N, 2]))).toThrow(DataError);
  expect(() => graphLaplacian(graph.matrix)).toThrow(DataError);
});
