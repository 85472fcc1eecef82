import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Rng } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { selectBackend } from '../backend/select-backend.js';
import { decKl } from '../losses/cluster-kl.js';
import { meanCountNll } from '../losses/count-likelihood.js';
import { logSoftAssign } from '../losses/student-t.js';
import { targetDistribution } from '../losses/target-distribution.js';
import { ParameterSet, type Parameter } from '../parameters.js';
import { goldenCase } from '../testing/golden.js';
import { expectClose, TESTED_DEVICES, valuesOf } from '../testing/numeric.js';
import { ZinbAutoencoder, type ZinbAutoencoderOptions } from './zinb-autoencoder.js';

let parameters = new ParameterSet();
afterEach(() => {
  parameters.dispose();
  parameters = new ParameterSet();
});

const autoencoder = (options: Partial<ZinbAutoencoderOptions> = {}): ZinbAutoencoder =>
  new ZinbAutoencoder(parameters, 'ae', {
    ...{ nGenes: 5, encoder: [4, 3], latent: 2, decoder: [3, 4], rng: Rng.fromSeed(1) },
    ...options,
  });

/** Our names of the layers of the golden model. */
const LAYERS = {
  enc1: 'ae/encoder/0',
  enc2: 'ae/encoder/1',
  latent: 'ae/latent',
  dec1: 'ae/decoder/0',
  dec2: 'ae/decoder/1',
  mean: 'ae/heads/mean',
  disp: 'ae/heads/dispersion',
  pi: 'ae/heads/dropout',
};

describe.each(TESTED_DEVICES)('ZINB autoencoder on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test('embedding, losses and gradients of scDeepCluster are those of PyTorch', () => {
    const golden = goldenCase('tiny_models', 'zinb_autoencoder_with_dec');
    const network = autoencoder();
    const named = (name: string): Parameter => {
      const found = parameters.trainable().find((parameter) => parameter.name === name);
      if (found === undefined) throw new Error(`no parameter ${name}`);
      return found;
    };
    const expected: [Parameter, number[]][] = [];
    for (const [theirs, ours] of Object.entries(LAYERS)) {
      for (const [kind, values, gradients] of [
        ['weight', 'weights_in_by_out', 'grad_weights'],
        ['bias', 'biases', 'grad_biases'],
      ] as const) {
        const found = named(`${ours}/${kind}`);
        found.set(Float32Array.from(golden.inner(values).numbers(theirs)));
        expected.push([found, golden.inner(gradients).numbers(theirs)]);
      }
    }
    const centers = parameters.add('centers', [2, 2], Float32Array.from(golden.numbers('mu')));
    expected.push([centers, golden.numbers('grad_mu')]);
    const x = tf.tensor2d(golden.rows('X_scaled'));
    expectClose(
      valuesOf(() => network.encode(x)),
      golden.numbers('latent'),
      1e-5,
    );
    const logQ = (): tf.Tensor2D =>
      logSoftAssign(network.encode(x), centers.variable as tf.Variable<tf.Rank.R2>);
    const p = targetDistribution(Float32Array.from(valuesOf(logQ)), 2);
    expectClose(p, golden.numbers('p'), 1e-5);
    const loss = (): tf.Scalar => {
      const reconstruction = meanCountNll(
        {
          ...network.decode(network.encode(x)),
          counts: tf.tensor2d(golden.rows('counts')),
          sizeFactors: tf.tensor1d(golden.numbers('size_factor')),
        },
        { activate: true },
      );
      const clusters = decKl(tf.tensor2d(p, [p.length / 2, 2]), logQ());
      return tf.add(reconstruction, tf.mul(clusters, golden.number('gamma')));
    };
    const variables = expected.map(([{ variable }]) => variable);
    const { value, grads } = tf.variableGrads(loss, variables);
    const total =
      golden.number('zinb_loss') + golden.number('gamma') * golden.number('cluster_loss');
    expectClose(value.dataSync(), [total], 1e-5);
    for (const [{ variable }, gradient] of expected) {
      expectClose(grads[variable.name]?.dataSync() ?? [], gradient, 2e-5);
    }
    tf.dispose([x, value, grads]);
  });

  test('noise: none at sigma 0, drawn from its stream, at hidden layers on request', () => {
    const network = autoencoder();
    const x = tf.ones<tf.Rank.R2>([3, 5]);
    const encoded = (sigma: number, seed: number, hidden = false): number[] =>
      valuesOf(() => network.encode(x, { sigma, hidden, rng: Rng.fromSeed(seed) }));
    const clean = valuesOf(() => network.encode(x));
    expect(encoded(0, 1)).toEqual(clean);
    expect(encoded(0, 1, true)).toEqual(clean);
    expect(encoded(1, 1)).not.toEqual(clean);
    expect(encoded(1, 1)).toEqual(encoded(1, 1));
    expect(encoded(1, 2)).not.toEqual(encoded(1, 1));
    expect(encoded(1, 1, true)).not.toEqual(encoded(1, 1));
    x.dispose();
  });

  test('noise at the input has the standard deviation asked for', () => {
    const network = autoencoder({ nGenes: 1, encoder: [], latent: 1, decoder: [] });
    const [weight, bias] = parameters.trainable();
    weight?.set(Float32Array.of(1));
    bias?.set(Float32Array.of(0));
    const x = tf.zeros<tf.Rank.R2>([4000, 1]);
    const noise = valuesOf(() => network.encode(x, { sigma: 2.5, rng: Rng.fromSeed(3) }));
    x.dispose();
    const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length;
    const variance = noise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / noise.length;
    expect(Math.abs(mean)).toBeLessThan(0.15);
    expect(Math.abs(Math.sqrt(variance) - 2.5)).toBeLessThan(0.1);
  });

  test('sigmoid: 1 / (1 + e^-x) in each hidden layer', () => {
    const network = autoencoder({ encoder: [1], decoder: [1], latent: 1, activation: 'sigmoid' });
    const ones = (parameter: Parameter): void => {
      parameter.set(new Float32Array(parameter.values.length).fill(1));
    };
    parameters.trainable().forEach(ones);
    const x = tf.zeros<tf.Rank.R2>([1, 5]);
    const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));
    const z = sigmoid(1) + 1;
    expectClose(
      valuesOf(() => network.encode(x)),
      [z],
      1e-6,
    );
    const logit = sigmoid(z + 1) + 1;
    expectClose(
      valuesOf(() => network.decode(network.encode(x)).mean),
      new Array<number>(5).fill(logit),
      1e-6,
    );
    x.dispose();
  });
});
