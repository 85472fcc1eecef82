import { AbortError, DataError, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { topologicalFilter, type TopologicalFilterOptions } from './topological-filter.js';

const LENIENT: TopologicalFilterOptions = { epsilon: 0.5, k: 2, zeta: 0, kOutlier: 3 };

/** Cells on a line. */
function line(places: readonly number[]): DenseMatrix {
  return new DenseMatrix(places.length, 1, Float32Array.from(places));
}

/** Probability `confidence` for the class of each cell, the rest shared by the others. */
function decided(classes: readonly number[], confidence = 0.9): DenseMatrix {
  const nClasses = Math.max(...classes) + 1;
  return DenseMatrix.fromRows(
    classes.map((label) =>
      Array.from({ length: nClasses }, (_, c) =>
        c === label ? confidence : (1 - confidence) / (nClasses - 1),
      ),
    ),
  );
}

describe('connected components', () => {
  // Cells 0-2 and 3-4 are class 0, with class 1 between them.
  const places = line([0, 1, 2, 20, 21, 9, 10, 11]);
  const classes = decided([0, 0, 0, 0, 0, 1, 1, 1]);

  test('the largest of each class stays', async () => {
    const { confident, connected, reliable } = await topologicalFilter(places, classes, LENIENT);
    expect([...confident]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect([...connected]).toEqual([0, 1, 2, 5, 6, 7]);
    expect(reliable).toEqual(connected);
  });

  test('more neighbors join what lies apart', async () => {
    const { connected } = await topologicalFilter(places, classes, { ...LENIENT, k: 7 });
    expect(connected).toHaveLength(8);
  });

  test('of equal ones the one with the lowest cell stays', async () => {
    const { connected } = await topologicalFilter(
      line([0, 1, 30, 31, 10, 11]),
      decided([0, 0, 0, 0, 1, 1]),
      { ...LENIENT, k: 1 },
    );
    expect([...connected]).toEqual([0, 1, 4, 5]);
  });
});

test('the margin must be above epsilon', async () => {
  const probabilities = DenseMatrix.fromRows([
    [0.75, 0.25, 0],
    [0.875, 0.125, 0],
    [0.5, 0.25, 0.25],
    [0.125, 0.125, 0.75],
  ]);
  const cells = async (epsilon: number): Promise<number[]> => {
    const options = { ...LENIENT, epsilon };
    const { confident } = await topologicalFilter(line([0, 1, 2, 3]), probabilities, options);
    return [...confident];
  };
  expect(await cells(0.5)).toEqual([1, 3]);
  expect(await cells(0.2)).toEqual([0, 1, 2, 3]);
  expect(await cells(0.625)).toEqual([1]);
  expect(await cells(0.99)).toEqual([]);
});

describe('the vote of the neighbors', () => {
  // Class 1 is connected through 4.5, which lies among cells of class 0.
  const places = line([0, 1, 2, 3, 4, 5, 4.5, 8, 9, 10]);
  const classes = decided([0, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
  const options = { ...LENIENT, k: 9, kOutlier: 4 };

  test('drops a cell that most neighbors disagree with', async () => {
    const { connected, reliable } = await topologicalFilter(places, classes, {
      ...options,
      zeta: 0.25,
    });
    expect(connected).toHaveLength(10);
    expect([...reliable]).toEqual([0, 1, 2, 3, 4, 5, 7, 8, 9]);
  });

  test('drops cells with too few of their kind', async () => {
    // 8, 9 and 10 have 4 votes of theirs among 5, with 4.5: enough for 4 = 1 x 4.
    const all = await topologicalFilter(places, classes, { ...options, zeta: 1 });
    expect([...all.reliable]).toEqual([0, 1, 2, 3, 4, 5, 7, 8, 9]);
    // With 6 voters, 8, 9 and 10 have 4 votes again, fewer than 6, and 5 has only 5.
    const none = await topologicalFilter(places, classes, { ...options, kOutlier: 6, zeta: 1 });
    expect([...none.reliable]).toEqual([0, 1, 2, 3, 4]);
  });

  test('of equally many votes the lowest class wins', async () => {
    const { reliable } = await topologicalFilter(line([0, 1]), decided([0, 1]), {
      ...{ ...LENIENT, kOutlier: 60, zeta: 0.5 },
    });
    expect([...reliable]).toEqual([0]);
  });
});

test('agrees with a search that follows every link', async () => {
  const rng = Rng.fromSeed(5);
  const n = 80;
  const latent = new DenseMatrix(
    n,
    2,
    Float32Array.from({ length: 2 * n }, () => rng.normal()),
  );
  const classes = Array.from(
    { length: n },
    (_, i) => (latent.row(i)[0]! > 0 ? 1 : 0) + (i % 7 ? 0 : 2),
  );
  const { connected } = await topologicalFilter(latent, decided(classes), { ...LENIENT, k: 3 });
  const distance = (i: number, j: number): number =>
    (latent.row(i)[0]! - latent.row(j)[0]!) ** 2 + (latent.row(i)[1]! - latent.row(j)[1]!) ** 2;
  const near = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (__, j) => j)
      .filter((j) => j !== i)
      .sort((a, b) => distance(i, a) - distance(i, b))
      .slice(0, 3),
  );
  const isLinked = (i: number, j: number): boolean =>
    classes[i] === classes[j] && (near[i]!.includes(j) || near[j]!.includes(i));
  const expected: number[] = [];
  for (const label of new Set(classes)) {
    const left = new Set(classes.flatMap((c, i) => (c === label ? [i] : [])));
    let largest: number[] = [];
    for (const start of left) {
      const found = [start];
      left.delete(start);
      for (const cell of found) {
        for (const other of left) {
          if (!isLinked(cell, other)) continue;
          found.push(other);
          left.delete(other);
        }
      }
      if (found.length > largest.length) largest = found;
    }
    expected.push(...largest);
  }
  expect([...connected]).toEqual(expected.sort((a, b) => a - b));
});

test('nothing, one cell, and what does not fit', async () => {
  const none = await topologicalFilter(line([]), DenseMatrix.zeros(0, 2), LENIENT);
  expect(none.reliable).toHaveLength(0);
  const one = await topologicalFilter(line([1]), DenseMatrix.fromRows([[1, 0]]), LENIENT);
  expect([...one.reliable]).toEqual([0]);
  const run = (options: Partial<TopologicalFilterOptions>): Promise<unknown> =>
    topologicalFilter(line([0, 1]), decided([0, 1]), { ...LENIENT, ...options });
  await expect(run({ epsilon: 1 })).rejects.toThrow(ParamError);
  await expect(run({ zeta: 2 })).rejects.toThrow(ParamError);
  await expect(run({ k: 0 })).rejects.toThrow(ParamError);
  await expect(run({ kOutlier: 0.5 })).rejects.toThrow(ParamError);
  await expect(run({ signal: AbortSignal.abort() })).rejects.toThrow(AbortError);
  await expect(topologicalFilter(line([0]), decided([0, 1]), LENIENT)).rejects.toThrow(DataError);
});
