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
import { LayerNorm } from './layer-norm.js';

const golden = goldenCase('layers_losses', 'layernorm');

function layer(): { parameters: ParameterSet; norm: LayerNorm } {
  const parameters = new ParameterSet();
  const norm = new LayerNorm(parameters, 'ln', 4);
  const [gamma, beta] = parameters.trainable();
  gamma?.set(Float32Array.from(golden.numbers('gamma')));
  beta?.set(Float32Array.from(golden.numbers('beta')));
  return { parameters, norm };
}

function input(): ReturnType<typeof variableOf> {
  const x = variableOf([6, 4]);
  x.set(Float32Array.from(golden.numbers('X')));
  return x;
}

/** The file does not name its upstream gradient; it is what comes back through PReLU. */
function upstream(): number[] {
  const prelu = goldenCase('layers_losses', 'prelu');
  const x = prelu.numbers('X');
  return prelu.numbers('grad_X').map((g, i) => (x[i]! > 0 ? g : g / prelu.number('a')));
}

describe.each(TESTED_DEVICES)('LayerNorm on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  const asMatrix = (x: tf.Tensor): tf.Tensor2D => x as tf.Tensor2D;

  test('has the values and the gradient of PyTorch', () => {
    const { parameters, norm } = layer();
    const x = input();
    const output = (): tf.Tensor => norm.apply(asMatrix(x.variable));
    expectClose(valuesOf(output), golden.numbers('out'));
    const [gradX = []] = gradientsOf(output, [x], upstream());
    expectClose(gradX, golden.numbers('grad_X'));
    parameters.dispose();
  });

  test('has the gradients of finite differences', () => {
    const { parameters, norm } = layer();
    const x = input();
    expectGradients(() => norm.apply(asMatrix(x.variable)), [x, ...parameters.trainable()]);
    parameters.dispose();
  });

  test('starts as plain normalization, and frees its statistics', () => {
    const parameters = new ParameterSet();
    const norm = new LayerNorm(parameters, 'ln', 4);
    const x = tf.tensor2d([[1, 2, 3, 4]]);
    const before = tf.memory().numTensors;
    const out = norm.apply(x);
    expect(tf.memory().numTensors).toBe(before + 1);
    const unit = 1 / Math.sqrt(1.25 + 1e-5);
    expectClose(out.dataSync(), [-1.5 * unit, -0.5 * unit, 0.5 * unit, 1.5 * unit], 1e-6);
    tf.dispose([x, out]);
    parameters.dispose();
  });
});
