import {
  AbortError,
  AnnData,
  CsrMatrix,
  DataError,
  DenseMatrix,
  MemoryStore,
  silentReporter,
  toCsr,
} from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { holdOutEntries, type HeldOutEntries } from './held-out.js';
import { inverseDistance, linksWithinCluster, rowsOfSumOne } from './scgnn2-graph.js';
import { ScGNN2, type ScGNN2FitParams, type ScGNN2Params } from './scgnn2.js';

const RUN = { reporter: silentReporter };
const SMALL: ScGNN2Params = { hiddenDim: 24, latentDim: 12, neighborhood: 5, device: 'wasm' };
const FIT: ScGNN2FitParams = {
  ...{ epochs: 8, emEpochs: 5, clusterEpochs: 5, graphEpochs: 5, iterations: 2, lr: 0.01 },
  ...{ ariThreshold: 1, graphThreshold: 0 },
};

let data: AnnData;
let heldOut: HeldOutEntries;

beforeAll(async () => {
  const options = { nCells: 60, nGenes: 40, groupProbabilities: [0.5, 0.5], deProbability: 0.5 };
  data = await simulateSingleCell({ ...options, deFacLoc: 1, libLoc: 6, seed: 4 });
  heldOut = holdOutEntries(data, { distribution: 'uniform' });
});

async function fitted(
  seen: AnnData,
  fit: ScGNN2FitParams = {},
  params: ScGNN2Params = {},
): Promise<ScGNN2> {
  const model = new ScGNN2({ ...SMALL, ...params });
  await model.preprocess(seen, RUN);
  return model.fit(seen, { ...FIT, ...RUN, ...fit });
}

async function imputed(model: ScGNN2, seen: AnnData): Promise<Float32Array> {
  return ((await model.predict(seen, RUN)) as DenseMatrix).data;
}

describe('graph', () => {
  test('weights are inverse distances, bounded for equal cells', () => {
    const distances = Float32Array.of(2, 4, 0, 2);
    const weight = inverseDistance({ distances, indices: new Int32Array(4), n: 2, k: 2 });
    expect([0, 1].map(weight)).toEqual([0.5, 0.25]);
    expect(weight(2)).toBeCloseTo(500, 6); // the mean distance is 2
    const equal = { distances: new Float32Array(4), indices: new Int32Array(4), n: 2, k: 2 };
    expect(inverseDistance(equal)(0)).toBe(1);
  });

  test('links within a cluster: column sums of the row-normalized graph, restricted', () => {
    const graph = CsrMatrix.fromDense(
      DenseMatrix.fromRows([
        [0, 9, 9, 9],
        [9, 0, 9, 0],
        [9, 9, 0, 0],
        [9, 0, 0, 0],
      ]),
    );
    const sums = linksWithinCluster(graph, Int32Array.of(0, 1, 3));
    // Row 0 gives 1/3 to cells 1 and 3, row 1 gives 1/2 to cell 0, row 3 gives 1 to cell 0.
    [1.5, 1 / 3, 0, 1 / 3].forEach((sum, cell) => {
      expect(sums[cell]).toBeCloseTo(sum, 12);
    });
  });

  test('rows of sum one, small rows as they are', () => {
    const rows = rowsOfSumOne(DenseMatrix.fromRows([[1, 3], [0.25, 0.5]])); // prettier-ignore
    expect([...rows.data]).toEqual([0.25, 0.75, 0.25, 0.5]);
  });
});

test('every phase leaves its losses; held-out counts are found better than untrained', async () => {
  const untrained = await fitted(heldOut.data, { epochs: 0, iterations: 0, graphEpochs: 0 });
  const model = await fitted(heldOut.data, { epochs: 60, clusterEpochs: 25 });
  const lengths = Object.entries(model.history).map(([key, list]) => [key, list.length]);
  expect(Object.fromEntries(lengths)).toEqual({
    ...{ loss: 60, feature_loss: 2 * 5, cluster_loss: 2 },
    ...{ graph_loss: 3 * 5, graph_reconstruction: 3 * 5, graph_kl: 3 * 5 },
    ...{ ari_with_previous: 2, graph_change: 2, n_clusters: 2 },
  });
  const { loss = [] } = model.history;
  expect(loss.at(-1)).toBeLessThan(0.7 * loss[0]!);
  const score = await model.score(heldOut.data, { heldOut, ...RUN });
  expect(score).toBeLessThan(0.7 * (await untrained.score(heldOut.data, { heldOut, ...RUN })));
});

test('what was held out changes nothing', async () => {
  const changed = toCsr(data.X).copy();
  const altered = new AnnData({ X: changed, obs: data.obs, var: data.var });
  for (let i = 0; i < data.nObs; i++) {
    for (const gene of heldOut.test.row(i).indices) {
      changed.data[changed.indptr[i]! + changed.row(i).indices.indexOf(gene)]! += 5;
    }
  }
  const other = holdOutEntries(altered, { distribution: 'uniform' });
  expect(other.test.data).not.toEqual(heldOut.test.data);
  const [model, again] = [await fitted(heldOut.data), await fitted(other.data)];
  expect(await imputed(again, other.data)).toEqual(await imputed(model, heldOut.data));
});

test('each part of the model does something', async () => {
  const variants: [ScGNN2Params, ScGNN2FitParams][] = [
    [{}, {}],
    [{ ltmg: true }, {}],
    [{ graphLayers: 'gat' }, {}],
    [{ graphFeatures: 'binary' }, {}],
    [{ graphFeatures: 'row-sums' }, {}],
    [{ retainWeights: true }, {}],
    [{ clusterOn: 'both' }, {}],
    [{ clusterOn: 'feature' }, {}],
    [{ louvainOnly: true }, {}],
    [{}, { iterations: 0 }],
    [{}, { observedWeight: 0 }],
    [{}, { graphWeight: 0 }],
    [{}, { l1: 0 }],
    [{}, { batchSize: 20 }],
  ];
  const nTensors = tf.memory().numTensors;
  const seen = new Set<string>();
  for (const [params, fit] of variants) {
    const short = { iterations: 1, epochs: 4, clusterEpochs: 3, graphEpochs: 3, ...fit };
    const values = await imputed(await fitted(heldOut.data, short, params), heldOut.data);
    expect(values.every((value) => value >= 0 && Number.isFinite(value))).toBe(true);
    seen.add(values.join());
  }
  // Clusters may coincide where only what is clustered differs; the losses may not.
  expect(seen.size).toBeGreaterThanOrEqual(variants.length - 3);
  expect(tf.memory().numTensors).toBe(nTensors);
});

test('iterations end early, unless all are wanted', async () => {
  const always = { iterations: 3, ariThreshold: -1 };
  expect((await fitted(data, always)).history['n_clusters']).toHaveLength(1);
  const all = { ...always, earlyStop: false };
  expect((await fitted(data, all)).history['n_clusters']).toHaveLength(3);
});

test('a fit stopped in the second iteration continues to the same result', async () => {
  const whole = await fitted(heldOut.data);
  const abort = new AbortController();
  let rounds = 0;
  const progress = ({ task, done }: { task: string; done: number }): void => {
    if (task === 'ScGNN2 features: epoch' && done === 2 && ++rounds === 2) abort.abort();
  };
  const checkpoint = { store: new MemoryStore(), everyEpochs: 3 };
  const model = new ScGNN2(SMALL);
  await model.preprocess(heldOut.data, RUN);
  const options = { ...FIT, ...RUN, checkpoint };
  const reporter = { ...silentReporter, progress };
  await expect(
    model.fit(heldOut.data, { ...options, reporter, signal: abort.signal }),
  ).rejects.toThrow(AbortError);
  await model.fit(heldOut.data, options);
  expect(await imputed(model, heldOut.data)).toEqual(await imputed(whole, heldOut.data));
  expect(model.history).toEqual(whole.history);
});

test('a saved model says the same; two cells are refused', async () => {
  const model = await fitted(heldOut.data);
  const store = new MemoryStore();
  await model.save(store);
  const loaded = await ScGNN2.load(store);
  expect(await imputed(loaded, heldOut.data)).toEqual(await imputed(model, heldOut.data));
  await expect(fitted(data.subset({ obs: Int32Array.of(0, 1) }))).rejects.toThrow(DataError);
});

test('validation entries choose the epoch on request; without any that is refused', async () => {
  const fit = { clusterEpochs: 25, iterations: 1, lr: 0.03 };
  const last = await fitted(heldOut.data, fit);
  const best = await fitted(heldOut.data, { ...fit, modelSelection: 'validation' });
  expect(await imputed(best, heldOut.data)).not.toEqual(await imputed(last, heldOut.data));
  const onValidation = { ...heldOut, test: heldOut.validation };
  const [chosen, plain] = await Promise.all(
    [best, last].map((model) => model.score(heldOut.data, { heldOut: onValidation, ...RUN })),
  );
  expect(chosen).toBeLessThan(plain ?? 0);
  await expect(fitted(data, { modelSelection: 'validation' })).rejects.toThrow(DataError);
});
