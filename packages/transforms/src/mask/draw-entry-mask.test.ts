import { CsrMatrix, DataError, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { randomCounts } from '../testing/data.js';
import { drawEntryMask, nValidating, sampleInOrder } from './draw-entry-mask.js';
import { valuesAt, withoutEntries, type EntryList } from './entry-list.js';

const rng = (): Rng => Rng.fromSeed(3);

/** Rows of n ones each. */
function ones(...lengths: number[]): CsrMatrix {
  const widest = Math.max(...lengths);
  const rows = lengths.map((n) => Float32Array.from({ length: widest }, (_, j) => (j < n ? 1 : 0)));
  return CsrMatrix.fromDense(DenseMatrix.fromRows(rows));
}

function perRow({ indptr }: EntryList): number[] {
  return Array.from(indptr.subarray(1), (end, i) => end - indptr[i]!);
}

describe('how many of the non-zero values of a cell are drawn', () => {
  const cells = ones(5, 6, 10, 20, 50, 150, 250, 1000);

  test('a tenth of them, of which one in ten validates', () => {
    const { validation, test: tested } = drawEntryMask(cells, { rng: rng() });
    expect(perRow(validation)).toEqual([0, 0, 1, 1, 1, 2, 2, 10]);
    expect(perRow(tested)).toEqual([0, 0, 0, 1, 4, 13, 23, 90]);
  });

  test('all for validation or all for the test', () => {
    const all = [0, 0, 1, 2, 5, 15, 25, 100];
    const validating = drawEntryMask(cells, { testShare: 0, rng: rng() });
    expect([perRow(validating.validation), validating.test.rows.length]).toEqual([all, 0]);
    const testing = drawEntryMask(cells, { testShare: 1, rng: rng() });
    expect([perRow(testing.test), testing.validation.rows.length]).toEqual([all, 0]);
  });

  test('about half where the rate takes everything, nothing from small cells', () => {
    const { validation } = drawEntryMask(ones(5, 6, 9), { rate: 1, testShare: 0, rng: rng() });
    expect(perRow(validation)).toEqual([0, 4, 5]);
    const small = drawEntryMask(ones(9, 10), {
      ...{ rate: 0.5, minGeneCounts: 9, testShare: 0, rng: rng() },
    });
    expect(perRow(small.validation)).toEqual([0, 5]);
  });
});

test('only non-zero values are drawn, none twice, and the matrix is made up of the parts', () => {
  const counts = randomCounts(40, 60);
  const { validation, test: tested } = drawEntryMask(counts, { rate: 0.3, rng: rng() });
  const rest = withoutEntries(counts, validation, tested);
  const parts = [valuesAt(counts, validation), valuesAt(counts, tested), rest];
  const sum = counts
    .toDense()
    .data.map((_, at) =>
      parts.reduce((total, part) => total + (part.toDense().data[at] ?? NaN), 0),
    );
  expect(sum).toEqual(counts.toDense().data);
  const stored = parts.reduce((n, part) => n + (part.kind === 'csr' ? part.nnz : NaN), 0);
  expect(stored).toBe(counts.nnz);
  expect(tested.rows.length).toBeGreaterThan(100);
  expect(withoutEntries(counts.toDense(), validation, tested)).toEqual(rest.toDense());
});

test('stored zeros are no candidates', () => {
  const data = new Float32Array(20).fill(1).fill(0, 10);
  const counts = new CsrMatrix(1, 20, Int32Array.of(0, 20), Int32Array.from(data.keys()), data);
  const drawn = drawEntryMask(counts, { rate: 0.9, testShare: 0, rng: rng() }).validation;
  expect(drawn.columns).toHaveLength(9);
  expect(Math.max(...drawn.columns)).toBeLessThan(10);
});

describe('which values are drawn', () => {
  const nCells = 4000;
  /** Share of the value 1 among those drawn from cells of five ones and five sixties. */
  function shareOfOnes(distribution: 'exp' | 'uniform'): number {
    const values = [1, 1, 1, 1, 1, 60, 60, 60, 60, 60];
    const counts = CsrMatrix.fromDense(DenseMatrix.fromRows(Array(nCells).fill(values)));
    const { columns } = drawEntryMask(counts, {
      distribution,
      testShare: 0,
      rng: rng(),
    }).validation;
    return columns.filter((j) => j < 5).length / columns.length;
  }

  test('small ones by their exponential weights', () => {
    const expected = Math.exp(-1 / 20) / (Math.exp(-1 / 20) + Math.exp(-60 / 20));
    expect(Math.abs(shareOfOnes('exp') - expected)).toBeLessThan(0.012);
  });

  test('all alike', () => {
    expect(Math.abs(shareOfOnes('uniform') - 0.5)).toBeLessThan(0.03);
  });

  test('also where every weight would underflow', () => {
    const values = Float32Array.from({ length: 20 }, (_, j) => 1e6 + 20 * j);
    const counts = CsrMatrix.fromDense(DenseMatrix.fromRows(Array(500).fill(values)));
    const { columns } = drawEntryMask(counts, { rate: 0.05, testShare: 0, rng: rng() }).validation;
    const first = columns.filter((j) => j === 0).length / 500;
    expect(Math.abs(first - (1 - Math.exp(-1)))).toBeLessThan(0.07);
  });
});

test('the same stream draws the same, another one something else', () => {
  const counts = randomCounts(30, 50);
  const drawn = (seed: number): unknown => drawEntryMask(counts, { rng: Rng.fromSeed(seed) });
  expect(drawn(1)).toEqual(drawn(1));
  expect(drawn(1)).not.toEqual(drawn(2));
});

test('refuses values below zero and shares that are none', () => {
  const negative = CsrMatrix.fromDense(DenseMatrix.fromRows([[1, -1]]));
  expect(() => drawEntryMask(negative, { rng: rng() })).toThrow(DataError);
  expect(() => drawEntryMask(ones(3), { rate: 0, rng: rng() })).toThrow(ParamError);
  expect(() => drawEntryMask(ones(3), { testShare: 1.1, rng: rng() })).toThrow(ParamError);
});

test('halves of the validating entries go to the even number', () => {
  expect([5, 15, 25, 35, 45].map((m) => nValidating(m, 0.9))).toEqual([1, 2, 2, 4, 4]);
});

test('a sample in order has the size asked for and takes each set equally often', () => {
  const stream = rng();
  const seen = new Map<string, number>();
  for (let draw = 0; draw < 3000; draw++) {
    let set = '';
    sampleInOrder(4, 2, stream, (k, chosen) => (set += chosen ? String(k) : ''));
    seen.set(set, (seen.get(set) ?? 0) + 1);
  }
  expect([...seen.keys()].sort()).toEqual(['01', '02', '03', '12', '13', '23']);
  for (const times of seen.values()) expect(Math.abs(times - 500)).toBeLessThan(90);
});
