import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  CsrMatrix,
  DataError,
  MemoryStore,
  ParamError,
  silentReporter,
  type AnnData,
} from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { adjustedRandIndex } from '@dance-ts/metrics';
import { readPairwiseConstraints } from '@dance-ts/transforms';
import {
  ScDCC,
  type ScDCCFitParams,
  type ScDCCParams,
  type ScDCCPreprocessParams,
} from './scdcc.js';

const TRUTH = 'cell_type';
const RUN = { reporter: silentReporter };
const SMALL: ScDCCParams = { nClusters: 3, zDim: 4, encodeLayer: [12, 6], device: 'wasm' };
const SHORT: ScDCCFitParams = {
  ...{ epochs: 2, pretrainEpochs: 3, batchSize: 32, pretrainBatchSize: 32, lr: 0.1, tol: 0 },
};
const PAIRS: ScDCCPreprocessParams = { nPairwise: 50, labelCells: 0.3, pairLabels: TRUTH };

async function groups(): Promise<AnnData> {
  return simulateSingleCell({
    ...{ nCells: 70, nGenes: 60, groupProbabilities: [1, 1, 1], seed: 4 },
    ...{ libLoc: 7, deProbability: 0.4, deFacLoc: 1.2 },
  });
}

interface Given {
  params?: ScDCCParams;
  fit?: ScDCCFitParams;
  preprocess?: ScDCCPreprocessParams;
}

async function fitted(data: AnnData, { params, fit, preprocess = PAIRS }: Given = {}) {
  const model = new ScDCC({ ...SMALL, ...params });
  await model.preprocess(data, { ...preprocess, ...RUN });
  return model.fit(data, { ...SHORT, ...fit, ...RUN });
}

/** Links by cell numbers, as a user writes them into obsp. */
function link(data: AnnData, key: 'must_link' | 'cannot_link', pairs: [number, number][]): void {
  const [first, second] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
  const ones = pairs.map(() => 1);
  data.obsp.set(key, CsrMatrix.fromTriplets(data.nObs, data.nObs, first, second, ones));
}

describe('options', () => {
  let plain = new Float32Array(0);
  beforeAll(async () => {
    const data = await groups();
    plain = Float32Array.from((await (await fitted(data)).getLatent(data)).data);
  });

  test.each<[string, Given]>([
    ['no pairs', { preprocess: {} }],
    ['fewer pairs', { preprocess: { ...PAIRS, nPairwise: 10 } }],
    ['wrong pairs', { preprocess: { ...PAIRS, nPairwiseError: 0.5 } }],
    ['pairs of other cells', { preprocess: { ...PAIRS, labelCells: 1 } }],
    ['a heavier must-link loss', { params: { mlWeight: 3 } }],
    ['a heavier cannot-link loss', { params: { clWeight: 3 } }],
    ['a lighter must-link loss in this fit', { fit: { mlP: 0.1 } }],
    ['a lighter cannot-link loss in this fit', { fit: { clP: 0.1 } }],
    ['a stronger clustering loss', { params: { gamma: 3 } }],
  ])('%s: trains, and changes the embedding', async (_, given) => {
    const data = await groups();
    const model = await fitted(data, given);
    const { data: latent } = await model.getLatent(data);
    expect(latent.every(Number.isFinite)).toBe(true);
    expect(latent).not.toEqual(plain);
  });

  test('a factor of the fit is the same as a weight of the model', async () => {
    const data = await groups();
    const weight = await fitted(data, { params: { mlWeight: 2, clWeight: 0.5 } });
    const factor = await fitted(data, { fit: { mlP: 2, clP: 0.5 } });
    expect(await factor.getLatent(data)).toEqual(await weight.getLatent(data));
  });
});

describe('pairs', () => {
  test('have loss terms of their own, which fall', async () => {
    const { history } = await fitted(await groups(), { fit: { epochs: 8 } });
    for (const term of ['loss', 'zinb', 'kl', 'mustLink', 'cannotLink']) {
      expect(history[term]).toHaveLength(8);
    }
    expect(history['mustLink']?.at(-1)).toBeLessThan(history['mustLink']?.[0] ?? 0);
  });

  test('none: neither loss terms nor a look at the labels', async () => {
    const data = await groups();
    data.obs.delete(TRUTH);
    data.channels = {};
    const { history } = await fitted(data, { preprocess: {} });
    expect(Object.keys(history).sort()).toEqual(['changed', 'kl', 'loss', 'pretrainLoss', 'zinb']);
    await expect(fitted(data, { preprocess: { nPairwise: 5 } })).rejects.toThrow(ParamError);
    await expect(fitted(data)).rejects.toThrow(DataError);
  });

  test.each([
    ['must_link', 0, 1],
    ['cannot_link', 0, 0],
  ] as const)('of the user in %s are obeyed, even between groups %d and %d', async (key, g, h) => {
    const data = await groups();
    const { codes } = data.labels(TRUTH);
    const cellsOf = (group: number): number[] =>
      Array.from(codes.keys()).filter((cell) => codes[cell] === group);
    const [first, second] = [cellsOf(g).slice(0, 8), cellsOf(h).slice(8, 16)];
    const pairs = first.flatMap((a) => second.map((b): [number, number] => [a, b]));
    const together = async (): Promise<number> => {
      const fit = { epochs: 12, lr: 1, pretrainEpochs: 20, pretrainLr: 1e-2 };
      const model = await fitted(data, { params: { sigma: 1 }, fit, preprocess: {} });
      const q = await model.predictProba(data);
      const same = pairs.map(([a, b]) =>
        q.row(a).reduce((sum, value, k) => sum + value * q.row(b)[k]!, 0),
      );
      return same.reduce((sum, value) => sum + value, 0) / pairs.length;
    };
    const free = await together();
    link(data, key, pairs);
    const linked = await together();
    if (key === 'must_link') expect(linked).toBeGreaterThan(free + 0.1);
    else expect(linked).toBeLessThan(free - 0.1);
  });

  test('of a cell that preprocessing drops are dropped with it', async () => {
    const data = await groups();
    const X = data.X.toDense();
    X.row(3).fill(0);
    data.X = X;
    link(data, 'must_link', [
      [2, 3],
      [4, 5],
    ]);
    const model = await fitted(data, { preprocess: {} });
    expect(readPairwiseConstraints(model.prepared(data)).mustLink).toEqual([[3, 4]]);
    expect((await model.predict(data))[3]).toBe(-1);
  });
});

describe('scores', () => {
  test('leave out the cells that are in a pair, also after loading', async () => {
    const data = await groups();
    const model = await fitted(data);
    const { mustLink, cannotLink } = readPairwiseConstraints(model.prepared(data));
    const told = new Set([...mustLink, ...cannotLink].flat());
    expect(told.size).toBeGreaterThan(10);
    const labels = await model.predict(data);
    const { codes } = data.labels(TRUTH);
    const others = Array.from(codes.keys()).filter((cell) => !told.has(cell));
    const expected = adjustedRandIndex(
      others.map((cell) => codes[cell]!),
      others.map((cell) => labels[cell]!),
    );
    expect(await model.score(data, { truth: TRUTH })).toBe(expected);
    const store = new MemoryStore();
    await model.save(store);
    expect(await (await ScDCC.load(store)).score(data, { truth: TRUTH })).toBe(expected);
  });

  test('take all cells with compat "dance", and without pairs', async () => {
    const data = await groups();
    for (const given of [{ params: { compat: 'dance' } }, { preprocess: {} }] as Given[]) {
      const model = await fitted(data, given);
      const labels = await model.predict(data);
      const expected = adjustedRandIndex(data.labels(TRUTH).codes, labels);
      expect(await model.score(data, { truth: TRUTH })).toBe(expected);
    }
  });

  test('of data whose labels were all told are refused', async () => {
    const data = await groups();
    link(
      data,
      'must_link',
      Array.from({ length: 35 }, (_, i) => [2 * i, 2 * i + 1]),
    );
    const model = await fitted(data, { preprocess: {} });
    await expect(model.score(data, { truth: TRUTH })).rejects.toThrow(/no cell has a label/);
  });
});
