import { describe, expect, test } from '@jest/globals';
import { defineParams, ParamError, type RegisteredModel } from '@dance-ts/core';
import { z } from 'zod';
import { chosen, hashOf, planCells, type CellPlan } from './cells.js';

const spec = {
  id: 'toy',
  params: defineParams({
    nClusters: z.int().default(10),
    device: z.string().default('auto'),
    seed: z.int().default(0),
  }),
  fitParams: defineParams({
    epochs: z.int().default(30),
    pretrainEpochs: z.int().default(25),
    warmup: z.int().default(5),
    lr: z.number().default(0.1),
  }),
  preprocessParams: defineParams({ nTopGenes: z.int().default(3000) }),
};
const model = { spec, model: undefined, datasets: [] } as unknown as RegisteredModel;

const PLAN: CellPlan = {
  models: [model],
  datasets: [
    { name: 'a', nClasses: 3 },
    { name: 'b', nClasses: 4 },
  ],
  nSeeds: 2,
  epochsScale: 1,
  nTopGenes: 2000,
  device: 'wasm',
  peers: new Set(),
  settings: [],
  consensus: false,
};

describe('the cells of a plan', () => {
  test('controls, untrained and trained; every data set before the next seed', async () => {
    const cells = await planCells(PLAN);
    expect(cells.map(({ spec: { kind, dataset, seed } }) => `${seed}${dataset} ${kind}`)).toEqual([
      ...['0a controls', '0a untrained', '0a trained', '0b controls', '0b untrained', '0b trained'],
      ...['1a controls', '1a untrained', '1a trained', '1b controls', '1b untrained', '1b trained'],
    ]);
    expect(new Set(cells.map(({ hash }) => hash)).size).toBe(12);
    expect(cells.every(({ hash }) => /^[0-9a-f]{16}$/.test(hash))).toBe(true);
  });

  test('parameters: published epochs, the number of classes, the genes of the profile', async () => {
    const [controls, untrained, trained] = (await planCells(PLAN)).map((cell) => cell.spec);
    expect(trained?.params).toEqual({
      model: { nClusters: 3, device: 'wasm' },
      fit: { epochs: 30, pretrainEpochs: 25, warmup: 5, lr: 0.1 },
      preprocess: { nTopGenes: 2000 },
    });
    expect(untrained?.params?.fit).toEqual({ epochs: 0, pretrainEpochs: 0, warmup: 0, lr: 0.1 });
    expect(controls).toMatchObject({ model: null, params: null, nTopGenes: 2000, nClasses: 3 });
  });

  test('a setting changes what it names, and comes after the defaults', async () => {
    const own = { name: 'slow', title: 'slow', supervised: false };
    const params = { fit: { lr: 0.01 }, model: { nClusters: 5 } };
    const settings = [
      { ...own, model: 'toy', params },
      { ...own, name: 'no', model: 'other', params },
    ];
    const defaults = await planCells({ ...PLAN, nSeeds: 1 });
    const cells = await planCells({ ...PLAN, nSeeds: 1, settings });
    const added = cells.filter(({ spec }) => spec.setting === 'slow').map(({ spec }) => spec);
    expect(added.map(({ dataset, kind }) => `${dataset} ${kind}`)).toEqual([
      ...['a untrained', 'a trained', 'b untrained', 'b trained'],
    ]);
    const [before, first] = added;
    expect(before?.params?.fit).toEqual({ epochs: 0, pretrainEpochs: 0, warmup: 0, lr: 0.01 });
    expect(first?.params?.fit).toEqual({ epochs: 30, pretrainEpochs: 25, warmup: 5, lr: 0.01 });
    expect(first?.params?.model).toEqual({ nClusters: 5, device: 'wasm' });
    const others = cells.filter(({ spec }) => spec.setting === undefined);
    expect(others.map(({ hash }) => hash)).toEqual(defaults.map(({ hash }) => hash));
  });

  test('a setting of the training only has the untrained network of the defaults', async () => {
    const params = { fit: { lr: 0.01 } };
    const slow = { name: 'slow', title: 'slow', supervised: false, model: 'toy', params };
    const cells = await planCells({ ...PLAN, nSeeds: 1, settings: [slow] });
    const added = cells.filter(({ spec }) => spec.setting === 'slow').map(({ spec }) => spec);
    expect(added.map(({ dataset, kind }) => `${dataset} ${kind}`)).toEqual([
      'a trained',
      'b trained',
    ]);
  });

  test('a consensus of the trained models follows them', async () => {
    const cells = await planCells({ ...PLAN, nSeeds: 1, consensus: true });
    const last = cells[3];
    expect(last?.spec).toMatchObject({ kind: 'consensus', dataset: 'a', model: null });
    expect(last?.spec.members).toEqual([cells[2]?.hash]);
    expect(cells).toHaveLength(8);
  });

  test('a consensus of all seeds follows those of each', async () => {
    const cells = await planCells({ ...PLAN, consensus: true });
    const trained = cells.filter(({ spec }) => spec.kind === 'trained' && spec.dataset === 'b');
    expect(cells.at(-1)?.spec).toMatchObject({
      ...{ kind: 'consensus', dataset: 'b', seed: 0, nSeeds: 2 },
      members: trained.map(({ hash }) => hash),
    });
    expect(cells.filter(({ spec }) => spec.kind === 'consensus')).toHaveLength(6);
  });

  test('the peer of a model has its parameters, but no device', async () => {
    const cells = await planCells({ ...PLAN, peers: new Set(['toy']) });
    const [, , trained, peer] = cells.map((cell) => cell.spec);
    expect(peer).toEqual({
      ...trained,
      kind: 'peer',
      params: { ...trained?.params, model: { nClusters: 3 } },
    });
    const onBlas = await planCells({ ...PLAN, device: 'blas', peers: new Set(['toy']) });
    expect(onBlas[3]?.hash).toBe(cells[3]?.hash);
    expect(onBlas[2]?.hash).not.toBe(cells[2]?.hash);
    const none = await planCells({ ...PLAN, peers: new Set(['other']) });
    expect(none.filter(({ spec: { kind } }) => kind === 'peer')).toEqual([]);
  });

  test('epochs are scaled up to whole ones; without a profile the model decides', async () => {
    const cells = await planCells({ ...PLAN, epochsScale: 0.1, nTopGenes: null });
    const trained = cells.find((cell) => cell.spec.kind === 'trained')?.spec;
    expect(trained?.params?.fit).toEqual({ epochs: 3, pretrainEpochs: 3, warmup: 1, lr: 0.1 });
    expect(trained?.params?.preprocess).toEqual({ nTopGenes: 3000 });
  });

  test('the order of the parameters makes no other cell, any value does', async () => {
    const [first] = await planCells(PLAN);
    if (first === undefined) throw new Error('no cell');
    const reversed = Object.fromEntries(Object.entries(first.spec).reverse());
    expect(await hashOf(reversed as never)).toBe(first.hash);
    expect(await hashOf({ ...first.spec, nClasses: 4 })).not.toBe(first.hash);
  });
});

test('models and data sets are chosen by name', () => {
  const all = new Map([
    ['x', 1],
    ['y', 2],
  ]);
  expect(chosen('models', undefined, all)).toEqual([1, 2]);
  expect(chosen('models', 'y, x', all)).toEqual([2, 1]);
  expect(() => chosen('models', 'z', all)).toThrow(ParamError);
  expect(() => chosen('models', 'z', all)).toThrow(/one of x, y/);
});
