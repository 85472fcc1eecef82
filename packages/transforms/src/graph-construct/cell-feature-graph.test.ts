import {
  AnnData,
  CsrMatrix,
  DataError,
  DenseMatrix,
  ParamError,
  type UnsDict,
} from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { bothKinds, randomCounts, rowsOf, snapshot, testContext } from '../testing/data.js';
import { expectClose, expectMatrixClose } from '../testing/matchers.js';
import { CellFeatureGraph } from './cell-feature-graph.js';
import { readCellFeatureGraph } from './cell-feature-graph-data.js';

const context = testContext();
const GOLDEN_WEIGHTS = [
  [0.5, 0.5, 0],
  [0, 0.25, 0.75],
];

/** Counts of 300 cells and 200 genes in five programs; the Python below draws the same. */
function fivePrograms(): DenseMatrix {
  const strengths = [22, 17, 13, 10, 7];
  const X = DenseMatrix.zeros(300, 200);
  let state = 12345;
  for (let i = 0; i < 300; i++) {
    for (let j = 0; j < 200; j++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const strength = i % 5 === j % 5 ? strengths[i % 5]! : i % 3 === j % 3 ? 5 : 3;
      X.data[i * 200 + j] = Math.floor((state / 2 ** 32) ** 3 * strength);
    }
  }
  return X;
}

/**
 * Leading components of gene and cell features from scikit-learn 1.2.1 in float64 (the four that
 * stand out: the next singular values are 30.3 and 27.7):
 *   Z = (X - X.mean(0)) / X.std(0); pca = PCA(8, svd_solver='full').fit(Z.T)
 *   genes = pca.transform(Z.T); cells = X / X.sum(1, keepdims=True) @ genes
 */
const REFERENCE = {
  singularValues: [66.61386186984267, 59.71739385564472, 52.13654272790078, 39.61656008509749],
  sumOfAbsoluteGeneFeatures: [
    720.9143368984137, 653.9296038218502, 606.1921225661921, 422.5317230443191,
  ],
  gene0: [9.458849547031962, 1.3411296498862122, -1.5521949759174047, -0.8445987634142965],
  gene137: [-1.9078094383146875, -6.521565032708002, -3.6887679167631453, -2.847197128470422],
  cell0: [5.4078173903644835, 0.3873988888356259, -0.7148835170196977, -0.39239240019237726],
  cell299: [-0.599294285170389, -0.03726490579643147, 0.17194722719763084, 1.0882943330326231],
};

test('weights of edges into a node have mean 1', async () => {
  for (const [, data] of bothKinds(GOLDEN_WEIGHTS)) {
    const result = await new CellFeatureGraph({ nComponents: 1 }).apply(data, context);
    const { toCell, toGene } = readCellFeatureGraph(result);
    expectMatrixClose(toCell, [[1, 1, 0], [0, 0.5, 1.5]], 1e-7); // prettier-ignore
    expectMatrixClose(toGene, [[1, 0], [4 / 3, 2 / 3], [0, 1]], 1e-7); // prettier-ignore
  }
});

test('without normalization the weights are the values, and stored zeros are no edges', async () => {
  const X = new CsrMatrix(
    2,
    3,
    Int32Array.of(0, 2, 4),
    Int32Array.of(0, 1, 0, 2),
    Float32Array.of(2, 0, 3, 5),
  );
  const step = new CellFeatureGraph({ nComponents: 1, normalizeEdges: false });
  const graph = readCellFeatureGraph(await step.apply(AnnData.fromMatrix(X), context));
  expect(graph.toCell.nnz).toBe(3);
  expect(rowsOf(graph.toCell)).toEqual([[2, 0, 0], [3, 0, 5]]); // prettier-ignore
  expect(rowsOf(graph.toGene)).toEqual(rowsOf(graph.toCell.toDense().transpose()));
});

test.each(bothKinds(rowsOf(fivePrograms())))(
  'node features equal those of scikit-learn, %s',
  async (_, data) => {
    // 40 components, so that the random subspace holds them to single precision.
    const step = new CellFeatureGraph({ nComponents: 40 });
    const graph = readCellFeatureGraph(await step.apply(data, context));
    const leading = [0, 1, 2, 3];
    const geneFeatures = graph.geneFeatures.selectColumns(leading);
    const cellFeatures = graph.cellFeatures.selectColumns(leading);
    const columns = rowsOf(geneFeatures.transpose());
    const norms = columns.map((column) => Math.hypot(...column));
    expectClose(norms, REFERENCE.singularValues, 1e-4);
    const sums = columns.map((column) => column.reduce((sum, value) => sum + Math.abs(value), 0));
    expectClose(sums, REFERENCE.sumOfAbsoluteGeneFeatures, 1e-4);
    // Signs of components are arbitrary: fix them by gene 0.
    const signs = REFERENCE.gene0.map((value, k) => Math.sign(value * geneFeatures.get(0, k)));
    const signed = (row: Float32Array): Float32Array => row.map((value, k) => value * signs[k]!);
    expectClose(signed(geneFeatures.row(0)), REFERENCE.gene0, 1e-4);
    expectClose(signed(geneFeatures.row(137)), REFERENCE.gene137, 1e-4);
    expectClose(signed(cellFeatures.row(0)), REFERENCE.cell0, 1e-4);
    expectClose(signed(cellFeatures.row(299)), REFERENCE.cell299, 1e-4);
  },
);

test('without standardization, frequent genes dominate the components', async () => {
  const data = AnnData.fromMatrix(
    DenseMatrix.fromRows([
      [1, 100, 0],
      [2, 100, 1],
    ]),
  );
  const step = new CellFeatureGraph({ nComponents: 1, featNormMode: 'none' });
  const { geneFeatures } = readCellFeatureGraph(await step.apply(data, context));
  // Cell columns centered over the genes: (1, 100, 0) - 101/3 and (2, 100, 1) - 103/3.
  const centered = [
    [1, 100, 0],
    [2, 100, 1],
  ].map((row) => {
    // prettier-ignore
    const mean = row.reduce((sum, value) => sum + value, 0) / 3;
    return row.map((value) => value - mean);
  });
  const total = centered.flat().reduce((sum, value) => sum + value * value, 0);
  const [norm = NaN] = rowsOf(geneFeatures.transpose()).map((column) => Math.hypot(...column));
  expect(norm ** 2 / total).toBeGreaterThan(0.9999);
  expect(Math.abs(geneFeatures.get(1, 0))).toBeGreaterThan(90);
});

describe('edge cases', () => {
  test('more components than cells or genes are reduced with a warning', async () => {
    const { messages, ...watched } = testContext();
    const data = AnnData.fromMatrix(randomCounts(12, 7));
    const result = await new CellFeatureGraph().apply(data, watched);
    expect(readCellFeatureGraph(result).cellFeatures.shape).toEqual([12, 7]);
    expect(messages).toEqual([expect.stringMatching(/^warning: .*50 reduced to 7/)]);
  });

  test('a single gene, constant genes and cells without edges give finite features', async () => {
    const cases = [
      [[1], [2], [0]],
      [
        [1, 0, 3],
        [1, 0, 0],
        [1, 0, 2],
      ],
      [
        [0, 0],
        [0, 0],
      ],
    ];
    for (const rows of cases) {
      const data = AnnData.fromMatrix(DenseMatrix.fromRows(rows));
      const step = new CellFeatureGraph({ nComponents: 1 });
      const graph = readCellFeatureGraph(await step.apply(data, context));
      for (const { data: values } of Object.values(graph) as { data: Float32Array }[]) {
        expect(values.every(Number.isFinite)).toBe(true);
      }
    }
  });

  test('a gene that is constant up to rounding is constant', async () => {
    const features = async (jitter: number): Promise<DenseMatrix> => {
      const rows = [3, 1, 4, 1, 5, 9, 2].map((x, i) => [1 + (i % 2) * jitter, x, 10 - x]);
      const step = new CellFeatureGraph({ nComponents: 2 });
      const data = AnnData.fromMatrix(DenseMatrix.fromRows(rows));
      return readCellFeatureGraph(await step.apply(data, context)).geneFeatures;
    };
    const [exact, rounded] = [await features(0), await features(2 ** -23)];
    expectMatrixClose(rounded, rowsOf(exact), 1e-5);
  });

  test('a cell without edges has features of zero', async () => {
    const data = AnnData.fromMatrix(
      DenseMatrix.fromRows([
        [1, 2],
        [0, 0],
        [4, 1],
      ]),
    );
    const step = new CellFeatureGraph({ nComponents: 2 });
    const { cellFeatures } = readCellFeatureGraph(await step.apply(data, context));
    expect(Array.from(cellFeatures.row(1))).toEqual([0, 0]);
  });

  test('no cells, or values that are no weights, are refused', async () => {
    const none = AnnData.fromMatrix(DenseMatrix.zeros(0, 3));
    await expect(new CellFeatureGraph().apply(none, context)).rejects.toThrow(DataError);
    const negative = AnnData.fromMatrix(DenseMatrix.fromRows([[1, -1]]));
    await expect(new CellFeatureGraph().apply(negative, context)).rejects.toThrow(DataError);
    expect(() => new CellFeatureGraph({ nComponents: 0 })).toThrow(ParamError);
  });
});

test('the input stays, sparse equals dense, and the same seed gives the same bytes', async () => {
  const X = randomCounts(40, 30);
  const data = AnnData.fromMatrix(X);
  const before = snapshot(data);
  const step = new CellFeatureGraph({ nComponents: 6 });
  const first = readCellFeatureGraph(await step.apply(data, testContext(3)));
  expect(snapshot(data)).toEqual(before);
  const again = readCellFeatureGraph(await step.apply(data, testContext(3)));
  expect(again).toEqual(first);
  const dense = AnnData.fromMatrix(X.toDense());
  expect(readCellFeatureGraph(await step.apply(dense, testContext(3)))).toEqual(first);
});

describe('readCellFeatureGraph', () => {
  async function withGraph(): Promise<{ data: AnnData; graph: UnsDict }> {
    const step = new CellFeatureGraph({ nComponents: 2, out: 'g' });
    const data = await step.apply(AnnData.fromMatrix(randomCounts(5, 4)), context);
    return { data, graph: data.uns.get('g') as UnsDict };
  }

  test('reads another key, and arrays as files give them', async () => {
    const { data, graph } = await withGraph();
    const expected = readCellFeatureGraph(data, 'g');
    const { nRows, nCols, data: values } = expected.geneFeatures;
    graph.set('gene_features', { kind: 'ndarray', shape: [nRows, nCols], data: values.slice() });
    expect(readCellFeatureGraph(data, 'g')).toEqual(expected);
  });

  test('says what is missing', async () => {
    const { data, graph } = await withGraph();
    expect(() => readCellFeatureGraph(data)).toThrow(/no cell-gene graph.*Run the transform/);
    graph.delete('to_gene');
    expect(() => readCellFeatureGraph(data, 'g')).toThrow(/incomplete at uns\["g\/to_gene"\]/);
    graph.set('gene_features', 'nothing');
    expect(() => readCellFeatureGraph(data, 'g')).toThrow(DataError);
  });

  test('refuses a graph of other cells or genes', async () => {
    const { data, graph } = await withGraph();
    const fewer = data.subset({ obs: [0, 1, 2] });
    expect(() => readCellFeatureGraph(fewer, 'g')).toThrow(/got 5 x 4, expected 3 x 4/);
    graph.set('cell_features', DenseMatrix.zeros(5, 1));
    expect(() => readCellFeatureGraph(data, 'g')).toThrow(
      /cell_features.*got 5 x 1, expected 5 x 2/,
    );
  });
});

test('abort stops the work', async () => {
  const controller = new AbortController();
  const run = new CellFeatureGraph({ nComponents: 5 }).apply(AnnData.fromMatrix(fivePrograms()), {
    ...context,
    signal: controller.signal,
  });
  controller.abort();
  await expect(run).rejects.toMatchObject({ code: 'ABORTED' });
});
