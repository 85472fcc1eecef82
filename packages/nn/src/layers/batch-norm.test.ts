import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { ParameterSet } from '../parameters.js';
import { goldenCase } from '../testing/golden.js';
import {
  expectClose,
  expectGradients,
  gradientsOf,
  TESTED_DEVICES,
  valuesOf,
  variableOf,
} from '../testing/numeric.js';
import { BatchNorm } from './batch-norm.js';

const golden = goldenCase('layers_losses', 'batchnorm1d');
const SHAPE = [6, 4];

/** A layer with the golden scale and shift. */
function layer(): { parameters: ParameterSet; norm: BatchNorm } {
  const parameters = new ParameterSet();
  const norm = new BatchNorm(parameters, 'bn', 4);
  const [gamma, beta] = parameters.trainable();
  gamma?.set(Float32Array.from(golden.numbers('gamma')));
  beta?.set(Float32Array.from(golden.numbers('beta')));
  return { parameters, norm };
}

function input(): ReturnType<typeof variableOf> {
  const x = variableOf(SHAPE);
  x.set(Float32Array.from(golden.numbers('X')));
  return x;
}

/** The file does not name its upstream gradient; it is what comes back through PReLU. */
function upstream(): number[] {
  const prelu = goldenCase('layers_losses', 'prelu');
  const x = prelu.numbers('X');
  return prelu.numbers('grad_X').map((g, i) => (x[i]! > 0 ? g : g / prelu.number('a')));
}

describe.each(TESTED_DEVICES)('BatchNorm on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  const asMatrix = (x: tf.Tensor): tf.Tensor2D => x as tf.Tensor2D;

  test('normalizes by the batch in training', () => {
    const { parameters, norm } = layer();
    const x = input();
    expectClose(
      valuesOf(() => norm.apply(asMatrix(x.variable), true)),
      golden.numbers('train_out'),
    );
    parameters.dispose();
  });

  test('normalizes by the batch without a trace when told not to track', async () => {
    const { parameters, norm } = layer();
    const x = input();
    const before = await parameters.capture();
    const out = valuesOf(() => norm.apply(asMatrix(x.variable), true, false));
    expectClose(out, golden.numbers('train_out'));
    expect(await parameters.capture()).toEqual(before);
    parameters.dispose();
  });

  test('tracks the running mean and the unbiased running variance', async () => {
    const { parameters, norm } = layer();
    valuesOf(() => norm.apply(asMatrix(input().variable), true));
    const saved = new Map(await parameters.capture());
    expectClose(saved.get('bn/runningMean')?.data ?? [], golden.numbers('running_mean_after'));
    expectClose(
      saved.get('bn/runningVariance')?.data ?? [],
      golden.numbers('running_var_after_unbiased'),
    );
    parameters.dispose();
  });

  test('normalizes by the running statistics in evaluation, and does not change them', async () => {
    const { parameters, norm } = layer();
    const x = input();
    valuesOf(() => norm.apply(asMatrix(x.variable), true));
    const before = await parameters.capture();
    const out = valuesOf(() => norm.apply(asMatrix(x.variable), false));
    expectClose(out, golden.numbers('eval_out_same_X'));
    expect(await parameters.capture()).toEqual(before);
    parameters.dispose();
  });

  test('has the gradients of PyTorch with respect to input, scale and shift', () => {
    const { parameters, norm } = layer();
    const x = input();
    const variables = [x, ...parameters.trainable()];
    const output = (): tf.Tensor => norm.apply(asMatrix(x.variable), true);
    const [gradX = [], gradGamma = [], gradBeta = []] = gradientsOf(output, variables, upstream());
    expectClose(gradX, golden.numbers('grad_X'));
    expectClose(gradGamma, golden.numbers('grad_gamma'));
    expectClose(gradBeta, golden.numbers('grad_beta'));
    parameters.dispose();
  });

  test('has the gradients of finite differences in evaluation', () => {
    const { parameters, norm } = layer();
    const x = input();
    valuesOf(() => norm.apply(asMatrix(x.variable), true));
    expectGradients(() => norm.apply(asMatrix(x.variable), false), [x, ...parameters.trainable()]);
    parameters.dispose();
  });

  test('has the gradients of finite differences in training', () => {
    const { parameters, norm } = layer();
    const x = input();
    expectGradients(() => norm.apply(asMatrix(x.variable), true), [x, ...parameters.trainable()]);
    parameters.dispose();
  });

  test('a step of training leaves no tensors behind', () => {
    const { parameters, norm } = layer();
    const x = input();
    const step = (): void => {
      gradientsOf(() => norm.apply(asMatrix(x.variable), true), [x], upstream());
    };
    step();
    const before = tf.memory().numTensors;
    step();
    tf.dispose(norm.apply(asMatrix(x.variable), true));
    expect(tf.memory().numTensors).toBe(before);
    parameters.dispose();
  });

  test('running statistics are no parameters of the optimizer', () => {
    const { parameters } = layer();
    expect(parameters.trainable().map(({ name }) => name)).toEqual(['bn/gamma', 'bn/beta']);
    parameters.dispose();
  });

  test('a batch of one cell stays finite', async () => {
    const { parameters, norm } = layer();
    const out = valuesOf(() => norm.apply(tf.tensor2d([[1, 2, 3, 4]]), true));
    expectClose(out, golden.numbers('beta'));
    expect((await parameters.capture()).every(([, { data }]) => data.every(Number.isFinite))).toBe(
      true,
    );
    parameters.dispose();
  });
});
