import { AnnData, CsrMatrix, DataError, DenseMatrix, ParamError } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { bothKinds, randomCounts, rowsOf, snapshot, testContext } from '../../testing/data.js';
import { expectClose, expectMatrixClose } from '../../testing/matchers.js';
import { CellSVD } from './cell-svd.js';
import { FeatureCellPlaceHolder } from './feature-cell-placeholder.js';
import { GaussRandProjFeature } from './gauss-rand-proj-feature.js';
import { WeightedFeatureSVD } from './weighted-feature-svd.js';

const context = testContext();
const FLOAT32 = 1e-5;

const COUNTS = [
  [9, 0, 3, 0, 1],
  [1, 7, 0, 2, 0],
  [0, 2, 8, 0, 4],
  [5, 1, 0, 6, 0],
  [0, 0, 2, 1, 3],
];

/** numpy.linalg.svd, NumPy 1.24.2; of each right vector the largest entry is positive. */
const CELLS = {
  scores: [
    [8.301349931, -2.191465296, -3.600240016],
    [3.174317868, -0.67898568, 6.318609494],
    [5.574060042, 7.22740492, 0.359408231],
    [5.633157112, -4.372260062, 1.400839483],
    [2.052464858, 2.285581417, -0.031637455],
  ],
  singularValues: [12.083208224, 9.04651668, 7.414787965],
  components: [
    [0.726365786, 0.267126403, 0.50410605, 0.28903363, 0.25173971],
    [-0.516419238, 0.065123227, 0.682018229, -0.309214517, 0.410253159],
    [-0.347029325, 0.843046517, -0.145304887, 0.382156599, -0.041061426],
  ],
  /** explained_variance_ratio_ of scikit-learn's TruncatedSVD, 1.2.1 */
  varianceRatio: [0.133388346, 0.456030666, 0.287945569],
};

/** Of the first four cells: genes = U S of their transpose; cells = X / row sums @ genes. */
const GENES = {
  genes: [
    [9.121027885, -3.963431709, -2.568481669],
    [3.250965044, 0.985921858, 6.242444658],
    [5.523773175, 6.38178169, -1.098899287],
    [3.490423638, -2.920382558, 2.848021943],
    [2.40663897, 3.277280699, -0.306447774],
  ],
  cells: [
    [7.774400728, -1.019096894, -2.055344666],
    [3.885863047, -0.290274382, 4.682467483],
    [4.308476527, 4.723944288, 0.176278852],
    [5.816553858, -3.029461003, 0.874013998],
    [3.626314483, 3.279170486, -0.044853325],
  ],
  standardizedGenes: [
    [-0.738342889, -1.75962789],
    [-0.384336904, 1.8724706],
    [1.97320221, -0.215795681],
    [-1.5409902, 0.083418001],
    [1.95673599, -0.012875703],
  ],
  unitCells: [
    [0.990718598, -0.257234934],
    [0.565043131, 0.03729425],
    [0.469364967, 0.786821712],
    [0.577624307, -0.372833194],
    [0.204177827, 0.390960875],
  ],
};

function dense(value: unknown): DenseMatrix {
  if (value instanceof DenseMatrix) return value;
  throw new Error('no dense matrix');
}

function info(data: AnnData, key: string): Float64Array {
  const values = (data.uns.get('CellSVD') as Map<string, unknown>).get(key);
  if (values instanceof Float64Array) return values;
  throw new Error(`no ${key}`);
}

describe.each(bothKinds(COUNTS))('%s', (_, data) => {
  const split = (): AnnData => {
    const view = data.view();
    view.splits = {
      train: Int32Array.of(0, 1, 2, 3),
      val: Int32Array.of(),
      test: Int32Array.of(4),
    };
    return view;
  };

  test('singular values and vectors of the cells', async () => {
    const before = snapshot(data);
    const found = await new CellSVD({ nComponents: 3 }).apply(data, context);
    expectMatrixClose(dense(found.obsm.get('CellSVD')), CELLS.scores, FLOAT32);
    const loadings = dense(found.varm.get('CellSVD'));
    expectMatrixClose(loadings.transpose(), CELLS.components, FLOAT32);
    expectClose(info(found, 'singular_values'), CELLS.singularValues, FLOAT32);
    expectClose(info(found, 'variance_ratio'), CELLS.varianceRatio, FLOAT32);
    expect(snapshot(data)).toEqual(before);
    const bare = await new CellSVD({ nComponents: 3, saveInfo: false, out: 'f' }).apply(
      data,
      context,
    );
    expect([...bare.obsm.keys(), ...bare.varm.keys(), ...bare.uns.keys()]).toEqual(['f']);
  });

  test('as many components as explain a share of the variance', async () => {
    // Cumulative ratios: 0.133, 0.589, 0.877, 0.987, 1.
    for (const [share, k] of [
      [0.1, 1],
      [0.6, 3],
      [0.95, 4],
      [0.9999, 5],
    ] as const) {
      const found = await new CellSVD({ nComponents: share }).apply(data, context);
      expect(dense(found.obsm.get('CellSVD')).shape).toEqual([5, k]);
      expect(dense(found.varm.get('CellSVD')).shape).toEqual([5, k]);
    }
  });

  test('features of genes and cells', async () => {
    const found = await new WeightedFeatureSVD({ nComponents: 3 }).apply(split(), context);
    expectMatrixClose(dense(found.varm.get('WeightedFeatureSVD')), GENES.genes, FLOAT32);
    expectMatrixClose(dense(found.obsm.get('WeightedFeatureSVD')), GENES.cells, FLOAT32);
  });

  test('of normalized genes and normalized cells', async () => {
    const genes = async (input: ConstructorParameters<typeof WeightedFeatureSVD>[0]) => {
      const step = new WeightedFeatureSVD({ nComponents: 2, ...input });
      return dense((await step.apply(split(), context)).varm.get('WeightedFeatureSVD'));
    };
    const standardized = await genes({ featNormMode: 'standardize' });
    expectMatrixClose(standardized, GENES.standardizedGenes, FLOAT32);
    const units = await genes({ featNormMode: 'l2', featNormAxis: 1 });
    expectMatrixClose(units, GENES.unitCells, FLOAT32);
  });

  test('randomized or not, the result is the same', async () => {
    const step = new CellSVD({ nComponents: 2, algorithm: 'randomized', out: 'f' });
    const found = await step.apply(data, context);
    const expected = CELLS.scores.map((row) => row.slice(0, 2));
    expectMatrixClose(dense(found.obsm.get('f')), expected, 1e-3);
  });

  test('X itself as features', async () => {
    const found = await new FeatureCellPlaceHolder({ nComponents: 7, out: 'x' }).apply(
      data,
      context,
    );
    expect(found.obsm.get('x')).toBe(data.X);
    expectMatrixClose((found.varm.get('x') as CsrMatrix).transpose(), COUNTS, FLOAT32);
  });
});

test('a share that takes more than the first guess of components is found', async () => {
  const data = AnnData.fromMatrix(randomCounts(60, 80));
  const found = await new CellSVD({ nComponents: 0.97 }).apply(data, context);
  const shares = Array.from(info(found, 'variance_ratio'));
  const total = shares.reduce((sum, value) => sum + value, 0);
  expect(shares.length).toBeGreaterThan(32);
  expect(total).toBeGreaterThanOrEqual(0.97);
  expect(total - (shares.at(-1) ?? 0)).toBeLessThan(0.97);
});

test('too many components are reduced with a warning, fractions above 1 refused', async () => {
  const { messages, ...watched } = testContext();
  const data = AnnData.fromMatrix(DenseMatrix.fromRows(COUNTS));
  const found = await new CellSVD().apply(data, watched);
  expect(dense(found.obsm.get('CellSVD')).shape).toEqual([5, 5]);
  expect(messages).toEqual([expect.stringMatching(/^warning: .*400 reduced to 5/)]);
  expect(() => new CellSVD({ nComponents: 2.5 })).toThrow(ParamError);
  expect(() => new WeightedFeatureSVD({ nComponents: 0 })).toThrow(ParamError);
  const empty = AnnData.fromMatrix(DenseMatrix.zeros(0, 3));
  for (const nComponents of [0.5, 2]) {
    await expect(new CellSVD({ nComponents }).apply(empty, context)).rejects.toThrow(DataError);
  }
});

describe('random projections', () => {
  const counts = randomCounts(30, 200);

  test('the matrix of the projection has normal entries of variance 1 / k', async () => {
    const identity = DenseMatrix.zeros(200, 200);
    for (let i = 0; i < 200; i++) identity.data[i * 201] = 1;
    const step = new GaussRandProjFeature({ nComponents: 50 });
    const found = await step.apply(AnnData.fromMatrix(identity), context);
    const R = dense(found.obsm.get('GaussRandProjFeature'));
    const mean = R.data.reduce((sum, value) => sum + value, 0) / R.data.length;
    const variance = R.data.reduce((sum, value) => sum + value * value, 0) / R.data.length;
    const fourth = R.data.reduce((sum, value) => sum + value ** 4, 0) / R.data.length;
    // 10,000 draws: standard errors 0.0014, 1.4 % and 5 % or so.
    expect(Math.abs(mean)).toBeLessThan(0.006);
    expect(variance * 50).toBeCloseTo(1, 1);
    expect(fourth / variance ** 2).toBeGreaterThan(2.7);
    expect(fourth / variance ** 2).toBeLessThan(3.3);
  });

  test('it is the same for sparse and dense, linear, and about keeps distances', async () => {
    const step = new GaussRandProjFeature({ nComponents: 150 });
    const project = async (X: CsrMatrix | DenseMatrix) =>
      dense((await step.apply(AnnData.fromMatrix(X), testContext(5))).obsm.get(step.name));
    const projected = await project(counts);
    expectMatrixClose(await project(counts.toDense()), rowsOf(projected), FLOAT32);
    const doubled = await project(counts.mapData((value) => 2 * value));
    expectMatrixClose(
      doubled,
      rowsOf(projected).map((row) => row.map((v) => 2 * v)),
      FLOAT32,
    );
    const distance = (X: DenseMatrix, i: number, j: number) =>
      X.row(i).reduce((sum, value, c) => sum + (value - X.get(j, c)) ** 2, 0);
    for (let i = 1; i < 30; i++) {
      const ratio = distance(projected, 0, i) / distance(counts.toDense(), 0, i);
      expect(ratio).toBeGreaterThan(0.5);
      expect(ratio).toBeLessThan(1.7);
    }
    const other = await step.apply(AnnData.fromMatrix(counts), testContext(6));
    expect(dense(other.obsm.get(step.name))).not.toEqual(projected);
  });

  test('0 takes the width from the number of cells', async () => {
    const step = new GaussRandProjFeature({ nComponents: 0, eps: 0.5 });
    const found = await step.apply(AnnData.fromMatrix(counts), context);
    // 4 ln 30 / (0.125 - 0.0417) = 163.3
    expect(dense(found.obsm.get(step.name)).shape).toEqual([30, 163]);
    const narrow = new GaussRandProjFeature({ nComponents: 0, eps: 0.1 });
    await expect(narrow.apply(AnnData.fromMatrix(counts), context)).rejects.toThrow(DataError);
  });

  test('stops when it was aborted', async () => {
    const run = new GaussRandProjFeature().apply(AnnData.fromMatrix(counts), {
      ...context,
      signal: AbortSignal.abort(),
    });
    await expect(run).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
