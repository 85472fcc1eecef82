import { AnnData, CsrMatrix, DataError, DenseMatrix, Rng } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { testContext } from '../../testing/data.js';
import { normalizedAdjacency } from './normalized-adjacency.js';
import { readStdGCNGraphs, StdGCNGraph } from './stdgcn-graph.js';

const N = 28;
const REF = 12;

/** Twelve pseudo-spots, then sixteen spots on a square array 30 pixels apart. */
function spots(): AnnData {
  const rng = Rng.fromSeed(21);
  const values = Float32Array.from({ length: N * 3 }, () => rng.normal());
  const data = AnnData.fromMatrix(DenseMatrix.zeros(N, 2));
  data.obsm.set('X_pca', new DenseMatrix(N, 3, values));
  const places = Array.from({ length: N }, (_, i) =>
    i < REF ? [0, 0] : [30 * Math.floor((i - REF) / 4), 30 * ((i - REF) % 4)],
  );
  data.obsm.set('spatial_pixel', DenseMatrix.fromRows(places));
  const rows = Array.from({ length: N }, (_, i) => i);
  data.splits = {
    train: Int32Array.from(rows.slice(0, REF)),
    val: new Int32Array(0),
    test: Int32Array.from(rows.slice(REF)),
  };
  return data;
}

/** By the definition, from all pairs. */
function expectedLikeness(data: AnnData, inter: number, real: number, pseudo: number): CsrMatrix {
  const points = data.obsm.get('X_pca') as DenseMatrix;
  const cosine = (i: number, j: number): number => {
    const [a, b] = [Array.from(points.row(i)), Array.from(points.row(j))];
    const product = a.reduce((sum, value, k) => sum + value * b[k]!, 0);
    return product / (Math.hypot(...a) * Math.hypot(...b));
  };
  const isRef = (i: number): boolean => i < REF;
  const near = (i: number, j: number): boolean => {
    const others = Array.from({ length: N }, (_, o) => o).filter(
      (o) => o !== i && isRef(o) === isRef(j),
    );
    const k = isRef(i) !== isRef(j) ? inter : isRef(i) ? pseudo : real;
    others.sort((a, b) => cosine(i, b) - cosine(i, a));
    return others.slice(0, k).includes(j);
  };
  const A = DenseMatrix.zeros(N, N);
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < N; j++) {
      if (i !== j && near(i, j) && near(j, i)) A.data[i * N + j] = 1 / (3 * inter);
    }
  }
  return CsrMatrix.fromDense(A);
}

test('likeness is mutual nearness between and within the splits', async () => {
  const data = spots();
  const made = await new StdGCNGraph({
    ...{ interNeighbors: 4, realNeighbors: 3, pseudoNeighbors: 5 },
  }).apply(data, testContext());
  const links = expectedLikeness(data, 4, 3, 5);
  const expected = normalizedAdjacency(links).toDense();
  const got = readStdGCNGraphs(made).expression.toDense();
  expect(links.nnz).toBeGreaterThan(60);
  expected.data.forEach((value, e) => {
    expect(got.data[e]).toBeCloseTo(value, 5);
  });
});

test.each([
  ['soft', 1 / Math.SQRT2],
  ['hard', 1],
] as const)('places join neighbors and diagonals, %s', async (linkMethod, diagonal) => {
  const made = await new StdGCNGraph({ linkMethod }).apply(spots(), testContext());
  const { spatial } = readStdGCNGraphs(made);
  expect([...spatial.row(3).indices]).toEqual([3]);
  expect(spatial.get(3, 3)).toBeCloseTo(1, 6);
  // A corner of the array has two neighbors and one diagonal nearer than two pitches.
  expect([...spatial.row(REF).indices]).toEqual([REF, REF + 1, REF + 4, REF + 5]);
  const corner = 1 + (2 + diagonal) / 20;
  expect(spatial.get(REF, REF)).toBeCloseTo(1 / corner, 5);
  const inner = 1 + (4 + 4 * diagonal) / 20;
  expect(spatial.get(REF, REF + 5)).toBeCloseTo(diagonal / 20 / Math.sqrt(corner * inner), 5);
});

test('without places there are self loops only; without spots an error', async () => {
  const data = spots();
  data.obsm.set('spatial_pixel', DenseMatrix.zeros(N, 2));
  const same = readStdGCNGraphs(await new StdGCNGraph().apply(data, testContext())).spatial;
  expect(same.nnz).toBe(N);
  data.obsm.delete('spatial_pixel');
  const context = testContext();
  const none = readStdGCNGraphs(await new StdGCNGraph().apply(data, context)).spatial;
  expect(none).toEqual(same);
  expect(context.messages.join()).toContain('no places');
  data.obsm.delete('X_pca');
  await expect(new StdGCNGraph().apply(data, context)).rejects.toThrow(/CellPCA/);
  const all = AnnData.fromMatrix(DenseMatrix.zeros(3, 2));
  await expect(new StdGCNGraph().apply(all, context)).rejects.toThrow(DataError);
});
