import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { CsrMatrix } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from './backend/select-backend.js';
import { meanCountNll } from './losses/count-likelihood.js';
import { dense } from './ops/dense.js';
import { SparseOperand, spmm } from './ops/spmm.js';
import { Adam } from './optim/adam.js';
import { ParameterSet, type Parameter } from './parameters.js';
import { goldenCase, type GoldenCase } from './testing/golden.js';
import { expectClose, TESTED_DEVICES } from './testing/numeric.js';

// Whole models of a few units, with the values and gradients PyTorch gives in float64.

let parameters = new ParameterSet();
afterEach(() => {
  parameters.dispose();
  parameters = new ParameterSet();
});

/** A parameter with the stored values of a matrix or, where the rows are numbers, a vector. */
function parameterOf(golden: GoldenCase, key: string): Parameter {
  const rows = golden.rows(key);
  const width = rows[0]?.length ?? 0;
  const shape = golden.numbers(key).length === rows.length ? [rows.length] : [rows.length, width];
  return parameters.add(key, shape, Float32Array.from(golden.numbers(key)));
}

const matrix = (golden: GoldenCase, key: string): tf.Tensor2D => tf.tensor2d(golden.rows(key));
const weightOf = (parameter: Parameter): tf.Tensor2D =>
  parameter.variable as tf.Tensor as tf.Tensor2D;
const biasOf = (parameter: Parameter): tf.Tensor1D =>
  parameter.variable as tf.Tensor as tf.Tensor1D;

/** Loss and gradients agree with the stored ones. */
function expectLossAndGradients(
  loss: () => tf.Scalar,
  expectedLoss: number,
  expected: readonly (readonly [Parameter, number[]])[],
): void {
  const variables = expected.map(([parameter]) => parameter.variable);
  const { value, grads } = tf.variableGrads(loss, variables);
  expectClose(value.dataSync(), [expectedLoss], 1e-5);
  for (const [parameter, gradient] of expected) {
    expectClose(grads[parameter.variable.name]?.dataSync() ?? [], gradient, 2e-5);
  }
  tf.dispose([value, grads]);
}

describe.each(TESTED_DEVICES)('tiny models on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test('a ZINB autoencoder with the clustering loss of scDeepCluster', () => {
    const golden = goldenCase('tiny_models', 'zinb_autoencoder_with_dec');
    const names = ['enc1', 'enc2', 'latent', 'dec1', 'dec2', 'mean', 'disp', 'pi'];
    const weights = golden.inner('weights_in_by_out');
    const biases = golden.inner('biases');
    const layers = new Map(
      names.map((name) => {
        const shape = [weights.rows(name).length, weights.rows(name)[0]?.length ?? 0];
        const values = Float32Array.from(weights.numbers(name));
        const bias = Float32Array.from(biases.numbers(name));
        return [
          name,
          {
            weight: parameters.add(`${name}/weight`, shape, values),
            bias: parameters.add(`${name}/bias`, [bias.length], bias),
          },
        ];
      }),
    );
    const centers = parameterOf(golden, 'mu');
    const apply = (name: string, x: tf.Tensor2D, relu = false): tf.Tensor2D => {
      const { weight, bias } = layers.get(name) ?? { weight: centers, bias: centers };
      return dense(x, weightOf(weight), biasOf(bias), relu);
    };
    const loss = (): tf.Scalar => {
      const counts = matrix(golden, 'counts');
      const encoded = apply('enc2', apply('enc1', matrix(golden, 'X_scaled'), true), true);
      const z = apply('latent', encoded);
      const h = apply('dec2', apply('dec1', z, true), true);
      const reconstruction = meanCountNll(
        {
          ...{ counts, mean: apply('mean', h), dispersion: apply('disp', h) },
          ...{ dropout: apply('pi', h), sizeFactors: tf.tensor1d(golden.numbers('size_factor')) },
        },
        { activate: true },
      );
      const difference = tf.sub(tf.expandDims(z, 1), tf.expandDims(weightOf(centers), 0));
      const kernel = tf.div(1, tf.add(tf.sum(tf.square(difference), 2), 1));
      const q = tf.div(kernel, tf.sum(kernel, 1, true));
      const p = matrix(golden, 'p');
      const divergence = tf.mul(p, tf.sub(tf.log(p), tf.log(tf.add(q, 1e-6))));
      const clustering = tf.div(tf.sum(tf.sum(divergence, 1)), p.shape[0]);
      return tf.add(reconstruction, tf.mul(clustering, golden.number('gamma')));
    };
    const total =
      golden.number('zinb_loss') + golden.number('gamma') * golden.number('cluster_loss');
    expectLossAndGradients(loss, total, [
      ...[...layers].flatMap(
        ([name, { weight, bias }]) =>
          [
            [weight, golden.inner('grad_weights').numbers(name)],
            [bias, golden.inner('grad_biases').numbers(name)],
          ] as const,
      ),
      [centers, golden.numbers('grad_mu')],
    ]);
  });

  test('three Adam steps of a classifier with an L2 penalty', async () => {
    const golden = goldenCase('tiny_models', 'mlp_l2_three_adam_steps');
    const [w1, b1, w2, b2] = ['w1', 'b1', 'w2', 'b2'].map((key) => parameterOf(golden, key)) as [
      Parameter,
      Parameter,
      Parameter,
      Parameter,
    ];
    const optimizer = new Adam(parameters.trainable(), { learningRate: golden.number('lr') });
    const squares = (...ws: Parameter[]): tf.Tensor =>
      tf.addN(ws.map((w) => tf.sum(tf.sum(tf.square(w.variable), 1))));
    const loss = (): tf.Scalar => {
      const hidden = dense(matrix(golden, 'X'), weightOf(w1), biasOf(b1), true);
      const logits = dense(hidden, weightOf(w2), biasOf(b2));
      const labels = tf.oneHot(tf.tensor1d(golden.numbers('y'), 'int32'), 3);
      const entropy = tf.losses.softmaxCrossEntropy(labels, logits);
      return tf.add(entropy, tf.mul(squares(w1, w2), golden.number('lambda') / 2));
    };
    const losses: number[] = [];
    for (let i = 0; i < 3; i++) losses.push(await optimizer.minimize(loss));
    expectClose(losses, golden.numbers('loss_before_each_step'), 1e-5);
    const after = golden.inner('after');
    for (const parameter of parameters.trainable()) {
      expectClose(parameter.values, after.numbers(parameter.name), 1e-4);
    }
    optimizer.dispose();
  });

  test('two graph convolutions with soft labels for some nodes', () => {
    const golden = goldenCase('tiny_models', 'gcn2_masked_soft_cross_entropy');
    const [w1, w2] = ['W1', 'W2'].map((key) => parameterOf(golden, key)) as [Parameter, Parameter];
    const adjacency = normalized(golden.rows('A'));
    const mask = golden.numbers('mask');
    const logits = (): tf.Tensor2D => {
      const hidden = tf.relu(spmm(adjacency, tf.matMul(matrix(golden, 'X'), weightOf(w1))));
      return spmm(adjacency, tf.matMul(hidden, weightOf(w2)));
    };
    const probabilities = tf.tidy(() => tf.softmax(logits()).dataSync());
    expectClose(probabilities, golden.numbers('softmax_out'), 1e-5);
    const loss = (): tf.Scalar => {
      const entropy = tf.sum(tf.mul(matrix(golden, 'Y'), tf.logSoftmax(logits())), 1);
      const labeled = mask.reduce((sum, value) => sum + value, 0);
      return tf.div(tf.sum(tf.mul(entropy, tf.tensor1d(mask))), -labeled);
    };
    expectLossAndGradients(loss, golden.number('loss'), [
      [w1, golden.numbers('grad_W1')],
      [w2, golden.numbers('grad_W2')],
    ]);
  });

  test('a variational autoencoder with given noise', () => {
    const golden = goldenCase('tiny_models', 'vae_fixed_noise');
    const keys = ['w_mu', 'b_mu', 'w_logvar', 'b_logvar', 'w_dec', 'b_dec'];
    const named = new Map(keys.map((key) => [key, parameterOf(golden, key)]));
    const apply = (name: string, x: tf.Tensor2D): tf.Tensor2D => {
      const [weight, bias] = [named.get(`w_${name}`), named.get(`b_${name}`)];
      if (weight === undefined || bias === undefined) throw new Error(`no layer ${name}`);
      return dense(x, weightOf(weight), biasOf(bias));
    };
    const loss = (): tf.Scalar => {
      const x = matrix(golden, 'X');
      const [mean, logVariance] = [apply('mu', x), apply('logvar', x)];
      const noise = tf.mul(tf.exp(tf.mul(logVariance, 0.5)), matrix(golden, 'noise'));
      const decoded = apply('dec', tf.add(mean, noise));
      const reconstruction = tf.mean(tf.sum(tf.square(tf.sub(decoded, x)), 1));
      const terms = tf.sub(tf.add(tf.square(mean), tf.exp(logVariance)), tf.add(logVariance, 1));
      const divergence = tf.mul(tf.mean(tf.sum(terms, 1)), 0.5);
      return tf.add(reconstruction, tf.mul(divergence, golden.number('beta')));
    };
    const total =
      golden.number('reconstruction_sum_sq_mean_rows') +
      golden.number('beta') * golden.number('kl_mean_rows');
    const gradients = golden.inner('grads');
    expectLossAndGradients(
      loss,
      total,
      [...named].map(([key, parameter]) => [parameter, gradients.numbers(key)] as const),
    );
  });
});

/** D^-1/2 (A + I) D^-1/2 of a dense adjacency matrix. */
function normalized(rows: number[][]): SparseOperand {
  const n = rows.length;
  const withLoops = rows.map((row, i) => row.map((value, j) => value + (i === j ? 1 : 0)));
  const degrees = withLoops.map((row) => row.reduce((sum, value) => sum + value, 0));
  const indptr = new Int32Array(n + 1);
  const indices: number[] = [];
  const values: number[] = [];
  withLoops.forEach((row, i) => {
    row.forEach((value, j) => {
      if (value === 0) return;
      indices.push(j);
      values.push(value / Math.sqrt(degrees[i]! * degrees[j]!));
    });
    indptr[i + 1] = indices.length;
  });
  const matrix = new CsrMatrix(n, n, indptr, Int32Array.from(indices), Float32Array.from(values));
  return new SparseOperand(matrix);
}

test('the normalization of the graph is that of its definition', () => {
  const { matrix } = normalized([
    [0, 1],
    [1, 0],
  ]);
  expect([...matrix.data]).toEqual([0.5, 0.5, 0.5, 0.5]);
});
