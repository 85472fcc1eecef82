import { beforeAll, describe, expect, test } from '@jest/globals';
import { ParamError, silentReporter, type AnnData } from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { SCAG2E, type SCAG2EFitParams, type SCAG2EParams } from './scag2e.js';

const RUN = { reporter: silentReporter };
const SMALL: SCAG2EParams = {
  ...{ nClusters: 3, zDim: 6, cellLayers: [16, 8], geneLayers: [12, 8], device: 'wasm' },
};
const SHORT: SCAG2EFitParams = {
  ...{ epochs: 4, lr: 1e-3, pretrainEpochs: 4, pretrainLrCell: 1e-2, pretrainLrGene: 1e-2 },
  ...{ pretrainBatchCell: 32, pretrainBatchGene: 32, updateInterval: 2, tol: 0 },
};
/** Every term of the loss. */
const ALL_TERMS = {
  ...{ recGamma: 0.3, cluGamma: 0.9, cellGamma: 0.7, geneGamma: 0.4, zinbGamma: 0.2 },
  ...{ cellGraph: 0.05, cellSparse: 0.03, graphGamma: 0.06, graphSparse: 0.02 },
};

async function groups(): Promise<AnnData> {
  return simulateSingleCell({
    ...{ nCells: 90, nGenes: 120, groupProbabilities: [1, 1, 1], seed: 4 },
    ...{ libLoc: 7, deProbability: 0.4, deFacLoc: 1.2 },
  });
}

async function fitted(
  data: AnnData,
  params: SCAG2EParams = {},
  fit: SCAG2EFitParams = {},
): Promise<SCAG2E> {
  const model = new SCAG2E({ ...SMALL, ...params });
  await model.preprocess(data, { nTopGenes: 80, kGraph: 8, ...RUN });
  return model.fit(data, { ...SHORT, ...fit, ...RUN });
}

describe('options', () => {
  let data: AnnData;
  let plain: Float32Array;
  beforeAll(async () => {
    data = await groups();
    plain = (await (await fitted(data)).getLatent(data)).data;
  });

  test.each<[string, SCAG2EParams, SCAG2EFitParams]>([
    ['no product of codes', { recGamma: 0 }, {}],
    ['no clustering loss', { cluGamma: 0 }, {}],
    ['no cell autoencoder', { cellGamma: 0 }, {}],
    ['likelihood of the counts', { zinbGamma: 1 }, {}],
    ['rougher cells', { cellGraph: 0 }, {}],
    ['smoothness not divided', { graphRegNorm: 'none' }, {}],
    ['sparser cells', { cellSparse: 1 }, {}],
    ['smooth genes', { graphGamma: 1 }, {}],
    ['sparse genes', { graphSparse: 1 }, {}],
    ['degrees of freedom', { alpha: 10 }, {}],
    ['no dropout', { dropout: 0 }, {}],
    ['other layers', { cellLayers: [8], geneLayers: [10, 9, 8] }, {}],
    ['the authors code', { compat: 'repo', zinbGamma: 1 }, {}],
    ['pre-training that ends early', {}, { tolPretrainCell: 100 }],
  ])('%s: trains, and changes the embedding', async (_, params, fit) => {
    const latent = await (await fitted(data, params, fit)).getLatent(data);
    expect(latent.data.every(Number.isFinite)).toBe(true);
    expect(latent.data).not.toEqual(plain);
  });

  test('finds the groups, and gives probabilities whose largest is the cluster', async () => {
    const model = await fitted(data, {}, { epochs: 10, pretrainEpochs: 40 });
    expect(await model.score(data, { truth: 'cell_type' })).toBeGreaterThan(0.8);
    const proba = await model.predictProba(data);
    const labels = await model.predict(data);
    labels.forEach((label, i) => {
      expect(proba.get(i, label)).toBe(Math.max(...proba.row(i)));
    });
  });

  test('codes of different widths, and a loss without terms, are refused', () => {
    expect(() => new SCAG2E({ geneLayers: [64, 16] })).toThrow(/geneLayers/);
    const none = { recGamma: 0, cluGamma: 0, cellGamma: 0, geneGamma: 0, zinbGamma: 0 };
    expect(() => new SCAG2E(none)).toThrow(ParamError);
  });
});

describe('history', () => {
  test('the loss is the weighted sum of its terms', async () => {
    const { history } = await fitted(await groups(), { ...ALL_TERMS, dropout: 0 });
    const weights: Record<string, number> = {
      ...{ rec: 0.3, kl: 0.9, cell: 0.7, cellGraph: 0.7 * 0.05, cellSparse: 0.7 * 0.03 },
      ...{ gene: 0.4, geneGraph: 0.06, geneSparse: 0.02, zinb: 0.2 },
    };
    history['loss']?.forEach((loss, epoch) => {
      const terms = Object.entries(weights).map(
        ([term, weight]) => weight * (history[term]?.[epoch] ?? NaN),
      );
      const sum = terms.reduce((total, term) => total + term);
      expect(Math.abs(loss - sum) / sum).toBeLessThan(1e-6);
    });
    expect(history['loss']).toHaveLength(4);
  });

  test('terms of weight 0 are not worked out, and the authors code has no penalties', async () => {
    const { history } = await fitted(await groups(), { ...ALL_TERMS, compat: 'repo' });
    expect(Object.keys(history).sort()).toEqual(
      ['pretrainCellLoss', 'pretrainGeneLoss', 'changed', 'loss', 'rec', 'kl', 'cell', 'gene']
        .concat('zinb')
        .sort(),
    );
  });

  test('pre-training stops once its loss is low enough, each part for itself', async () => {
    const { history } = await fitted(await groups(), {}, { tolPretrainCell: 100 });
    expect(history['pretrainCellLoss']).toHaveLength(1);
    expect(history['pretrainGeneLoss']).toHaveLength(4);
  });

  test('neither phase: clusters of the untrained embedding', async () => {
    const data = await groups();
    const model = await fitted(data, {}, { epochs: 0, pretrainEpochs: 0 });
    expect(model.history).toEqual({});
    expect(await model.predict(data)).toHaveLength(90);
  });
});

test('gene code and cell code learn from each other only with the product of codes', async () => {
  const data = await groups();
  const latentWith = async (params: SCAG2EParams): Promise<Float32Array> =>
    (await (await fitted(data, { recGamma: 0, ...params })).getLatent(data)).data;
  expect(await latentWith({ geneGamma: 5 })).toEqual(await latentWith({ geneGamma: 1 }));
  expect(await latentWith({ geneGamma: 5, recGamma: 1 })).not.toEqual(
    await latentWith({ geneGamma: 1, recGamma: 1 }),
  );
});

test('the product of codes begins at its best scale, in the authors code at any', async () => {
  const data = await groups();
  const firstError = async (compat: 'paper' | 'repo'): Promise<number> =>
    (await fitted(data, { compat, dropout: 0 })).history['rec']?.[0] ?? NaN;
  const model = new SCAG2E(SMALL);
  await model.preprocess(data, { nTopGenes: 80, kGraph: 8, ...RUN });
  const { X } = model.prepared(data);
  // What a product of 0 everywhere would cost.
  const nothing = X.data.reduce((sum, x) => sum + x * x, 0) / (X.nRows * X.nCols);
  expect(await firstError('paper')).toBeLessThan(nothing);
  expect(await firstError('repo')).toBeGreaterThan(nothing);
});

test('joint training drops out, except in the authors code', async () => {
  const data = await groups();
  const lossesWith = async (compat: 'paper' | 'repo', dropout: number): Promise<unknown> =>
    (await fitted(data, { compat, dropout }, { pretrainEpochs: 0 })).history['loss'];
  expect(await lossesWith('repo', 0.5)).toEqual(await lossesWith('repo', 0));
  expect(await lossesWith('paper', 0.5)).not.toEqual(await lossesWith('paper', 0));
});
