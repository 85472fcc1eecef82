import {
  AnnData,
  CsrMatrix,
  DataError,
  DenseMatrix,
  Rng,
  silentReporter,
  type ProgressUpdate,
} from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { rowsOf, testContext } from '../testing/data.js';
import { geneBlocks } from './gene-blocks.js';
import { GeneHoldout, readGeneHoldout } from './gene-holdout.js';

/** Genes 2p and 2p + 1 share program p (the second with its sign turned); the last is constant. */
function pairedGenes(nPairs: number): CsrMatrix {
  const rng = Rng.fromSeed(8).fork('genes');
  const X = DenseMatrix.zeros(80, 2 * nPairs + 1);
  for (let i = 0; i < X.nRows; i++) {
    const row = X.row(i);
    for (let p = 0; p < nPairs; p++) {
      const program = rng.normal();
      row[2 * p] = 5 + program + 0.2 * rng.normal();
      row[2 * p + 1] = 5 - program + 0.2 * rng.normal();
    }
    row[2 * nPairs] = 4;
  }
  return CsrMatrix.fromDense(X);
}

const X = pairedGenes(10);

/** By the definition: the nTop largest absolute correlations outside of the block. */
function expectedPredictors(targets: Int32Array, nTop: number): number[] {
  const columns = rowsOf(X.transpose()).map((values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const centered = values.map((value) => value - mean);
    const norm = Math.hypot(...centered);
    return centered.map((value) => (norm < 1e-9 ? 0 : value / norm));
  });
  const chosen = new Set<number>();
  for (const target of targets) {
    const others = columns.flatMap((values, g) =>
      targets.includes(g) || g === 20
        ? []
        : [{ g, r: Math.abs(values.reduce((sum, v, i) => sum + v * columns[target]![i]!, 0)) }],
    );
    others.sort((a, b) => b.r - a.r);
    if (target !== 20) for (const { g } of others.slice(0, nTop)) chosen.add(g);
  }
  return [...chosen].sort((a, b) => a - b);
}

test('every gene is a target once, and predictors are the most correlated genes elsewhere', async () => {
  const blocks = await geneBlocks(X, { nTop: 2, blockSize: 6, rng: Rng.fromSeed(0) });
  expect(blocks.map(({ targets }) => targets.length)).toEqual([6, 6, 6, 3]);
  const targets = blocks.flatMap((block) => [...block.targets]).sort((a, b) => a - b);
  expect(targets).toEqual(Array.from({ length: 21 }, (_, g) => g));
  for (const block of blocks) {
    expect([...block.predictors]).toEqual(expectedPredictors(block.targets, 2));
  }
});

test('a gene finds its partner though it is anticorrelated, unless it is in the same block', async () => {
  for (const { targets, predictors } of await geneBlocks(X, {
    ...{ nTop: 1, blockSize: 4, rng: Rng.fromSeed(1) },
  })) {
    for (const g of targets) {
      const partner = g ^ 1;
      if (g < 20 && !targets.includes(partner)) expect(predictors).toContain(partner);
    }
  }
});

test('all genes in one block would leave no predictor, so there are two', async () => {
  const blocks = await geneBlocks(X, { rng: Rng.fromSeed(2) });
  expect(blocks.map(({ targets }) => targets.length)).toEqual([11, 10]);
  expect(blocks.every(({ predictors }) => predictors.length > 0)).toBe(true);
});

test('a block of constant genes is predicted from the most variable ones', async () => {
  const rows = [0, 1, 2, 3].map((i) => [1, 1, 5 * i, i]);
  const X4 = DenseMatrix.fromRows(rows);
  for (let seed = 0; seed < 20; seed++) {
    const blocks = await geneBlocks(X4, { nTop: 1, rng: Rng.fromSeed(seed) });
    const constant = blocks.find(({ targets }) => !targets.includes(2) && !targets.includes(3));
    if (constant === undefined) continue;
    expect([...constant.predictors]).toEqual([2]);
    return;
  }
  throw new Error('no seed put the constant genes into one block');
});

test('the transform keeps the blocks until genes are chosen', async () => {
  const data = AnnData.fromMatrix(X);
  const options = { nTop: 3, batchSize: 7, seed: 4 };
  const held = await new GeneHoldout(options).apply(data, testContext(9));
  expect(readGeneHoldout(held)).toEqual(
    await geneBlocks(X, { nTop: 3, blockSize: 7, rng: Rng.fromSeed(4) }),
  );
  expect(() => readGeneHoldout(held.subset({ var: [0, 1, 2] }))).toThrow(DataError);
  expect(() => readGeneHoldout(data)).toThrow(DataError);
});

test('tells how many genes are done', async () => {
  const done: number[] = [];
  const reporter = {
    ...silentReporter,
    progress: (update: ProgressUpdate) => done.push(update.done),
  };
  await geneBlocks(X, { blockSize: 6, rng: Rng.fromSeed(0), reporter });
  expect(done).toEqual([6, 12, 18, 21]);
});

test('one gene is predicted from none', async () => {
  const one = DenseMatrix.fromRows([[1], [2]]);
  await expect(geneBlocks(one, { rng: Rng.fromSeed(0) })).rejects.toThrow(DataError);
});

test('only genes that vary enough are targets where that is asked for', async () => {
  const rows = [0, 1, 2, 3].map((i) => [1, i, 10 * i, 1]);
  const blocks = await geneBlocks(DenseMatrix.fromRows(rows), {
    ...{ minVmr: 0.4, rng: Rng.fromSeed(0) },
  });
  expect(blocks.flatMap(({ targets }) => [...targets]).sort()).toEqual([1, 2]);
});
