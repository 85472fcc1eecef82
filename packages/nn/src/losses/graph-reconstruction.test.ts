import { beforeAll, describe, expect, test } from '@jest/globals';
import { CsrMatrix, DataError, Rng } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { SparseOperand } from '../ops/spmm.js';
import {
  expectClose,
  expectGradients,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import { graphReconstructionLoss } from './graph-reconstruction.js';
import { bceWithLogits } from './inner-product.js';

const N = 7;

/** A symmetric 0/1 matrix with a diagonal. */
function dense(): Float32Array {
  const rng = Rng.fromSeed(1);
  const target = new Float32Array(N * N);
  for (let i = 0; i < N; i++) {
    target[i * N + i] = 1;
    for (let j = 0; j < i; j++) {
      target[i * N + j] = target[j * N + i] = rng.uniform() < 0.3 ? 1 : 0;
    }
  }
  return target;
}

function sparse(target: Float32Array): SparseOperand {
  const rows = Array.from({ length: N }, (_, i) => [...target.subarray(i * N, (i + 1) * N)]);
  const entries = rows.map((row) => row.flatMap((value, j) => (value > 0 ? [j] : [])));
  const indptr = new Int32Array(N + 1);
  entries.forEach((columns, i) => (indptr[i + 1] = indptr[i]! + columns.length));
  const indices = Int32Array.from(entries.flat());
  return new SparseOperand(
    new CsrMatrix(N, N, indptr, indices, new Float32Array(indices.length).fill(1)),
  );
}

describe.each(TESTED_DEVICES)('graph reconstruction on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test('equals the dense cross-entropy with the weights of the graph autoencoder', () => {
    const target = dense();
    const z = variableOf([N, 3]);
    const embedding = z.variable as tf.Tensor as tf.Tensor2D;
    const links = target.reduce((sum, value) => sum + value, 0);
    const options = {
      positiveWeight: (N * N - links) / links,
      norm: (N * N) / (2 * (N * N - links)),
    };
    const expected = valuesOf(() =>
      bceWithLogits(
        tf.matMul(embedding, embedding, false, true),
        tf.tensor(target, [N, N]),
        options,
      ),
    );
    const adjacency = sparse(target);
    expectClose(
      valuesOf(() => graphReconstructionLoss(embedding, adjacency)),
      expected,
      1e-5,
    );
    const output = (): tf.Tensor => graphReconstructionLoss(embedding, adjacency);
    expectGradients(output, [z], { step: 1e-2, tolerance: 1e-3 });
    z.variable.dispose();
  });

  test('a target of another size is refused', () => {
    const loss = (): tf.Scalar => graphReconstructionLoss(tf.zeros([3, 2]), sparse(dense()));
    expect(loss).toThrow(DataError);
  });
});
