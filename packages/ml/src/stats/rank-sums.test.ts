import { describe, expect, test } from '@jest/globals';
import { DataError, Rng } from '@dance-ts/core';
import { normalTwoSided, rankSums, rankSumScore } from './rank-sums.js';

/** By the definition: the rank of a value is the number of smaller ones and half of the equal ones. */
function byDefinition(values: Float32Array, groups: Int32Array, nGroups: number) {
  const taking = Array.from(groups.keys()).filter((i) => groups[i]! >= 0);
  const sums = new Float64Array(nGroups);
  let ties = 0;
  for (const i of taking) {
    const equal = taking.filter((j) => values[j] === values[i]).length;
    const smaller = taking.filter((j) => values[j]! < values[i]!).length;
    sums[groups[i]!]! += smaller + (equal + 1) / 2;
    ties += equal ** 2 - 1;
  }
  return { sums, ties };
}

describe('rankSums', () => {
  const rng = Rng.fromSeed(3);
  const values = Float32Array.from({ length: 90 }, (_, i) =>
    i % 3 === 0 ? 0 : Math.round(4 * rng.normal()) / 7,
  );
  const groups = Int32Array.from({ length: 90 }, () => rng.int(5) - 1);
  const sizes = [0, 1, 2, 3].map((group) => groups.filter((code) => code === group).length);

  test('values of both signs, ties, zeros, cells that take no part', () => {
    const { sums, ties } = rankSums(values, groups, sizes);
    const expected = byDefinition(values, groups, 4);
    expect(sums).toEqual(expected.sums);
    expect(ties).toBe(expected.ties);
    expect(ties).toBeGreaterThan(1000);
  });

  test('zeros that are not stored are as good as stored ones', () => {
    const stored = Int32Array.from(values.keys()).filter((i) => values[i] !== 0);
    const sparse = rankSums(
      Float32Array.from(stored, (i) => values[i]!),
      Int32Array.from(stored, (i) => groups[i]!),
      sizes,
    );
    expect(sparse).toEqual(rankSums(values, groups, sizes));
  });

  test('-0 is 0, infinite values are the ends, tiny ones are apart', () => {
    const given = Float32Array.of(-0, 0, Infinity, -Infinity, 1e-45, -1e-45);
    const each = Int32Array.from(given.keys());
    const { sums, ties } = rankSums(given, each, new Array(6).fill(1));
    expect(Array.from(sums)).toEqual([3.5, 3.5, 6, 1, 5, 2]);
    expect(ties).toBe(6);
  });

  test('NaN is refused', () => {
    expect(() => rankSums(Float32Array.of(1, NaN), Int32Array.of(0, 0), [2])).toThrow(DataError);
  });
});

describe('rankSumScore', () => {
  test('scipy.stats.mannwhitneyu(method="asymptotic") 1.10: its p-values', () => {
    const values = Float32Array.of(1, 1, 2, 3, 3, 1, 2, 2, 3, 4, 4);
    const groups = Int32Array.of(0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1);
    const { sums, ties } = rankSums(values, groups, [5, 6]);
    const score = rankSumScore(sums[0]!, 5, 6, { ties, continuity: true });
    expect(score).toBeLessThan(0);
    expect(normalTwoSided(score)).toBeCloseTo(0.3970009440149582, 12);
  });

  test('the other group has the opposite score; without variance there is none', () => {
    expect(rankSumScore(20, 5, 6)).toBeCloseTo(-rankSumScore(46, 6, 5), 14);
    expect(rankSumScore(5, 2, 2, { ties: 60 })).toBeNaN();
    expect(rankSumScore(0, 0, 6)).toBeNaN();
  });
});
