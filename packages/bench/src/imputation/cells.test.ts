import { describe, expect, test } from '@jest/globals';
import { defineParams, type RegisteredModel } from '@dance-ts/core';
import { z } from 'zod';
import { hashOf } from '../clustering-bench/cells.js';
import { IMPUTATION_DATASETS, planImputationCells, type ImputationPlan } from './cells.js';

const spec = {
  id: 'toy',
  params: defineParams({ device: z.string().default('auto'), seed: z.int().default(0) }),
  fitParams: defineParams({ epochs: z.int().default(30) }),
  preprocessParams: defineParams({ minCells: z.int().default(3) }),
};
const model = { spec, model: undefined, datasets: [] } as unknown as RegisteredModel;

const PLAN: ImputationPlan = {
  models: [model],
  datasets: [
    { name: 'a', protocols: ['mask', 'split'] },
    { name: 'b', protocols: ['null'] },
  ],
  nSeeds: 2,
  device: 'wasm',
  peers: new Set(['toy']),
};

describe('the cells of a plan', () => {
  test('every data set and protocol before the next seed, controls first, no peers of the null', () => {
    const cells = planImputationCells(PLAN);
    const names = cells.map(({ kind, protocol, dataset, seed }) =>
      [seed, dataset, protocol, kind].join(' '),
    );
    expect(names.slice(0, 8)).toEqual([
      ...['0 a mask controls', '0 a mask model', '0 a mask peer'],
      ...['0 a split controls', '0 a split model', '0 a split peer'],
      ...['0 b null controls', '0 b null model'],
    ]);
    expect(names.slice(8)).toEqual(names.slice(0, 8).map((name) => `1${name.slice(1)}`));
  });

  test('defaults of the model, the seed apart; no peers that cannot run', () => {
    const cells = planImputationCells({ ...PLAN, peers: new Set() });
    expect(cells.some(({ kind }) => kind === 'peer')).toBe(false);
    expect(cells.find(({ kind }) => kind === 'model')?.params).toEqual({
      model: { device: 'wasm' },
      fit: { epochs: 30 },
      preprocess: { minCells: 3 },
    });
  });

  test('a model is left out where the data set says so, its peer too', () => {
    const datasets = [{ name: 'a', protocols: ['mask'], without: ['toy'] }] as const;
    const cells = planImputationCells({ ...PLAN, datasets });
    expect(cells.map(({ kind, seed }) => [kind, seed])).toEqual([
      ['controls', 0],
      ['controls', 1],
    ]);
  });

  test('no two cells have one name', async () => {
    const hashes = await Promise.all(planImputationCells(PLAN).map(hashOf));
    expect(new Set(hashes).size).toBe(16);
  });
});

test('data whose counts are not whole are not split', () => {
  const grun = IMPUTATION_DATASETS.find(({ name }) => name === 'grun_mesc_251');
  expect(grun?.protocols).toEqual(['mask']);
});

test('models that are left out of a large data set are run on a cut of it', () => {
  const from = (name: string) => IMPUTATION_DATASETS.some(({ cut }) => cut?.from === name);
  const large = IMPUTATION_DATASETS.filter(({ without = [] }) => without.length > 0);
  expect(large.length).toBeGreaterThan(0);
  expect(large.filter(({ name }) => !from(name))).toEqual([]);
});
