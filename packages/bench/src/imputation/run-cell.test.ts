import '@dance-ts/imputation';
import { ParamError } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { benchmarkGenes, loadBenchmarkData } from './benchmark-data.js';
import type { ImputationCell } from './cells.js';
import { runImputationCell } from './run-cell.js';

const CELL: ImputationCell = {
  ...{ schema: 1, kind: 'controls', protocol: 'split', model: null },
  ...{ dataset: 'sim-imputation', seed: 3, params: null },
};
const OPTIONS = { command: 'npm run it', python: undefined };

describe('the data of a cell', () => {
  test('genes are chosen on what is left, the same of everything', async () => {
    const { seen, heldOut, groups, expected, record } = await loadBenchmarkData(
      ...(['sim-imputation', 'mask', 3, {}] as const),
    );
    expect(seen.nVars).toBe(benchmarkGenes(seen).length);
    expect(record.nVars).toBe(seen.nVars);
    expect([...seen.layers.keys()]).toEqual(['validation']);
    expect(groups?.length).toBe(400);
    if (heldOut?.kind !== 'entries') throw new Error('no entries');
    expect(heldOut.test.shape).toEqual(seen.X.shape);
    for (let i = 0; i < 50; i++) {
      for (const gene of heldOut.test.row(i).indices) expect(seen.X.get(i, gene)).toBe(0);
    }
    const shares = Array.from({ length: seen.nVars }, (_, gene) => {
      let n = 0;
      for (let i = 0; i < 400; i++) if (seen.X.get(i, gene) > 0) n += 1;
      return n / 400;
    });
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.05);
    expect(expected?.get(0, 0)).toBeGreaterThan(0);
  });

  test('of the null: all counts, and no layer that tells their means', async () => {
    const { seen, heldOut, groups } = await loadBenchmarkData(
      ...(['sim-imputation-null', 'null', 0, {}] as const),
    );
    expect(heldOut).toBeUndefined();
    expect(groups).toBeUndefined();
    expect([...seen.layers.keys()]).toEqual([]);
  });
});

const dataDir = process.env['DANCE_DATA_DIR'];
const onRealData = dataDir === undefined ? test.skip : test;
if (dataDir === undefined) console.warn('tests on real data skipped: DANCE_DATA_DIR is not set');

onRealData('a cut has the same cells for every seed, and genes counted among them', async () => {
  const name = 'mouse_es_klein_1000x900_300_cells';
  const [one, two] = [
    await loadBenchmarkData(name, 'split', 0, {}),
    await loadBenchmarkData(name, 'split', 1, {}),
  ];
  expect(one.record).toMatchObject({ name: 'mouse_es_klein_1000x900', nObs: 300 });
  expect(new Set(one.seen.obsNames).size).toBe(300);
  expect(two.seen.obsNames).toEqual(one.seen.obsNames);
  expect(one.groups?.length).toBe(300);
  expect(one.heldOut?.data.nObs).toBe(300);
});

describe('running', () => {
  test('controls: the profile of all cells beats the counts as they are', async () => {
    const result = await runImputationCell(CELL, OPTIONS);
    expect(result).toMatchObject({ schema: 1, cell: CELL, command: 'npm run it', seconds: null });
    expect(Object.keys(result.scores)).toEqual([
      ...['observed', 'mean profile', 'nearest cells', 'truncated SVD', 'ALRA'],
    ]);
    const deviance = (name: string): number => result.scores[name]?.['poisson_deviance'] ?? NaN;
    expect(deviance('mean profile')).toBeLessThan(deviance('observed'));
    expect(result.scores['mean profile']?.['d2']).toBeCloseTo(0, 5);
    expect(result.scores['observed']?.['coverage']).toBe(1);
  });

  test('a model: scores of all genes, and what it cost', async () => {
    const params = { model: { k: 8, ka: 3 }, fit: { t: 1 }, preprocess: { nComponents: 5 } };
    const cell = { ...CELL, kind: 'model', model: 'magic', params } as const;
    const { scores, seconds, peakRssBytes } = await runImputationCell(cell, OPTIONS);
    expect(Object.keys(scores)).toEqual(['magic']);
    expect(scores['magic']?.['coverage']).toBeGreaterThan(0.5);
    expect(Object.keys(seconds ?? {})).toEqual(['preprocess', 'fit', 'fitCpu', 'predict']);
    expect(peakRssBytes).toBeGreaterThan(2 ** 20);
  });

  test('a peer without Python is refused', async () => {
    const cell = { ...CELL, kind: 'peer', model: 'magic' } as const;
    await expect(runImputationCell(cell, OPTIONS)).rejects.toThrow(ParamError);
  });
});
