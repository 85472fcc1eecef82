import { beforeAll, describe, expect, test } from '@jest/globals';
import { toCsr, type AnnData, type DenseMatrix } from '@dance-ts/core';
import { PAIRED_PRESETS } from './paired-params.js';
import { simulatePaired, type SimulatedModalities } from './paired.js';

const TINY = PAIRED_PRESETS.tiny;

function normalized(data: AnnData): DenseMatrix {
  const layer = data.layers.get('normalized');
  if (layer === undefined) throw new Error('there is no normalized layer');
  return layer.toDense();
}

function rowsOf(data: AnnData, part: string): number[] {
  const { codes, categories } = data.labels('split');
  return Array.from(codes.keys()).filter((i) => categories[codes[i]!] === part);
}

/** Root mean square error over the rows of a prediction by place. */
function rmse(truth: DenseMatrix, rows: readonly number[], predict: (row: number) => Float64Array) {
  let sum = 0;
  for (const row of rows) {
    const predicted = predict(row);
    truth.row(row).forEach((value, j) => (sum += (value - predicted[j]!) ** 2));
  }
  return Math.sqrt(sum / (rows.length * truth.nCols));
}

function meanOf(matrix: DenseMatrix, rows: readonly number[]): Float64Array {
  const mean = new Float64Array(matrix.nCols);
  for (const row of rows) matrix.row(row).forEach((value, j) => (mean[j]! += value / rows.length));
  return mean;
}

function nearest(matrix: DenseMatrix, row: number, among: readonly number[], k: number): number[] {
  const query = matrix.row(row);
  const distances = new Map(
    among.map((other) => {
      const values = matrix.row(other);
      let sum = 0;
      for (let j = 0; j < values.length; j++) sum += (query[j]! - values[j]!) ** 2;
      return [other, sum];
    }),
  );
  return [...among].sort((a, b) => (distances.get(a) ?? 0) - (distances.get(b) ?? 0)).slice(0, k);
}

describe('at the default parameters', () => {
  let made: SimulatedModalities;
  beforeAll(async () => {
    made = await simulatePaired();
  });

  test('densities are those of the published design', () => {
    const density = ({ X }: AnnData): number => toCsr(X).nnz / (X.nRows * X.nCols);
    expect(density(made.rna)).toBeGreaterThan(0.45);
    expect(density(made.rna)).toBeLessThan(0.7);
    expect(density(made.adt)).toBeGreaterThan(0.88);
    expect(density(made.adt)).toBeLessThan(0.97);
    expect(density(made.atac)).toBeGreaterThan(0.05);
    expect(density(made.atac)).toBeLessThan(0.09);
    const totals = [...made.rna.X.rowSums()].sort((a, b) => a - b);
    expect(totals[450]! / 2500).toBeGreaterThan(0.8);
    expect(totals[450]! / 2500).toBeLessThan(1.2);
  });

  test('proteins of an unseen batch: zeros, the mean and 15 neighbors lie where they should', () => {
    const [x, y] = [normalized(made.rna), normalized(made.adt)];
    const [train, unseen] = [rowsOf(made.rna, 'train'), rowsOf(made.rna, 'test')];
    expect([train.length, unseen.length]).toEqual([600, 300]);
    const rows = unseen.filter((_, i) => i % 3 === 0);
    const mean = meanOf(y, train);
    const zeros = rmse(y, rows, () => new Float64Array(y.nCols));
    const byMean = rmse(y, rows, () => mean);
    const byNeighbors = rmse(y, rows, (row) => meanOf(y, nearest(x, row, train, 15)));
    expect(zeros).toBeGreaterThan(1.2);
    expect(zeros).toBeLessThan(1.5);
    expect(byMean).toBeGreaterThan(0.7);
    expect(byMean).toBeLessThan(0.95);
    expect(byNeighbors).toBeGreaterThan(0.5);
    expect(byNeighbors).toBeLessThan(0.8 * byMean);
  });

  test('dividing cells show it in the genes of their phase', () => {
    const { codes, categories } = made.rna.labels('phase');
    expect(categories).toEqual(['G1', 'S', 'G2M']);
    const x = normalized(made.rna);
    const expression = (phase: number, from: number): number => {
      const rows = Array.from(codes.keys()).filter((i) => codes[i] === phase);
      const mean = meanOf(x, rows);
      return mean.subarray(from, from + 20).reduce((sum, value) => sum + value, 0);
    };
    expect(expression(1, 0)).toBeGreaterThan(1.2 * expression(0, 0));
    expect(expression(2, 20)).toBeGreaterThan(1.2 * expression(0, 20));
  });
});

test('counts are whole, the normalized layers are what they say', async () => {
  const { rna, adt, atac } = await simulatePaired(TINY);
  for (const data of [rna, adt, atac]) {
    expect(toCsr(data.X).data.every((value) => Number.isInteger(value) && value > 0)).toBe(true);
  }
  expect([rna, adt, atac].map(({ nObs, nVars }) => [nObs, nVars])).toEqual([
    [150, 60],
    [150, 12],
    [150, 80],
  ]);
  const totals = rna.X.rowSums();
  const meanTotal = totals.reduce((sum, total) => sum + total, 0) / 150;
  const counts = rna.X.toDense();
  expect(normalized(rna).get(7, 5)).toBeCloseTo(
    Math.log1p((counts.get(7, 5) * meanTotal) / totals[7]!),
    5,
  );
  const proteins = adt.X.toDense();
  const logs = Array.from(proteins.row(3), Math.log1p);
  const center = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  expect(normalized(adt).get(3, 2)).toBeCloseTo(
    Math.log1p(proteins.get(3, 2) / Math.exp(center)),
    5,
  );
  expect(new Set(normalized(atac).data)).toEqual(new Set([0, 1]));
  expect(atac.obsNames).toEqual(rna.obsNames);
  expect(rna.uns.get('pathways')).toBeInstanceOf(Map);
});

test('the seed decides; one modality does not change the others', async () => {
  const a = await simulatePaired(TINY);
  const b = await simulatePaired({ ...TINY, nPeaks: 30 });
  const c = await simulatePaired({ ...TINY, seed: 2 });
  expect(b.rna.X).toEqual(a.rna.X);
  expect(b.adt.X).toEqual(a.adt.X);
  expect(c.rna.X).not.toEqual(a.rna.X);
});

test('pseudotime only where it is asked for, and then on the first lineage', async () => {
  const { rna } = await simulatePaired(TINY);
  expect(rna.obs.has('pseudotime_order_GEX')).toBe(false);
  const moved = await simulatePaired({ ...TINY, trajectoryLength: 2 });
  const column = moved.atac.obs.get('pseudotime_order_ATAC');
  if (column.kind !== 'numeric') throw new Error('pseudotime is not numeric');
  const { codes } = moved.rna.labels('cell_type');
  column.values.forEach((value, i) => {
    expect(Number.isNaN(value)).toBe(codes[i]! % 3 !== 0);
  });
});
