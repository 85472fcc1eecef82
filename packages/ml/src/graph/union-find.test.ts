import { Rng } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { UnionFind } from './union-find.js';

test('elements are alone at first, and joined sets grow', () => {
  const sets = new UnionFind(5);
  expect([0, 1, 2, 3, 4].map((i) => sets.sizeOf(i))).toEqual([1, 1, 1, 1, 1]);
  sets.union(0, 3);
  sets.union(3, 4);
  sets.union(0, 4);
  expect([0, 1, 2, 3, 4].map((i) => sets.sizeOf(i))).toEqual([3, 1, 1, 3, 3]);
  expect(sets.find(0)).toBe(sets.find(4));
  expect(sets.find(1)).not.toBe(sets.find(2));
});

test('agrees with labels that are overwritten one by one', () => {
  const rng = Rng.fromSeed(0);
  const n = 60;
  const sets = new UnionFind(n);
  const labels = Array.from({ length: n }, (_, i) => i);
  for (let step = 0; step < 45; step++) {
    const [a, b] = [rng.int(n), rng.int(n)];
    sets.union(a, b);
    const [kept, gone] = [labels[a]!, labels[b]!];
    for (let i = 0; i < n; i++) if (labels[i] === gone) labels[i] = kept;
  }
  for (let i = 0; i < n; i++) {
    expect(sets.sizeOf(i)).toBe(labels.filter((label) => label === labels[i]).length);
    for (let j = 0; j < n; j++) {
      expect(sets.find(i) === sets.find(j)).toBe(labels[i] === labels[j]);
    }
  }
});
