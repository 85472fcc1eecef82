import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { AbortError, ParamError, toCsr, type AnnData, type NumericArray } from '@dance-ts/core';
import { simulateEmbedded } from './embedded.js';
import { simulateSingleCell } from './single-cell.js';

function column(data: AnnData, table: 'obs' | 'var', name: string): NumericArray {
  const found = data[table].get(name);
  if (found.kind !== 'numeric') throw new Error(`${name} is not numeric`);
  return found.values;
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values: ArrayLike<number>): number {
  const center = mean(values);
  return mean(Array.from(values, (value) => (value - center) ** 2));
}

describe('simulateSingleCell', () => {
  test('integer counts with the true values beside them', async () => {
    const data = await simulateSingleCell({ nCells: 50, nGenes: 80, groupProbabilities: [1, 3] });
    const X = toCsr(data.X);
    expect(X.shape).toEqual([50, 80]);
    expect(X.data.every((value) => Number.isInteger(value) && value > 0)).toBe(true);
    expect(data.labels('cell_type').categories).toEqual(['Group1', 'Group2']);
    expect(data.var.columnNames).toEqual(
      expect.arrayContaining(['BaseGeneMean', 'IsOutlier', 'DEFacGroup1', 'DEFacGroup2']),
    );
  });

  test('gene means are gamma, library sizes log-normal, groups multinomial', async () => {
    const data = await simulateSingleCell({
      ...{ nCells: 4000, nGenes: 40, meanShape: 2, meanRate: 0.5, libLoc: 5, libScale: 0.3 },
      ...{ groupProbabilities: [2, 1, 1], seed: 3 },
    });
    const logs = Array.from(column(data, 'obs', 'ExpLibSize'), Math.log);
    expect(Math.abs(mean(logs) - 5)).toBeLessThan((4 * 0.3) / Math.sqrt(4000));
    expect(Math.sqrt(variance(logs))).toBeCloseTo(0.3, 1);
    const { codes } = data.labels('cell_type');
    const share = codes.filter((code) => code === 0).length / 4000;
    expect(Math.abs(share - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 4000));
    const genes = await simulateSingleCell({
      nCells: 1,
      nGenes: 4000,
      meanShape: 2,
      meanRate: 0.5,
    });
    const means = column(genes, 'var', 'BaseGeneMean');
    expect(Math.abs(mean(means) - 4)).toBeLessThan(4 * Math.sqrt(8 / 4000));
    expect(variance(means) / 8).toBeGreaterThan(0.8);
    expect(variance(means) / 8).toBeLessThan(1.25);
  });

  test('counts have the mean of their gene and the variance of a gamma-Poisson', async () => {
    const data = await simulateSingleCell({
      ...{ nCells: 3000, nGenes: 4, libLoc: Math.log(100), libScale: 0, outProbability: 0 },
      ...{ deProbability: 0, bcvCommon: 0.2, bcvDf: 1e6, meanShape: 50, seed: 5 },
    });
    const dense = data.X.toDense();
    const base = column(data, 'var', 'BaseGeneMean');
    const total = mean(base) * 4;
    for (let g = 0; g < 4; g++) {
      const expected = (100 * base[g]!) / total;
      const bcv = 0.2 + 1 / Math.sqrt(expected);
      const counts = Array.from({ length: 3000 }, (_, i) => dense.get(i, g));
      const spread = expected + (bcv * expected) ** 2;
      expect(Math.abs(mean(counts) - expected)).toBeLessThan(5 * Math.sqrt(spread / 3000));
      expect(variance(counts) / spread).toBeGreaterThan(0.8);
      expect(variance(counts) / spread).toBeLessThan(1.25);
    }
  });

  test('dropout loses counts by the logistic of the log mean', async () => {
    const shared = { nCells: 200, nGenes: 300, libLoc: 7, seed: 1 };
    const full = await simulateSingleCell(shared);
    const lossy = await simulateSingleCell({ ...shared, dropoutMid: 1 });
    const hard = await simulateSingleCell({ ...shared, dropoutMid: 1e6 });
    const [a, b] = [full.X.toDense().data, lossy.X.toDense().data];
    expect(b.every((value, e) => value === 0 || value === a[e])).toBe(true);
    const lostSmall = lostShare(a, b, (count) => count === 1);
    const lostLarge = lostShare(a, b, (count) => count > 20);
    expect(lostSmall).toBeGreaterThan(0.5);
    expect(lostLarge).toBeLessThan(0.1);
    expect(toCsr(hard.X).nnz).toBe(0);
  });

  test('expression factors: none without differences, both directions with them', async () => {
    const same = await simulateSingleCell({ nCells: 2, nGenes: 200, deProbability: 0 });
    expect(new Set(column(same, 'var', 'DEFacGroup1'))).toEqual(new Set([1]));
    const different = await simulateSingleCell({
      ...{ nCells: 2, nGenes: 4000, deProbability: 0.5, deDownProbability: 0.25 },
    });
    const factors = Array.from(column(different, 'var', 'DEFacGroup1'));
    const up = factors.filter((factor) => factor > 1).length / 4000;
    const down = factors.filter((factor) => factor < 1).length / 4000;
    expect(up).toBeCloseTo(0.375, 1);
    expect(down).toBeCloseTo(0.125, 1);
  });

  test('a parameter changes its own draws only', async () => {
    const shared = { nCells: 30, nGenes: 40, groupProbabilities: [1, 1] };
    const a = await simulateSingleCell(shared);
    const b = await simulateSingleCell({ ...shared, libScale: 1, bcvCommon: 0.5 });
    expect(b.labels('cell_type')).toEqual(a.labels('cell_type'));
    expect(column(b, 'var', 'BaseGeneMean')).toEqual(column(a, 'var', 'BaseGeneMean'));
    expect(column(b, 'var', 'DEFacGroup2')).toEqual(column(a, 'var', 'DEFacGroup2'));
  });

  test('refuses bad parameters by name and stops when asked to', async () => {
    await expect(simulateSingleCell({ nCells: 0 })).rejects.toThrow(/nCells/);
    await expect(simulateSingleCell({ deProbability: 2 })).rejects.toThrow(ParamError);
    const signal = AbortSignal.abort();
    await expect(simulateSingleCell({}, { signal })).rejects.toThrow(AbortError);
  });
});

describe('sim-clustering', () => {
  test('is the same on every machine', async () => {
    const data = await simulateEmbedded('sim-clustering');
    if (data === undefined) throw new Error('sim-clustering is missing');
    const { indptr, indices, data: counts } = toCsr(data.X);
    const hash = createHash('sha256');
    for (const part of [indptr, indices, counts]) hash.update(new Uint8Array(part.buffer));
    expect(hash.digest('hex').slice(0, 16)).toMatchInlineSnapshot(`"7b67f86d1a690254"`);
    expect(data.channels.label).toEqual({ slot: 'obs', key: 'cell_type' });
  });

  test('another name is no embedded set', async () => {
    expect(await simulateEmbedded('worm_neuron')).toBeUndefined();
  });
});

function lostShare(
  full: Float32Array,
  lossy: Float32Array,
  chosen: (count: number) => boolean,
): number {
  const places = Array.from(full.keys()).filter((e) => chosen(full[e]!));
  return places.filter((e) => lossy[e] === 0).length / places.length;
}
