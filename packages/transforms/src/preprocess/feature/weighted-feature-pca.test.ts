import { AnnData, CsrMatrix, DataError, DenseMatrix, ParamError } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { weightedCellFeatures } from '../../graph-construct/weighted-features.js';
import { normalizedColumns, normalizedRows } from '../../numeric/normalized-columns.js';
import { bothKinds, randomCounts, rowsOf, snapshot, testContext } from '../../testing/data.js';
import { expectMatrixClose } from '../../testing/matchers.js';
import { WeightedFeaturePca } from './weighted-feature-pca.js';

const context = testContext();

const COUNTS = [
  [9, 0, 3, 0, 1],
  [1, 7, 0, 2, 0],
  [0, 2, 8, 0, 4],
  [5, 1, 0, 6, 0],
  [0, 0, 2, 1, 3],
];

/**
 * scikit-learn 1.2.1 in float64, the first four cells train:
 *   genes = PCA(3, svd_solver='full').fit_transform(X[:4].T)  # sign: largest of components_ > 0
 *   cells = X / X.sum(1, keepdims=True) @ genes
 */
const REFERENCE = {
  genes: [
    [-6.743508363, 3.049897176, 1.323063185],
    [1.829202418, -4.761049826, 2.88881859],
    [4.279980112, 4.176528715, 0.061839775],
    [-2.304040968, -3.556505165, -3.038859799],
    [2.938366801, 1.091129101, -1.234861752],
  ],
  cells: [
    [-3.454866779, 3.159214602, 0.835248172],
    [0.145282663, -3.739046194, 1.546707372],
    [3.546550924, 2.018189034, 0.095207741],
    [-3.8093821, -0.904216245, -0.72741869],
    [2.51183661, 1.344989928, -1.103294251],
  ],
};

/** The same with standardized genes: X[:4] - mean, divided by the population deviation. */
const STANDARDIZED = {
  genes: [
    [-0.977521375, -1.751991565, -0.76841571],
    [-0.616159088, 1.879368767, -0.753973648],
    [1.71677671, -0.212791187, 0.136624545],
    [-1.819885857, 0.095042512, 1.081025447],
    [1.69678961, -0.009628527, 0.304739365],
  ],
  cells: [
    [-0.150044049, -1.262763552, -0.477009876],
    [-0.89304067, 1.159367482, -0.388418035],
    [1.377789567, 0.144135281, 0.057429038],
    [-1.368590092, -0.525861166, 0.157508374],
    [1.117339399, -0.05990424, 0.378082106],
  ],
};

function features(data: AnnData, key = 'WeightedFeaturePCA'): [DenseMatrix, DenseMatrix] {
  const parts = [data.varm.get(key), data.obsm.get(key)];
  if (parts.every((part) => part instanceof DenseMatrix))
    return parts as [DenseMatrix, DenseMatrix];
  throw new Error(`no features "${key}"`);
}

function firstFourTrain(data: AnnData): AnnData {
  data.splits = { train: Int32Array.of(0, 1, 2, 3), val: Int32Array.of(), test: Int32Array.of(4) };
  return data;
}

describe('the features equal those of scikit-learn', () => {
  test.each(bothKinds(COUNTS))('fitted on the training cells, %s', async (_, data) => {
    const step = new WeightedFeaturePca({ nComponents: 3 });
    const [genes, cells] = features(await step.apply(firstFourTrain(data), context));
    expectMatrixClose(genes, REFERENCE.genes, 1e-5);
    expectMatrixClose(cells, REFERENCE.cells, 1e-5);
  });

  test('of standardized genes, under another key', async () => {
    const step = new WeightedFeaturePca({ nComponents: 3, featNormMode: 'standardize', out: 'f' });
    const data = firstFourTrain(AnnData.fromMatrix(DenseMatrix.fromRows(COUNTS)));
    const [genes, cells] = features(await step.apply(data, context), 'f');
    expectMatrixClose(genes, STANDARDIZED.genes, 1e-5);
    expectMatrixClose(cells, STANDARDIZED.cells, 1e-5);
  });
});

test('other cells change the features only where all cells are asked for', async () => {
  const geneFeatures = async (last: number[], splitName: 'train' | 'all') => {
    const data = firstFourTrain(
      AnnData.fromMatrix(DenseMatrix.fromRows([...COUNTS.slice(0, 4), last])),
    );
    const step = new WeightedFeaturePca({ nComponents: 2, splitName });
    return features(await step.apply(data, context))[0];
  };
  const other = [8, 8, 0, 0, 0];
  expect(await geneFeatures(other, 'train')).toEqual(await geneFeatures(COUNTS[4]!, 'train'));
  expect(await geneFeatures(other, 'all')).not.toEqual(await geneFeatures(COUNTS[4]!, 'all'));
});

test('new cells are placed as the known ones are; a cell without counts lies at zero', async () => {
  const X = CsrMatrix.fromDense(DenseMatrix.fromRows([...COUNTS, [0, 0, 0, 0, 0]]));
  const step = new WeightedFeaturePca({ nComponents: 2 });
  const [genes, cells] = features(await step.apply(AnnData.fromMatrix(X), context));
  const placed = await weightedCellFeatures(X.selectRows([5, 1]), genes);
  expect(rowsOf(placed)).toEqual([[0, 0], Array.from(cells.row(1))]);
  expect(placed.row(1)).toEqual(cells.row(1));
});

test('the input stays, and the same seed gives the same bytes for sparse and dense', async () => {
  const data = AnnData.fromMatrix(randomCounts(40, 30));
  const before = snapshot(data);
  const step = new WeightedFeaturePca({ nComponents: 6 });
  const first = features(await step.apply(data, testContext(3)));
  expect(snapshot(data)).toEqual(before);
  const dense = AnnData.fromMatrix(data.X.toDense());
  expect(features(await step.apply(dense, testContext(3)))).toEqual(first);
});

test('more components than there are training cells are reduced with a warning', async () => {
  const { messages, ...watched } = testContext();
  const data = firstFourTrain(AnnData.fromMatrix(DenseMatrix.fromRows(COUNTS)));
  const [genes] = features(await new WeightedFeaturePca().apply(data, watched));
  expect(genes.shape).toEqual([5, 4]);
  expect(messages).toEqual([expect.stringMatching(/^warning: .*400 reduced to 4/)]);
});

test('values that are no counts, and no cells to fit on, are refused', async () => {
  const negative = AnnData.fromMatrix(DenseMatrix.fromRows([[1, -1]]));
  await expect(new WeightedFeaturePca().apply(negative, context)).rejects.toThrow(DataError);
  const untrained = AnnData.fromMatrix(DenseMatrix.fromRows(COUNTS));
  untrained.splits = { train: Int32Array.of(), val: Int32Array.of(), test: Int32Array.of() };
  await expect(new WeightedFeaturePca().apply(untrained, context)).rejects.toThrow(DataError);
  expect(() => new WeightedFeaturePca({ nComponents: 0 })).toThrow(ParamError);
});

describe('other normalizations of the training cells', () => {
  const counts = DenseMatrix.fromRows(COUNTS);

  test.each([
    [{ featNormMode: 'l2', featNormAxis: 1 }, (X: DenseMatrix) => normalizedRows(X, 'l2', -1)],
    [{ featNormMode: 'minmax' }, (X: DenseMatrix) => normalizedColumns(X, 'minmax', -1)],
    [{ featNormMode: 'normalize' }, (X: DenseMatrix) => normalizedColumns(X, 'normalize', -1)],
  ] as const)('%p', async (input, normalized) => {
    const step = new WeightedFeaturePca({ nComponents: 3, ...input });
    const [genes, cells] = features(await step.apply(AnnData.fromMatrix(counts), context));
    const before = AnnData.fromMatrix(normalized(counts));
    const plain = new WeightedFeaturePca({ nComponents: 3 });
    const [expected] = features(await plain.apply(before, context));
    expectMatrixClose(genes, rowsOf(expected), 1e-5);
    expectMatrixClose(cells, rowsOf(await weightedCellFeatures(counts, genes)), 1e-5);
  });

  test('standardized cells', async () => {
    const step = new WeightedFeaturePca({
      nComponents: 2,
      featNormMode: 'standardize',
      featNormAxis: 1,
    });
    const [genes] = features(await step.apply(AnnData.fromMatrix(counts), context));
    // Of each cell, genes have mean 0 and variance 1: total squares are cells x genes.
    expect(genes.shape).toEqual([5, 2]);
    const squares = genes.data.reduce((sum, value) => sum + value * value, 0);
    expect(squares).toBeLessThanOrEqual(25.0001);
    expect(squares).toBeGreaterThan(10);
  });
});
