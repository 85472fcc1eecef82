import { AnnData, CsrMatrix, DenseMatrix, type UnsDict } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { bothKinds, randomCounts, rowsOf, snapshot, testContext } from '../../testing/data.js';
import { goldenCase, readGolden, type GoldenRows } from '../../testing/golden.js';
import { expectClose, expectMatrixClose } from '../../testing/matchers.js';
import { CellPca } from './cell-pca.js';

interface PcaCase {
  readonly name: string;
  readonly X: readonly number[][];
  readonly k: number;
  readonly scores: GoldenRows;
  readonly components: GoldenRows;
  readonly explained_variance: number[];
  readonly explained_variance_ratio: number[];
}

const golden = goldenCase((readGolden('pca_svd') as { cases: PcaCase[] }).cases, 'tall');
const context = testContext();

/** Columns with the largest entry positive, as in the golden file (there: of the axes). */
function alignedTo(rows: readonly number[][], signs: readonly number[]): DenseMatrix {
  return DenseMatrix.fromRows(rows.map((row) => row.map((value, k) => value * signs[k]!)));
}

test.each(bothKinds(golden.X))('golden scores and loadings, %s', async (_, data) => {
  const result = await new CellPca({ nComponents: golden.k }).apply(data, context);
  const loadings = rowsOf(result.varm.get('PCs') as DenseMatrix); // [nGenes, k]
  const scores = rowsOf(result.obsm.get('X_pca') as DenseMatrix); // [nCells, k]
  const signs = golden.components.map((axis, k) =>
    Math.sign(axis.reduce<number>((sum, value, g) => sum + (value ?? 0) * loadings[g]![k]!, 0)),
  );
  expectMatrixClose(alignedTo(loadings, signs).transpose(), golden.components, 1e-4);
  expectMatrixClose(alignedTo(scores, signs), golden.scores, 1e-4);
  const facts = result.uns.get('pca') as UnsDict;
  expectClose(facts.get('variance') as Float64Array, golden.explained_variance, 1e-4);
  expectClose(facts.get('variance_ratio') as Float64Array, golden.explained_variance_ratio, 1e-4);
});

test('leaves its input as it was', async () => {
  const data = AnnData.fromMatrix(randomCounts(20, 10));
  const before = snapshot(data);
  await new CellPca({ nComponents: 3 }).apply(data, context);
  expect(snapshot(data)).toEqual(before);
});

test('more components than cells or genes are reduced with a warning', async () => {
  const { messages, ...watched } = testContext();
  const data = AnnData.fromMatrix(randomCounts(6, 9));
  const result = await new CellPca().apply(data, watched);
  expect((result.obsm.get('X_pca') as DenseMatrix).shape).toEqual([6, 6]);
  expect((result.varm.get('PCs') as DenseMatrix).shape).toEqual([9, 6]);
  expect(messages).toEqual([expect.stringMatching(/^warning: CellPCA: nComponents 50/)]);
});

test('one gene has one component: its centered values', async () => {
  const data = AnnData.fromMatrix(CsrMatrix.fromDense(DenseMatrix.fromRows([[1], [0], [5]])));
  const result = await new CellPca({ nComponents: 1 }).apply(data, context);
  const scores = result.obsm.get('X_pca') as DenseMatrix;
  const sign = Math.sign(scores.get(2, 0));
  expectClose(scores.data.map((value) => value * sign), [-1, -2, 3], 1e-6); // prettier-ignore
});

test('every solver gives the same scores, under the key that is asked for', async () => {
  const data = AnnData.fromMatrix(randomCounts(30, 20));
  const scores = async (svdSolver: 'auto' | 'full' | 'arpack' | 'randomized') => {
    const step = new CellPca({ nComponents: 3, svdSolver, out: 'feature.cell' });
    const found = await step.apply(data, context);
    expect([...found.obsm.keys()]).toEqual(['feature.cell']);
    return found.obsm.get('feature.cell') as DenseMatrix;
  };
  const full = rowsOf(await scores('full'));
  for (const solver of ['auto', 'arpack', 'randomized'] as const) {
    expectMatrixClose(await scores(solver), full, 1e-3);
  }
});
