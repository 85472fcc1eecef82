import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { AbortError, DataError, Pacer, Rng } from '@dance-ts/core';
import { symmetricEigen, type SymmetricEigen } from './symmetric-eigen.js';

const golden = (
  JSON.parse(
    readFileSync(new URL('../../../../tests/golden/pca_svd.json', import.meta.url), 'utf8'),
  ) as {
    symmetric: {
      A: number[][];
      eigenvalues_ascending: number[];
      eigenvectors_rows_sign_fixed: number[][];
    };
  }
).symmetric;

function eigenOf(rows: readonly number[][], count = rows.length): Promise<SymmetricEigen> {
  return symmetricEigen(Float64Array.from(rows.flat()), rows.length, count, new Pacer());
}

/** Largest error of A v = lambda v and of V V^T = I. */
function largestError(rows: readonly number[][], { values, vectors }: SymmetricEigen): number {
  const n = rows.length;
  let largest = 0;
  for (let c = 0; c < n; c++) {
    const v = vectors.subarray(c * n, (c + 1) * n);
    rows.forEach((row, i) => {
      const product = row.reduce((sum, value, j) => sum + value * v[j]!, 0);
      largest = Math.max(largest, Math.abs(product - values[c]! * v[i]!));
      const w = vectors.subarray(i * n, (i + 1) * n);
      const cosine = v.reduce((sum, value, j) => sum + value * w[j]!, 0);
      largest = Math.max(largest, Math.abs(cosine - (i === c ? 1 : 0)));
    });
  }
  return largest;
}

function randomSymmetric(n: number, draw: () => number): number[][] {
  const rows = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      rows[i]![j] = draw();
      rows[j]![i] = rows[i]![j]!;
    }
  }
  return rows;
}

test('numpy eigh', async () => {
  const { values, vectors } = await eigenOf(golden.A);
  const n = golden.A.length;
  [...golden.eigenvalues_ascending].reverse().forEach((expected, c) => {
    expect(Math.abs(values[c]! / expected - 1)).toBeLessThan(1e-12);
  });
  [...golden.eigenvectors_rows_sign_fixed].reverse().forEach((expected, c) => {
    const vector = vectors.subarray(c * n, (c + 1) * n);
    const sign = Math.sign(expected.reduce((sum, value, j) => sum + value * vector[j]!, 0));
    expected.forEach((value, j) => {
      expect(Math.abs(sign * vector[j]! - value)).toBeLessThan(1e-12);
    });
  });
});

describe('definition of an eigenvector', () => {
  const rng = Rng.fromSeed(1);
  const draws = {
    continuous: () => rng.normal(),
    'small integers': () => rng.int(3) - 1,
    'mostly zeros': () => (rng.uniform() < 0.8 ? 0 : rng.int(5)),
  };
  test.each(Object.entries(draws))('%s', async (_, draw) => {
    for (let n = 1; n <= 40; n++) {
      const rows = randomSymmetric(n, draw);
      expect(largestError(rows, await eigenOf(rows))).toBeLessThan(1e-12);
    }
  });

  test('equal eigenvalues and blocks', async () => {
    const rows = [
      [2, 1, 0, 0],
      [1, 2, 0, 0],
      [0, 0, 3, 0],
      [0, 0, 0, 1],
    ];
    const eigen = await eigenOf(rows);
    expect(Array.from(eigen.values)).toEqual([3, 3, 1, 1].map((v) => expect.closeTo(v, 13)));
    expect(largestError(rows, eigen)).toBeLessThan(1e-13);
  });

  test('zeros', async () => {
    const eigen = await eigenOf([
      [0, 0],
      [0, 0],
    ]);
    expect(Array.from(eigen.values)).toEqual([0, 0]);
    expect(Array.from(eigen.vectors).map(Math.abs)).toEqual([1, 0, 0, 1]);
  });
});

test('only the leading eigenvectors are formed; the upper triangle is not read', async () => {
  const rng = Rng.fromSeed(2);
  const rows = randomSymmetric(9, () => rng.normal());
  const all = await eigenOf(rows);
  const lower = rows.map((row, i) => row.map((value, j) => (j > i ? 7 : value)));
  const some = await eigenOf(lower, 2);
  expect(some.values).toEqual(all.values);
  expect(some.vectors).toEqual(all.vectors.slice(0, 2 * 9));
});

test('NaN is refused, an aborted signal obeyed', async () => {
  await expect(eigenOf([[NaN]])).rejects.toThrow(DataError);
  const pacer = new Pacer(AbortSignal.abort());
  await expect(symmetricEigen(Float64Array.of(1), 1, 1, pacer)).rejects.toThrow(AbortError);
});
