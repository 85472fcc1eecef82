import { describe, expect, test } from '@jest/globals';
import { CsrMatrix, DenseMatrix, Rng, silentReporter, type AnnData } from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { Adam, ParameterSet, selectBackend } from '@dance-ts/nn';
import * as tf from '@tensorflow/tfjs';
import {
  BlockInput,
  BlockNetwork,
  BlockNetworks,
  weightedSquaredError,
} from './deepimpute-network.js';
import { DeepImpute, type DeepImputeFitParams, type DeepImputeParams } from './deepimpute.js';
import { holdOutEntries } from './held-out.js';

const RUN = { reporter: silentReporter };
const SMALL: DeepImputeParams = { subOutputdim: 40, hiddenDim: 16, device: 'wasm' };

async function cells(): Promise<AnnData> {
  const options = { nCells: 60, nGenes: 50, groupProbabilities: [0.5, 0.5], deProbability: 0.5 };
  return simulateSingleCell({ ...options, libLoc: 7, seed: 4 });
}

async function fitted(data: AnnData, fit: DeepImputeFitParams = {}): Promise<DeepImpute> {
  const model = new DeepImpute(SMALL);
  await model.preprocess(data, RUN);
  return model.fit(data, { epochs: 6, lr: 0.02, batchSize: 20, ...fit, ...RUN });
}

describe('loss', () => {
  test('by hand; zeros have no weight', async () => {
    await selectBackend('wasm');
    const target = tf.tensor2d([[1, 0, 3]]);
    const prediction = tf.tensor2d([[2, 9, 1]]);
    const weighted = weightedSquaredError(target, prediction);
    const binary = weightedSquaredError(target, prediction, true);
    expect((await weighted.data())[0]).toBeCloseTo((1 * 1 + 3 * 4) / 3, 5);
    expect((await binary.data())[0]).toBeCloseTo((1 + 4) / 3, 5);
    tf.dispose([target, prediction, weighted, binary]);
  });

  test('the best constant for 1 and 3 is E[y^2] / E[y] = 2.5', async () => {
    await selectBackend('wasm');
    const parameters = new ParameterSet();
    const constant = parameters.add('constant', [1, 1], Float32Array.of(1));
    const optimizer = new Adam(parameters.trainable(), { learningRate: 0.05 });
    const target = tf.tensor2d([[1], [3], [0]]);
    for (let step = 0; step < 300; step++) {
      await optimizer.minimize(() =>
        weightedSquaredError(target, tf.tile(constant.variable as tf.Tensor2D, [3, 1])),
      );
    }
    expect(constant.values[0]).toBeCloseTo(2.5, 2);
    optimizer.dispose();
    parameters.dispose();
    target.dispose();
  });
});

describe('networks', () => {
  test('softplus of two dense layers with a ReLU between them', async () => {
    await selectBackend('wasm');
    const parameters = new ParameterSet();
    const shape = { nPredictors: 2, hiddenDim: 2, nTargets: 1 };
    const network = new BlockNetwork(parameters, 'b', shape, Rng.fromSeed(0));
    const tensor = (dims: number[], values: number[]) =>
      ({ shape: dims, data: Float32Array.from(values) }) as const;
    parameters.restore(
      new Map([
        ['b/hidden/weight', tensor([2, 2], [1, -1, 2, -2])],
        ['b/hidden/bias', tensor([2], [0.5, 1])],
        ['b/output/weight', tensor([2, 1], [0.3, -0.4])],
        ['b/output/bias', tensor([1], [-0.1])],
      ]),
    );
    const input = CsrMatrix.fromDense(
      DenseMatrix.fromRows([
        [1, 0],
        [0, 0],
      ]),
    );
    const out = network.apply(input);
    const values = await out.data();
    // Hidden 1.5, 0 and 0.5, 1.
    expect(values[0]).toBeCloseTo(Math.log1p(Math.exp(0.3 * 1.5 - 0.1)), 5);
    expect(values[1]).toBeCloseTo(Math.log1p(Math.exp(0.3 * 0.5 - 0.4 - 0.1)), 5);
    const same = network.apply(
      tf.tensor2d([
        [1, 0],
        [0, 0],
      ]),
    );
    expect(await same.data()).toEqual(values);
    tf.dispose([out, same]);
    parameters.dispose();
  });

  test('input is dense where more than a third of it is not 0', async () => {
    await selectBackend('wasm');
    const inputOf = (row: number[]) =>
      new BlockInput(CsrMatrix.fromDense(DenseMatrix.fromRows([[0, 0, 0], row])));
    const [sparse, dense] = [inputOf([1, 0, 1]), inputOf([1, 2, 1])];
    const cell = Int32Array.of(1);
    expect(sparse.take(cell)).toBeInstanceOf(CsrMatrix);
    expect(await (dense.take(cell) as tf.Tensor2D).array()).toEqual([[1, 2, 1]]);
    const nTensors = tf.memory().numTensors;
    dense.dispose();
    expect(tf.memory().numTensors).toBe(nTensors - 1);
  });

  test('each output goes to its own gene', async () => {
    await selectBackend('wasm');
    const blocks = [
      { targets: Int32Array.of(3, 0), predictors: Int32Array.of(1, 2) },
      { targets: Int32Array.of(2, 1), predictors: Int32Array.of(0, 3) },
    ];
    const params = { hiddenDim: 2, dropout: 0, binary: false };
    const networks = new BlockNetworks(blocks, params, Rng.fromSeed(0));
    // Without weights an output is the softplus of its bias.
    const zeroed = (await networks.parameters.capture()).map(
      ([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }] as const,
    );
    const tensors = new Map(zeroed);
    tensors.set('block0/output/bias', { shape: [2], data: Float32Array.of(3, 0.5) });
    tensors.set('block1/output/bias', { shape: [2], data: Float32Array.of(2, 1) });
    networks.parameters.restore(tensors);
    const X = CsrMatrix.fromDense(DenseMatrix.fromRows([[1, 2, 3, 4]]));
    const imputed = await networks.predict(X, {});
    [0.5, 1, 2, 3].forEach((bias, gene) => {
      expect(imputed.get(0, gene)).toBeCloseTo(Math.log1p(Math.exp(bias)), 5);
    });
    const inputs = networks.inputs(X);
    const error = await networks.squaredError(inputs, X, () => 1, {});
    const expected = [...X.data].reduce((sum, x, g) => sum + (x - imputed.get(0, g)) ** 2, 0);
    expect(error).toBeCloseTo(expected, 4);
    for (const input of inputs) input.dispose();
    networks.parameters.dispose();
  });
});

describe('training', () => {
  test('stops when the validation no longer improves, and keeps the best weights', async () => {
    const heldOut = holdOutEntries(await cells(), { testShare: 0.5, rate: 0.2 });
    const model = await fitted(heldOut.data, { epochs: 60, patience: 2, lr: 0.1 });
    const losses = model.history['validation'] ?? [];
    const best = losses.indexOf(Math.min(...losses));
    expect(losses.length).toBeLessThan(60);
    expect(losses.length).toBe(best + 1 + 3); // two epochs are tolerated
    // The kept weights give the best loss: errors of the validation entries, log(1 + count).
    const imputed = await model.predict(heldOut.data, RUN);
    const { validation } = heldOut;
    let [sum, count] = [0, 0];
    for (let i = 0; i < validation.nRows; i++) {
      validation.row(i).indices.forEach((gene, e) => {
        const j = model.genes.indexOf(heldOut.data.varNames[gene]!);
        if (j < 0) return;
        const truth = Math.log1p(validation.row(i).data[e]!);
        sum += (truth - Math.log1p(imputed.get(i, j))) ** 2;
        count += 1;
      });
    }
    expect(sum / count).toBeCloseTo(losses[best]!, 3);
    model.dispose();
  });

  test('without validation entries, on cells left out', async () => {
    const model = await fitted(await cells(), { trainSize: 0.7 });
    expect(model.history['validation']).toHaveLength(6);
    expect(model.history['validation']?.every((loss) => loss > 0)).toBe(true);
    model.dispose();
  });

  test('no epochs leave the initial weights', async () => {
    const model = await fitted(await cells(), { epochs: 0 });
    expect(model.history).toEqual({});
    expect((await model.predict(await cells(), RUN)).data.every(Number.isFinite)).toBe(true);
    model.dispose();
  });
});

test('new cells are imputed each by itself', async () => {
  const data = await cells();
  const model = await fitted(data);
  const all = await model.predict(data, RUN);
  const some = data.subset({ obs: [7, 3] });
  const few = await model.predict(some, RUN);
  [7, 3].forEach((cell, i) => {
    for (let j = 0; j < few.nCols; j++) expect(few.get(i, j)).toBeCloseTo(all.get(cell, j), 4);
  });
  model.dispose();
});
