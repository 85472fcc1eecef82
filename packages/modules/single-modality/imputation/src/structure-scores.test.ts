import { expect, test } from '@jest/globals';
import { DenseMatrix, Rng } from '@dance-ts/core';
import { structureScores } from './structure-scores.js';

/** 60 cells x 20 genes in two groups that differ by `distance` in half of the genes. */
function groups(distance: number): { X: DenseMatrix; codes: Int32Array } {
  const rng = Rng.fromSeed(1);
  const codes = Int32Array.from({ length: 60 }, (_, i) => i % 2);
  const X = DenseMatrix.zeros(60, 20);
  codes.forEach((group, i) => {
    X.row(i).forEach((_, j, row) => {
      row[j] = rng.normal() + (j % 2 === 0 ? group * distance : 0);
    });
  });
  return { X, codes };
}

test('groups far apart are found, groups alike are not', async () => {
  const [far, near] = [groups(8), groups(0)];
  const found = await structureScores(far.X, far.codes, { nComponents: 5 });
  const lost = await structureScores(near.X, near.codes, { nComponents: 5 });
  expect(found.ari).toBeGreaterThan(0.45);
  expect(found.silhouette).toBeGreaterThan(0.7);
  expect(Math.abs(lost.ari)).toBeLessThan(0.2);
  expect(Math.abs(lost.silhouette)).toBeLessThan(0.1);
});

test('cells without a label are left out; one group has no silhouette', async () => {
  const { X, codes } = groups(8);
  const some = codes.map((code, i) => (i < 10 ? -1 : code));
  const { silhouette } = await structureScores(X, some, { nComponents: 5 });
  expect(silhouette).toBeGreaterThan(0.7);
  expect((await structureScores(X, codes.fill(0))).silhouette).toBeNaN();
});
