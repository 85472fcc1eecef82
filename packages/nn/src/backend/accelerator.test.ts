import { beforeAll, describe, expect, test } from '@jest/globals';
import { BackendError, CsrMatrix, DenseMatrix, Rng } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { Linear } from '../layers/linear.js';
import { meanCountNll } from '../losses/count-likelihood.js';
import { dense } from '../ops/dense.js';
import { gatherRows, segmentSum } from '../ops/rows.js';
import { SparseOperand, spmm } from '../ops/spmm.js';
import { Adam } from '../optim/index.js';
import { ParameterSet } from '../parameters.js';
import { expectClose, gradientsOf, valuesOf, variableOf } from '../testing/numeric.js';
import { BatchBuffer } from '../train/batch-buffer.js';
import { selectBackend } from './select-backend.js';

/** Why the device "node" is not there; undefined if it is. */
async function missing(): Promise<string | undefined> {
  try {
    await selectBackend('node');
    return undefined;
  } catch (error) {
    return String(error);
  }
}

const reason = await missing();
if (reason !== undefined) console.warn(`tests on the device "node" skipped: ${reason}`);
const describeWithPackage = reason === undefined ? describe : describe.skip;

test('without its package the device says what to install', () => {
  const isFine = reason === undefined || reason.includes('npm install @tensorflow/tfjs-node@');
  expect(isFine).toBe(true);
});

test('a device "gpu" that finds no GPU is refused, installed or not', async () => {
  const outcome = await selectBackend('gpu').catch((error: unknown) => error);
  if (outcome instanceof Error) expect(outcome).toBeInstanceOf(BackendError);
  else expect(outcome).toHaveProperty('device', 'gpu');
});

const matrixOf = (x: tf.Tensor): tf.Tensor2D => x as tf.Tensor2D;

/** Values and gradients on one device; all variables are made there. */
async function onDevice(device: 'node' | 'wasm', relu: boolean): Promise<number[][]> {
  await selectBackend(device);
  const [x, weight, bias] = [variableOf([5, 4], 1), variableOf([4, 3], 2), variableOf([3], 3)];
  const layer = (): tf.Tensor2D =>
    dense(matrixOf(x.variable), matrixOf(weight.variable), bias.variable as tf.Tensor1D, relu);
  const upstream = Float32Array.from({ length: 15 }, (_, i) => Math.sin(i));
  const bare = (): tf.Tensor => dense(matrixOf(x.variable), matrixOf(weight.variable));
  const ids = Int32Array.of(3, 0, 3, 1, 0);
  const rows = (): tf.Tensor => segmentSum(gatherRows(layer(), ids), ids, 5);
  const counts = Float32Array.from({ length: 15 }, (_, i) => (i % 3 === 0 ? 0 : i));
  const nll = (): tf.Tensor => {
    const h = layer();
    const model = { counts: tf.tensor2d(counts, [5, 3]), mean: h, dispersion: h, dropout: h };
    return meanCountNll(model, { activate: true });
  };
  const edges = CsrMatrix.fromDense(
    DenseMatrix.fromRows([
      [0, 2, 0, 1, 0],
      [3, 0, 0, 0, 1],
    ]),
  );
  const graph = new SparseOperand(edges);
  const messages = (): tf.Tensor => spmm(graph, layer());
  const parameters = [x, weight, bias];
  const results = [layer, bare, rows, nll, messages].map((f) => valuesOf(f));
  return [
    ...results,
    ...gradientsOf(layer, parameters, upstream),
    ...gradientsOf(bare, [x, weight], upstream),
    ...gradientsOf(rows, parameters, upstream),
    ...gradientsOf(nll, parameters, [1]),
    ...gradientsOf(messages, parameters, upstream.subarray(0, 6)),
  ];
}

/** Losses of a few steps of Adam on a small network, and what tensors that left behind. */
async function train(device: 'node' | 'wasm'): Promise<{ losses: number[]; leaked: number }> {
  await selectBackend(device);
  const before = tf.memory().numTensors;
  const parameters = new ParameterSet();
  const rng = Rng.fromSeed(4);
  const layers = [6, 5].map((nIn, i) => new Linear(parameters, `l${i}`, nIn, [5, 6][i]!, rng));
  const data = Float32Array.from({ length: 48 }, () => rng.uniform());
  const batches = new BatchBuffer(new DenseMatrix(8, 6, data));
  const optimizer = new Adam(parameters.trainable(), { learningRate: 0.05, clipNorm: 1 });
  const losses: number[] = [];
  for (let step = 0; step < 20; step++) {
    const x = batches.take(Int32Array.of(step % 8, (step + 3) % 8));
    losses.push(
      await optimizer.minimize(() => {
        const y = layers[1]!.apply(layers[0]!.apply(x, true), false);
        return tf.mean(tf.square(tf.sub(y, x)));
      }),
    );
  }
  optimizer.dispose();
  parameters.dispose();
  batches.dispose();
  return { losses, leaked: tf.memory().numTensors - before };
}

describeWithPackage('the device "node"', () => {
  beforeAll(async () => {
    await selectBackend('node');
  });

  test('computes with TensorFlow and names its version', async () => {
    const { id } = await selectBackend('node');
    expect(id).toMatch(/^node-tfjs4\.22\.0-tf\d+\.\d+/);
    expect(tf.getBackend()).toBe('tensorflow');
  });

  test.each([true, false])('agrees with wasm in values and gradients, ReLU %p', async (relu) => {
    const expected = await onDevice('wasm', relu);
    const got = await onDevice('node', relu);
    expect(got).toHaveLength(expected.length);
    for (const [i, values] of expected.entries()) expectClose(got[i]!, values, 1e-5);
  });

  test('trains as wasm does and leaves no tensors behind', async () => {
    const expected = await train('wasm');
    const got = await train('node');
    expectClose(got.losses, expected.losses, 1e-4);
    expect(got.losses.at(-1)).toBeLessThan(got.losses[0]!);
    expect(got.leaked).toBe(0);
  });

  test('what it was given may change before it is used', async () => {
    await selectBackend('node');
    const x = variableOf([3, 2], 7);
    const before = x.values;
    const ids = Int32Array.of(2, 0);
    const rows = gatherRows(matrixOf(x.variable), ids);
    ids.fill(1);
    const given = x.values;
    x.set(given);
    given.fill(9);
    expectClose(rows.dataSync(), [before[4]!, before[5]!, before[0]!, before[1]!], 0);
    expectClose(x.values, before, 0);
    rows.dispose();
  });
});
