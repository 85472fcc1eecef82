import { DataError, Rng } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { randomPairs, type CellPair } from './random-pairs.js';

const LABELS = Int32Array.from({ length: 40 }, (_, i) => i % 3);
const CELLS = Int32Array.from({ length: 20 }, (_, i) => 2 * i);
const rng = (): Rng => Rng.fromSeed(1);

const isSame = ([a, b]: CellPair): boolean => LABELS[a] === LABELS[b];
const keyOf = ([a, b]: CellPair): string => `${Math.min(a, b)}-${Math.max(a, b)}`;

describe.each([
  ['few of many', 50],
  ['many of few', 180],
  ['all', 190],
])('%s pairs', (_, nPairs) => {
  const { mustLink, cannotLink } = randomPairs(CELLS, LABELS, { nPairs, rng: rng() });
  const all = [...mustLink, ...cannotLink];

  test('are as many as asked for, distinct, and of the cells given', () => {
    expect(all).toHaveLength(nPairs);
    expect(new Set(all.map(keyOf)).size).toBe(nPairs);
    expect(all.flat().every((cell) => CELLS.includes(cell))).toBe(true);
    expect(all.every(([a, b]) => a !== b)).toBe(true);
  });

  test('must be linked exactly where the labels are the same', () => {
    expect(mustLink.every(isSame)).toBe(true);
    expect(cannotLink.some(isSame)).toBe(false);
  });

  test('are the same for the same stream only', () => {
    const again = randomPairs(CELLS, LABELS, { nPairs, rng: rng() });
    expect(again).toEqual({ mustLink, cannotLink });
    expect(randomPairs(CELLS, LABELS, { nPairs, rng: Rng.fromSeed(2) })).not.toEqual(again);
  });

  test('are wrong for the share asked for', () => {
    const wrong = randomPairs(CELLS, LABELS, { nPairs, errorRate: 0.25, rng: rng() });
    const nWrong =
      wrong.mustLink.filter((pair) => !isSame(pair)).length +
      wrong.cannotLink.filter(isSame).length;
    expect(nWrong).toBe(Math.floor(nPairs / 4));
  });
});

test('no pairs', () => {
  const none = randomPairs(CELLS, LABELS, { nPairs: 0, rng: rng() });
  expect(none).toEqual({ mustLink: [], cannotLink: [] });
});

test('more pairs than there are', () => {
  expect(() => randomPairs(CELLS, LABELS, { nPairs: 191, rng: rng() })).toThrow(DataError);
  expect(() => randomPairs(CELLS, LABELS, { nPairs: 191, rng: rng() })).toThrow(/at most 190/);
});
