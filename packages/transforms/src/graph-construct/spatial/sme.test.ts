import { AnnData, CsrMatrix, DataError, DenseMatrix, Rng } from '@dance-ts/core';
import { pca } from '@dance-ts/ml';
import { expect, test } from '@jest/globals';
import { rowsOf, testContext } from '../../testing/data.js';
import { SMEFeature } from './sme-feature.js';
import { readSMEGraph, SMEGraph } from './sme-graph.js';

const SIDE = 5;
const N = SIDE * SIDE;
const STEP = 40;

/** A square array with random components, image features and counts. */
function spots(): AnnData {
  const rng = Rng.fromSeed(6);
  const random = (nCols: number): DenseMatrix =>
    new DenseMatrix(
      N,
      nCols,
      Float32Array.from({ length: N * nCols }, () => rng.normal()),
    );
  const counts = Float32Array.from({ length: N * 6 }, () => rng.poisson(0.8));
  const data = AnnData.fromMatrix(CsrMatrix.fromDense(new DenseMatrix(N, 6, counts)));
  const array = Array.from({ length: N }, (_, i) => [Math.floor(i / SIDE), i % SIDE]);
  data.obsm.set('spatial', DenseMatrix.fromRows(array));
  data.obsm.set(
    'spatial_pixel',
    DenseMatrix.fromRows(array.map((place) => place.map((value) => 9 + STEP * value))),
  );
  data.obsm.set('X_pca', random(4));
  data.obsm.set('MorphologyFeatureCNN', random(3));
  return data;
}

function correlation(a: number[], b: number[]): number {
  const centered = (values: number[]): number[] => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  };
  return cosine(centered(a), centered(b));
}

function cosine(a: number[], b: number[]): number {
  const product = a.reduce((sum, value, k) => sum + value * b[k]!, 0);
  return product / (Math.hypot(...a) * Math.hypot(...b));
}

test('SMEGraph weighs near spots by image and expression', async () => {
  const data = spots();
  const graph = readSMEGraph(await new SMEGraph({ radius: 1.3 }).apply(data, testContext()));
  const components = rowsOf(data.obsm.get('X_pca') as DenseMatrix);
  const images = rowsOf(data.obsm.get('MorphologyFeatureCNN') as DenseMatrix);
  // The unit is the diagonal step of a square array, 1.3 of which reach less than two steps.
  for (let i = 0; i < N; i++) {
    for (let j = 0; j < N; j++) {
      const steps = Math.hypot(
        Math.floor(i / SIDE) - Math.floor(j / SIDE),
        (i % SIDE) - (j % SIDE),
      );
      const alike = Math.max(0, cosine(images[i]!, images[j]!));
      const near = steps < 1.3 * Math.SQRT2;
      const expected = near ? alike * correlation(components[i]!, components[j]!) : 0;
      expect(graph.get(i, j)).toBeCloseTo(i === j ? 1 : expected, 5);
    }
  }
  expect(graph.data.some((value) => value < 0)).toBe(true);
});

test('SMEGraph leaves spots at the radius out, and goes without an image', async () => {
  const data = spots();
  data.obsm.delete('MorphologyFeatureCNN');
  data.obsm.delete('spatial');
  const context = testContext();
  const graph = readSMEGraph(await new SMEGraph({ radius: 1 }).apply(data, context));
  expect(graph.nnz).toBe(N);
  expect(context.messages.join()).toContain('no image features');
  data.obsm.delete('X_pca');
  await expect(new SMEGraph().apply(data, context)).rejects.toThrow(DataError);
});

test.each([false, true])(
  'SMEFeature is the PCA of smoothed genes, zeroAsMissing %s',
  async (zeroAsMissing) => {
    const data = await new SMEGraph().apply(spots(), testContext());
    const graph = rowsOf(readSMEGraph(data));
    const X = rowsOf(data.X);
    const smoothed = X.map((own, i) => {
      const order = graph[i]!.map((w, j) => ({ w, j })).filter(({ w }) => w !== 0);
      const chosen = order.sort((a, b) => b.w - a.w).slice(0, 3);
      const sum = chosen.reduce((total, { w }) => total + w, 0);
      return own.map((value, g) => {
        const mean = chosen.reduce((total, { w, j }) => total + w * X[j]![g]!, 0) / sum;
        return zeroAsMissing && mean === 0 ? value : (value + mean) / 2;
      });
    });
    const columns = smoothed[0]!.map((_, g) => smoothed.map((row) => row[g]!));
    const sd = columns.map((values) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / N;
      return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / N);
    });
    const standardized = DenseMatrix.fromRows(smoothed.map((row) => row.map((v, g) => v / sd[g]!)));
    const expected = await pca(standardized, { nComponents: 4, rng: Rng.fromSeed(1) });
    const made = await new SMEFeature({ nComponents: 4, zeroAsMissing }).apply(data, testContext());
    const got = made.obsm.get('SMEFeature') as DenseMatrix;
    got.data.forEach((value, e) => {
      expect(value).toBeCloseTo(expected.scores.data[e]!, 3);
    });
  },
);

test('a spot without like neighbors keeps its own expression', async () => {
  const data = spots();
  const ones = Float32Array.from({ length: N }, () => 1);
  const places = Int32Array.from(ones.keys());
  const indptr = Int32Array.from({ length: N + 1 }, (_, i) => i);
  data.obsp.set(
    'SMEGraph',
    new CsrMatrix(
      N,
      N,
      indptr,
      places,
      ones.map(() => -1),
    ),
  );
  const made = await new SMEFeature({ nComponents: 3 }).apply(data, testContext());
  data.obsp.set('SMEGraph', new CsrMatrix(N, N, indptr, places, ones));
  const own = await new SMEFeature({ nComponents: 3 }).apply(data, testContext());
  expect(made.obsm.get('SMEFeature')).toEqual(own.obsm.get('SMEFeature'));
});
