import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  AbortError,
  AnnData,
  categoricalColumn,
  Checkpointer,
  DataError,
  DenseMatrix,
  MemoryStore,
  Rng,
  silentReporter,
  type FitContext,
  type History,
  type Reporter,
} from '@dance-ts/core';
import { decKl, logSoftAssign, ParameterSet, selectBackend, Sgd } from '@dance-ts/nn';
import * as tf from '@tensorflow/tfjs';
import {
  changedShare,
  decTarget,
  hardLabels,
  trainClusters,
  type ClusterFitValues,
  type SoftAssignment,
} from './cluster-training.js';

const POINTS = [-3, -2.6, -2.2, -0.4, 0.3, 1.9, 2.5, 3.1];
const TRUTH = [0, 0, 0, 0, 1, 1, 1, 1];
const VALUES: ClusterFitValues = { epochs: 6, updateInterval: 1, tol: 0, modelSelection: 'last' };

let parameters = new ParameterSet();
beforeAll(async () => {
  await selectBackend('wasm');
});
afterEach(() => {
  parameters.dispose();
});

/** Two trainable centers on a line, and points that stay where they are. */
async function run(
  values: Partial<ClusterFitValues> = {},
  options: {
    reporter?: Reporter;
    signal?: AbortSignal;
    store?: MemoryStore;
    loss?: (epoch: number, loss: number) => number;
    centers?: [number, number];
  } = {},
): Promise<{ result: SoftAssignment; history: History; centers: number[] }> {
  parameters.dispose();
  parameters = new ParameterSet();
  const initial = Float32Array.from(options.centers ?? [-0.5, 2]);
  const centers = parameters.add('centers', [2, 1], initial);
  const optimizer = new Sgd(parameters.trainable(), { learningRate: 2 });
  const history: History = {};
  const points = (): tf.Tensor2D => tf.tensor2d(POINTS, [POINTS.length, 1]);
  const logQ = (): tf.Tensor2D =>
    logSoftAssign(points(), centers.variable as tf.Variable<tf.Rank.R2>);
  const data = AnnData.fromMatrix(DenseMatrix.zeros(POINTS.length, 1));
  data.obs.set('group', categoricalColumn(Int32Array.from(TRUTH), ['a', 'b']));
  const context: FitContext = {
    rng: Rng.fromSeed(0),
    reporter: options.reporter ?? silentReporter,
    signal: options.signal,
    checkpoint: options.store && new Checkpointer({ store: options.store, everyEpochs: 2 }, 'toy'),
  };
  try {
    const result = await trainClusters(
      {
        ...{ owner: 'Toy', values: { ...VALUES, ...values }, parameters, optimizer, history, data },
        assign: async () => {
          const q = tf.tidy(logQ);
          const values = (await q.data<'float32'>()).slice();
          q.dispose();
          return {
            latent: new DenseMatrix(POINTS.length, 1, Float32Array.from(POINTS)),
            logQ: new DenseMatrix(POINTS.length, 2, values),
          };
        },
        pass: async ({ target, epoch, pacer }) => {
          await pacer.tick();
          const p = tf.tensor2d(target.data, target.shape as [number, number]);
          const loss = await optimizer.minimize(() => decKl(p, logQ()) as tf.Scalar);
          p.dispose();
          return { loss: options.loss?.(epoch, loss) ?? loss };
        },
      },
      context,
    );
    return { result, history, centers: [...(await centers.read())] };
  } finally {
    optimizer.dispose();
  }
}

describe('trainClusters', () => {
  test('moves the centers by one loss an epoch and returns the last assignment', async () => {
    const start = await run({ epochs: 0 });
    expect(start.history).toEqual({});
    const { result, history, centers } = await run();
    expect(history['loss']).toHaveLength(6);
    expect(history['changed']).toHaveLength(5);
    expect(centers).not.toEqual(start.centers);
    expect(result.logQ.data).not.toEqual(start.result.logQ.data);
    const last = await run({ epochs: 7 });
    // The 7th epoch begins where six epochs ended: same weights, same labels.
    expect(last.history['loss']?.slice(0, 6)).toEqual(history['loss']);
  });

  test('stops at the first update that changes less than tol, not before the second', async () => {
    const { history } = await run({ tol: 1.1, epochs: 5 });
    expect(history['loss']).toHaveLength(1);
    expect(history['changed']).toHaveLength(1);
    const patient = await run({ tol: 0, epochs: 5 });
    expect(patient.history['loss']).toHaveLength(5);
  });

  test('keeps the target between updates', async () => {
    const each = await run({ epochs: 4 });
    const rare = await run({ epochs: 4, updateInterval: 2 });
    expect(rare.history['changed']).toHaveLength(1);
    expect(rare.history['loss']?.[0]).toBe(each.history['loss']?.[0]);
    expect(rare.history['loss']?.[1]).not.toBe(each.history['loss']?.[1]);
  });

  test('modelSelection "loss" keeps the weights after the epoch of the lowest loss', async () => {
    const loss = (epoch: number, value: number): number => (epoch === 2 ? -1 : value);
    const best = await run({ modelSelection: 'loss' }, { loss });
    expect(best.centers).toEqual((await run({ epochs: 3 })).centers);
    expect(best.result.logQ).toEqual((await run({ epochs: 3 })).result.logQ);
  });

  test('modelSelection "ari" keeps the best agreement with the labels named', async () => {
    const { result, history } = await run({ modelSelection: 'ari', truth: 'group' });
    const { ari = [] } = history;
    expect(ari).toHaveLength(7);
    const kept = hardLabels(result.logQ);
    const best = ari.indexOf(Math.max(...ari));
    expect(kept).toEqual(hardLabels((await run({ epochs: best })).result.logQ));
    await expect(run({ modelSelection: 'ari', truth: 'other' })).rejects.toThrow(DataError);
  });

  test.each([1, 3])('an interrupted run continues, updates every %p epochs', async (interval) => {
    const values = { updateInterval: interval, modelSelection: 'loss' } as const;
    const whole = await run(values);
    const store = new MemoryStore();
    const abort = new AbortController();
    const reporter: Reporter = {
      ...silentReporter,
      progress: ({ done }) => {
        if (done === 5) abort.abort();
      },
    };
    await expect(run(values, { store, reporter, signal: abort.signal })).rejects.toThrow(
      AbortError,
    );
    const resumed = await run(values, { store });
    expect(resumed.history).toEqual(whole.history);
    expect(resumed.result.logQ).toEqual(whole.result.logQ);
  });

  test('warns of clusters without cells', async () => {
    const messages: string[] = [];
    const message = (level: string, text: string): void => void messages.push(`${level}: ${text}`);
    const reporter = { ...silentReporter, message };
    await run({ epochs: 0 }, { reporter });
    expect(messages).toEqual([]);
    await run({ epochs: 0 }, { reporter, centers: [0, 99] });
    expect(messages).toEqual(['warning: Toy: only 1 of 2 clusters have cells']);
  });

  test('a loss that is not finite names the epoch', async () => {
    const loss = (epoch: number, value: number): number => (epoch === 1 ? NaN : value);
    await expect(run({}, { loss })).rejects.toThrow(/loss is not finite in epoch 1/);
  });
});

test('hardLabels takes the first of the largest', () => {
  const scores = DenseMatrix.fromRows([
    [0.2, 0.5, 0.3],
    [0.4, 0.2, 0.4],
  ]);
  expect([...hardLabels(scores)]).toEqual([1, 0]);
});

test('changedShare', () => {
  expect(changedShare(Int32Array.of(0, 1, 2, 2), Int32Array.of(0, 1, 1, 0))).toBe(0.5);
});

test('decTarget of rows of equal frequency squares the probabilities', () => {
  const q = [
    [0.8, 0.2],
    [0.2, 0.8],
  ];
  const logQ = DenseMatrix.fromRows(q.map((row) => row.map(Math.log)));
  const target = decTarget({ latent: logQ, logQ });
  expect(target.row(0)[0]).toBeCloseTo(0.64 / 0.68, 6);
  expect(target.row(0)[1]).toBeCloseTo(0.04 / 0.68, 6);
});
