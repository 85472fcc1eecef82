import { describe, expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import { silhouetteSamples } from '../clustering/internal.js';
import { cellCycleConservation, principalComponentRegression } from './cell-cycle.js';
import { bestGraphClusters, graphConnectivity } from './graph-scores.js';
import { aswBatch, aswLabel } from './silhouette-widths.js';
import { trajectoryConservation } from './trajectory.js';

describe('silhouette widths', () => {
  const X = DenseMatrix.fromRows([[0], [1], [2], [10], [11], [12], [20]]);
  const types = ['a', 'a', 'a', 'b', 'b', 'b', 'c'];

  test('of cell types, on a line', async () => {
    // a: (b - own) / b of cells 0, 1, 2, with own 1.5, 1, 1.5 and b 11, 10, 9
    const a = 1 - 1.5 / 11 + (1 - 1 / 10) + (1 - 1.5 / 9);
    // b: nearest other type is the single cell at 20 only where it is closer than a
    const b = 1 - 1.5 / 9 + (1 - 1 / 9) + (1 - 1.5 / 8);
    expect(await aswLabel(X, types)).toBeCloseTo(((a + b + 0) / 7 + 1) / 2, 6);
  });

  test('of batches: within types, types without two batches left out', async () => {
    const batches = [1, 1, 2, 1, 1, 1, 2];
    const widths = await silhouetteSamples(X.selectRows([0, 1, 2]), [1, 1, 2]);
    const expected = widths.reduce((sum, width) => sum + 1 - Math.abs(width), 0) / 3;
    expect(await aswBatch(X, batches, types)).toBeCloseTo(expected, 12);
    expect(await aswBatch(X, new Uint8Array(7), types)).toBeNaN();
    expect(await aswBatch(X, [1, 2, 3, 1, 2, 3, 1], types)).toBeNaN();
    await expect(aswBatch(X, [1], types)).rejects.toThrow(DataError);
  });
});

function graphOf(n: number, edges: readonly (readonly [number, number])[]): CsrMatrix {
  const rows = edges.flatMap(([i, j]) => [i, j]);
  const columns = edges.flatMap(([i, j]) => [j, i]);
  return CsrMatrix.fromTriplets(
    n,
    n,
    rows,
    columns,
    rows.map(() => 1),
  );
}

describe('neighbor graphs', () => {
  test('connectivity: largest connected part of each type, links through others do not count', () => {
    const graph = graphOf(7, [
      [0, 1],
      [1, 4],
      [4, 2],
      [3, 0],
      [4, 5],
    ]);
    // a: {0, 1, 3} of 0..3; b: {4, 5} of 4..6
    const types = ['a', 'a', 'a', 'a', 'b', 'b', 'b'];
    expect(graphConnectivity(graph, types)).toBeCloseTo((3 / 4 + 2 / 3) / 2, 14);
    expect(graphConnectivity(graph, [0, 1, 2, 3, 4, 5, 6])).toBe(1);
    expect(() => graphConnectivity(graph, ['a'])).toThrow(DataError);
  });

  test('one direction of an edge is enough, a stored zero is none', () => {
    const graph = CsrMatrix.fromTriplets(3, 3, [0, 1], [1, 2], [1, 0]);
    expect(graphConnectivity(graph, [0, 0, 0])).toBeCloseTo(2 / 3, 14);
  });

  const cliques: [number, number][] = [];
  for (let clique = 0; clique < 3; clique++) {
    for (let i = 0; i < 5; i++) {
      for (let j = 0; j < i; j++) cliques.push([5 * clique + i, 5 * clique + j]);
    }
    cliques.push([5 * clique, (5 * clique + 6) % 15]);
  }
  const ring = graphOf(15, cliques);
  const types = Array.from({ length: 15 }, (_, i) => `type ${Math.floor(i / 5)}`);

  test.each(['louvain', 'leiden'] as const)(
    '%s finds cliques at some resolution',
    async (method) => {
      const rng = Rng.fromSeed(0);
      const best = await bestGraphClusters(ring, types, { rng, method });
      expect(best.nmi).toBeCloseTo(1, 12);
      expect(best.ari).toBe(1);
      expect(best.labels.length).toBe(15);
      const coarse = await bestGraphClusters(ring, types, { rng, method, resolutions: [0.01] });
      expect(coarse).toMatchObject({ nmi: 0, ari: 0, resolution: 0.01 });
    },
  );

  test('no resolution is refused', async () => {
    const options = { rng: Rng.fromSeed(0), resolutions: [] };
    await expect(bestGraphClusters(ring, types, options)).rejects.toThrow(ParamError);
  });
});

describe('cell cycle', () => {
  const rng = Rng.fromSeed(5);
  const n = 60;
  const noise = (): number[] => Array.from({ length: n }, () => rng.normal());
  const [phase, other, free] = [noise(), noise(), noise()];
  const options = { rng };

  test('regression: R^2 of each component weighted by its variance', async () => {
    const X = DenseMatrix.fromRows(phase.map((value, i) => [3 * value, free[i]!]));
    const total = [0, 1].map((j) => {
      const column = Array.from({ length: n }, (_, i) => X.get(i, j));
      const mean = column.reduce((sum, value) => sum + value, 0) / n;
      return column.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    });
    // With all components kept it is the explained share of the total variance of the columns.
    const both = await principalComponentRegression(X, [phase, free], options);
    expect(both).toBeCloseTo(1, 5);
    const one = await principalComponentRegression(X, [phase], options);
    expect(one).toBeGreaterThan(total[0]! / (total[0]! + total[1]!));
    expect(one).toBeLessThan(1);
    const repeated = await principalComponentRegression(
      X,
      [phase, phase, Array(n).fill(7)],
      options,
    );
    expect(repeated).toBeCloseTo(one, 10);
    expect(await principalComponentRegression(DenseMatrix.zeros(n, 2), [phase], options)).toBe(0);
  });

  test('conservation: 1 if as much is explained as before, 0 if nothing is', async () => {
    const before = DenseMatrix.fromRows(phase.map((value, i) => [value, other[i]!, free[i]!]));
    const same = await cellCycleConservation(before, before, [phase, other], options);
    expect(same).toBeCloseTo(1, 12);
    const none = await cellCycleConservation(
      before,
      DenseMatrix.zeros(n, 2),
      [phase, other],
      options,
    );
    expect(none).toBe(0);
  });

  test('batches are scored apart, and tiny ones left out', async () => {
    const before = DenseMatrix.fromRows(phase.map((value, i) => [value, other[i]!]));
    const batches = phase.map((_, i) => (i < 2 ? 'tiny' : i % 2 === 0 ? 'even' : 'odd'));
    const parts = await Promise.all(
      [0, 1].map((parity) => {
        const cells = phase.flatMap((_, i) => (i >= 2 && i % 2 === parity ? [i] : []));
        const rest = before.selectRows(cells);
        return cellCycleConservation(
          rest,
          rest.selectColumns([0]),
          [cells.map((i) => phase[i]! + 0.3 * other[i]!)],
          options,
        );
      }),
    );
    const mixed = phase.map((value, i) => value + 0.3 * other[i]!);
    const whole = await cellCycleConservation(before, before.selectColumns([0]), [mixed], {
      ...options,
      batches,
    });
    expect(whole).toBeCloseTo((parts[0]! + parts[1]!) / 2, 6);
    expect(whole).toBeGreaterThan(0);
  });

  test('what does not fit is refused', async () => {
    const X = DenseMatrix.zeros(n, 2);
    await expect(cellCycleConservation(X, X, [[1]], options)).rejects.toThrow(DataError);
    const broken = phase.map(() => NaN);
    await expect(cellCycleConservation(X, X, [broken], options)).rejects.toThrow(/covariate/);
  });
});

describe('trajectory', () => {
  test('rank correlation within batches', () => {
    const reference = [1, 2, 3, 1, 2, 3];
    const batches = ['x', 'x', 'x', 'y', 'y', 'y'];
    expect(trajectoryConservation(reference, [5, 6, 9, 1, 2, 3], batches)).toBeCloseTo(1, 14);
    // x ascending, y descending
    expect(trajectoryConservation(reference, [5, 6, 9, 3, 2, 1], batches)).toBeCloseTo(0.5, 14);
    expect(trajectoryConservation([1, 2, 3], [3, 2, 1])).toBeCloseTo(0, 14);
  });

  test('cells outside the lineage and batches without order are left out', () => {
    const reference = [1, 2, 3, NaN, 7, 7];
    const batches = ['x', 'x', 'x', 'x', 'y', 'y'];
    expect(trajectoryConservation(reference, [1, 2, 3, 0, 1, 2], batches)).toBeCloseTo(1, 14);
    expect(trajectoryConservation([1, NaN], [1, 2])).toBeNaN();
    expect(() => trajectoryConservation([1, 2], [1])).toThrow(DataError);
  });
});
