import { expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix, Rng } from '@dance-ts/core';
import { pearson } from '@dance-ts/metrics';
import { geneBlocks } from './gene-blocks.js';

function counts(nCells: number, nGenes: number): DenseMatrix {
  const rng = Rng.fromSeed(6);
  const values = Float32Array.from({ length: nCells * nGenes }, () => rng.poisson(1.5));
  const X = new DenseMatrix(nCells, nGenes, values);
  for (let i = 0; i < nCells; i++) X.row(i)[3] = 2; // a constant gene
  return X;
}

const options = (blockSize: number, nTop: number) => ({ blockSize, nTop, rng: Rng.fromSeed(1) });

test('every gene is a target once; predictors are the most correlated genes outside', async () => {
  const X = counts(40, 23);
  const column = (j: number): number[] => Array.from({ length: 40 }, (_, i) => X.get(i, j));
  const blocks = await geneBlocks(CsrMatrix.fromDense(X), options(8, 3));
  expect(blocks.map(({ targets }) => targets.length)).toEqual([8, 8, 7]);
  const all = blocks.flatMap(({ targets }) => [...targets]);
  expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 23 }, (_, j) => j));
  for (const { targets, predictors } of blocks) {
    const outside = Array.from({ length: 23 }, (_, j) => j).filter((j) => !targets.includes(j));
    const expected = new Set<number>();
    for (const target of targets) {
      const strength = (j: number): number => {
        const r = Math.abs(pearson(column(target), column(j)));
        return Number.isNaN(r) ? -1 : r;
      };
      const sorted = outside.toSorted((a, b) => strength(b) - strength(a) || a - b);
      for (const gene of sorted.slice(0, 3)) expected.add(gene);
    }
    expect([...predictors]).toEqual([...expected].toSorted((a, b) => a - b));
  }
});

test('few genes make two blocks, one gene makes none', async () => {
  const blocks = await geneBlocks(CsrMatrix.fromDense(counts(10, 5)), options(512, 2));
  expect(blocks.map(({ targets }) => targets.length)).toEqual([3, 2]);
  const one = CsrMatrix.fromDense(DenseMatrix.fromRows([[1], [2]]));
  await expect(geneBlocks(one, options(512, 2))).rejects.toThrow(DataError);
});
