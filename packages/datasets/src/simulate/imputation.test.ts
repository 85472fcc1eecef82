import { expect, test } from '@jest/globals';
import type { AnnData, DenseMatrix, Matrix } from '@dance-ts/core';
import { simulateEmbedded } from './embedded.js';

const made = new Map<string, AnnData>();

async function embedded(name: string): Promise<AnnData> {
  const data = made.get(name) ?? (await simulateEmbedded(name));
  if (data === undefined) throw new Error(`${name} is missing`);
  made.set(name, data);
  return data;
}

function layer(data: AnnData, name: string): Matrix {
  const found = data.layers.get(name);
  if (found === undefined) throw new Error(`layer ${name} is missing`);
  return found;
}

/** The column less its mean, scaled to unit length. */
function standardized(matrix: DenseMatrix, column: number): number[] {
  const values = Array.from({ length: matrix.nRows }, (_, row) => matrix.get(row, column));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const length = Math.hypot(...values.map((value) => value - mean));
  return values.map((value) => (value - mean) / length);
}

/** Correlations of all pairs among the genes with the highest means, times root n - 1. */
function scaledCorrelations(data: AnnData, nGenes: number): number[] {
  const counts = layer(data, 'TrueCounts').toDense();
  const sums = counts.columnSums();
  const genes = [...sums.keys()].sort((a, b) => sums[b]! - sums[a]!).slice(0, nGenes);
  const columns = genes.map((gene) => standardized(counts, gene));
  return columns.flatMap((a, i) =>
    columns
      .slice(i + 1)
      .map((b) => a.reduce((sum, v, cell) => sum + v * b[cell]!, 0) * Math.sqrt(counts.nRows - 1)),
  );
}

test.each(['sim-imputation', 'sim-imputation-null'])(
  '%s: counts are the true ones or lost, and the true ones have the expected mean',
  async (name) => {
    const data = await embedded(name);
    const observed = data.X.toDense().data;
    const truth = layer(data, 'TrueCounts').toDense().data;
    expect(observed.every((count, e) => count === 0 || count === truth[e])).toBe(true);
    const lost = truth.filter((count, e) => count > 0 && observed[e] === 0).length;
    const positive = truth.filter((count) => count > 0).length;
    expect(lost / positive).toBeGreaterThan(0.25);
    expect(lost / positive).toBeLessThan(0.5);
    const expected = layer(data, 'BaseCellMeans');
    const totals = expected.rowSums();
    const libraries = data.obs.get('ExpLibSize');
    if (libraries.kind !== 'numeric') throw new Error('ExpLibSize is not numeric');
    totals.forEach((total, cell) => {
      expect(total / libraries.values[cell]!).toBeCloseTo(1, 5);
    });
    const sum = (values: ArrayLike<number>): number =>
      Array.from(values).reduce((all, value) => all + value, 0);
    expect(sum(truth) / sum(totals)).toBeCloseTo(1, 1);
  },
);

test('genes of the null are independent, those of the other set are not', async () => {
  const squares = async (name: string): Promise<number> => {
    const scaled = scaledCorrelations(await embedded(name), 40);
    return scaled.reduce((sum, value) => sum + value * value, 0) / scaled.length;
  };
  // Of independent genes the scaled correlations have mean square 1 (780 pairs: sd about 0.06).
  expect(Math.abs((await squares('sim-imputation-null')) - 1)).toBeLessThan(0.25);
  expect(await squares('sim-imputation')).toBeGreaterThan(2);
});
