import { describe, expect, test } from '@jest/globals';
import { AbortError, CsrMatrix, DataError, DenseMatrix, Rng } from '@dance-ts/core';
import { commonDetectionLimit } from './detection-limit.js';
import { ltmg } from './ltmg.js';

const N_CELLS = 240;

/**
 * Gene 0: off in the first third of the cells, near 3 in the second, near 60 in the last; gene 1:
 * expressed everywhere at 8; gene 2: twice only; gene 3: never.
 */
function plantedCells(): CsrMatrix {
  const rng = Rng.fromSeed(3);
  const values = new Float32Array(N_CELLS * 4);
  for (let i = 0; i < N_CELLS; i++) {
    const third = Math.floor(i / 80);
    if (third > 0) values[i * 4] = (third === 1 ? 3 : 60) * Math.exp(0.2 * rng.normal());
    values[i * 4 + 1] = 8 * Math.exp(0.3 * rng.normal());
    if (i < 2) values[i * 4 + 2] = 1 + i;
  }
  return CsrMatrix.fromDense(new DenseMatrix(N_CELLS, 4, values));
}

describe('LTMG', () => {
  test('finds the planted states of a gene', async () => {
    const { states, genes } = await ltmg(plantedCells());
    const ofGene = Array.from({ length: N_CELLS }, (_, i) => states.get(i, 0));
    const third = (i: number): number[] => ofGene.slice(i * 80, (i + 1) * 80);
    const [off, low, high] = [third(0), third(1), third(2)];
    expect(new Set(off)).toEqual(new Set([0]));
    expect(Math.max(...low)).toBeLessThan(Math.min(...high));
    expect(new Set(high).size).toBe(1);
    expect(genes[0]!.means.at(-1)).toBeCloseTo(Math.log(60), 1);
  });

  test('a gene seen in every cell has no state 0, unseen genes no mixture', async () => {
    const { states, genes } = await ltmg(plantedCells());
    for (let i = 0; i < N_CELLS; i++) expect(states.get(i, 1)).toBeGreaterThanOrEqual(1);
    expect(genes[1]!.weights).toHaveLength(1);
    expect([genes[2], genes[3]]).toEqual([undefined, undefined]);
    expect([states.get(0, 2), states.get(0, 3)]).toEqual([0, 0]);
  });

  test('cells in another order have the same states', async () => {
    const cells = plantedCells();
    const order = Int32Array.from({ length: N_CELLS }, (_, i) => (i * 7) % N_CELLS);
    const { states } = await ltmg(cells);
    const shuffled = await ltmg(cells.selectRows(order));
    expect(shuffled.states.data).toEqual(states.selectRows(order).data);
  });

  test('bins change the fit little', async () => {
    const exact = await ltmg(plantedCells());
    const binned = await ltmg(plantedCells(), { maxValues: 100 });
    exact.genes[0]!.means.forEach((mean, j) => {
      expect(binned.genes[0]!.means[j]).toBeCloseTo(mean, 2);
    });
  });

  test('logarithms may be given', async () => {
    const cells = plantedCells().mapData((value) => 2 * value);
    const logs = cells.mapData(Math.log);
    const { genes } = await ltmg(logs, { alreadyLog: true });
    expect(genes[0]!.means.at(-1)).toBeCloseTo(Math.log(120), 1);
  });

  test('refuses negative values, stops when asked', async () => {
    const bad = CsrMatrix.fromDense(new DenseMatrix(2, 1, Float32Array.of(-1, 2)));
    await expect(ltmg(bad)).rejects.toThrow(DataError);
    const signal = AbortSignal.abort();
    await expect(ltmg(plantedCells(), { signal })).rejects.toThrow(AbortError);
  });
});

describe('common detection limit', () => {
  test('lies where two groups of smallest values meet', () => {
    const rng = Rng.fromSeed(1);
    const group = (mean: number): number[] =>
      Array.from({ length: 300 }, () => mean + 0.5 * rng.normal());
    expect(commonDetectionLimit(Float64Array.from([...group(-2), ...group(2)]))).toBeCloseTo(0, 0);
  });

  test('is 0 for counts, whose smallest value is 1', () => {
    expect(commonDetectionLimit(new Float64Array(50))).toBe(0);
    expect(commonDetectionLimit(Float64Array.of(1, 2))).toBe(0);
  });
});
