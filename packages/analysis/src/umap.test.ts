import { describe, expect, test } from '@jest/globals';
import {
  AbortError,
  AnnData,
  CsrMatrix,
  DataError,
  DenseMatrix,
  ParamError,
  Rng,
  silentReporter,
  stringColumn,
  Table,
} from '@dance-ts/core';
import { silhouetteScore } from '@dance-ts/metrics';
import { nearestNeighbors, pca } from '@dance-ts/ml';
import { umap, type UmapOptions } from './umap.js';

const GROUPS = 7;
const PER_GROUP = 24;
const DIM = 8;

/** Seven groups at the corners of a simplex, which no plane keeps apart. */
function example(): { data: AnnData; labels: Int32Array; X: DenseMatrix } {
  const rng = Rng.fromSeed(4);
  const labels = Int32Array.from({ length: GROUPS * PER_GROUP }, (_, i) => i % GROUPS);
  const X = DenseMatrix.zeros(labels.length, DIM);
  labels.forEach((label, i) => {
    for (let f = 0; f < DIM; f++) X.row(i)[f] = rng.normal() + (f === label ? 7 : 0);
  });
  const data = AnnData.fromMatrix(X);
  data.obsm.set('X_pca', X);
  return { data, labels, X };
}

const quiet = (data: AnnData, options: UmapOptions = {}): Promise<DenseMatrix> =>
  umap(data, { nEpochs: 200, reporter: silentReporter, ...options });

/** Share of the k nearest rows of X that are among the k nearest rows of Y. */
async function keptNeighbors(X: DenseMatrix, Y: DenseMatrix, k: number): Promise<number> {
  const [a, b] = [await nearestNeighbors(X, { k }), await nearestNeighbors(Y, { k })];
  let kept = 0;
  for (let i = 0; i < X.nRows; i++) {
    const near = new Set(a.indices.subarray(i * k, i * k + k));
    kept += b.indices.subarray(i * k, i * k + k).filter((j) => near.has(j)).length;
  }
  return kept / (X.nRows * k);
}

/** Trustworthiness (Venna & Kaski, 2001): 1 if no row is near in Y that is not near in X. */
async function trustworthiness(X: DenseMatrix, Y: DenseMatrix, k: number): Promise<number> {
  const n = X.nRows;
  const all = await nearestNeighbors(X, { k: n - 1 });
  const near = await nearestNeighbors(Y, { k });
  let penalty = 0;
  for (let i = 0; i < n; i++) {
    const order = all.indices.subarray(i * (n - 1), (i + 1) * (n - 1));
    for (const j of near.indices.subarray(i * k, i * k + k)) {
      penalty += Math.max(0, order.indexOf(j) + 1 - k);
    }
  }
  return 1 - (2 * penalty) / (n * k * (2 * n - 3 * k - 1));
}

describe('umap', () => {
  test.each(['pca', 'random'] as const)('from %p: groups apart, neighbors kept', async (init) => {
    const { data, labels, X } = example();
    const Y = await quiet(data, { init });
    const { scores } = await pca(X, { nComponents: 2, rng: Rng.fromSeed(0) });
    expect(await trustworthiness(X, Y, 10)).toBeGreaterThan(0.93);
    expect(await trustworthiness(X, scores, 10)).toBeLessThan(0.9);
    expect(await keptNeighbors(X, Y, 10)).toBeGreaterThan(
      1.3 * (await keptNeighbors(X, scores, 10)),
    );
    expect(await silhouetteScore(Y, labels)).toBeGreaterThan(0.6);
    expect(await silhouetteScore(scores, labels)).toBeLessThan(0.4);
  });

  test('the same seed gives the same bytes, another one other bytes', async () => {
    const runs = [];
    for (const seed of [3, 3, 4]) runs.push(await quiet(example().data, { seed, nEpochs: 20 }));
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).not.toEqual(runs[0]);
  });

  test('writes what scanpy writes', async () => {
    const { data } = example();
    const Y = await quiet(data, { nEpochs: 2 });
    expect(data.obsm.get('X_umap')).toBe(Y);
    expect(Y.shape).toEqual([data.nObs, 2]);
    const { params } = Object.fromEntries(data.uns.get('umap') as Map<string, Map<string, number>>);
    expect(params?.get('a')).toBeCloseTo(0.58303, 5);
    expect(params?.get('b')).toBeCloseTo(1.334167, 5);
    await quiet(data, { nEpochs: 2, nComponents: 3, keyAdded: 'U', minDist: 0.1 });
    expect(data.obsm.get('U')).toMatchObject({ nCols: 3 });
    expect(data.uns.has('U')).toBe(true);
  });

  test('starts where it is told to, and reports each epoch', async () => {
    const { data } = example();
    const epochs: number[] = [];
    const reporter = {
      ...silentReporter,
      progress: ({ task, done }: { task: string; done: number }) => {
        if (task === 'umap: epoch') epochs.push(done);
      },
    };
    const start = DenseMatrix.zeros(data.nObs, 2);
    start.data.forEach((_, e) => (start.data[e] = e % 2 === 0 ? 0 : e));
    const Y = await quiet(data, { start, nEpochs: 3, learningRate: 1e-6, reporter });
    expect(epochs).toEqual([1, 2, 3]);
    // The start is stretched to 0..10 a coordinate, with a jitter of 1e-4.
    expect(Math.abs(Y.get(data.nObs - 1, 1) - 10)).toBeLessThan(1e-2);
    expect(Math.abs(Y.get(data.nObs - 1, 0))).toBeLessThan(1e-2);
  });

  test('few cells, a sparse representation, and more coordinates than the representation', async () => {
    const data = AnnData.fromMatrix(DenseMatrix.zeros(3, 1));
    data.obsm.set('R', CsrMatrix.fromDense(DenseMatrix.fromRows([[0], [1], [5]])));
    const Y = await quiet(data, { useRep: 'R', nComponents: 2, nEpochs: 5 });
    expect(Y.data.every(Number.isFinite)).toBe(true);
  });

  test('stops when asked to and writes nothing', async () => {
    const { data } = example();
    const run = quiet(data, { nEpochs: 1e8, signal: AbortSignal.timeout(200) });
    await expect(run).rejects.toThrow(AbortError);
    expect(data.obsm.has('X_umap')).toBe(false);
  });
});

describe('refused', () => {
  const { data } = example();
  data.obsm.set('table', new Table(data.obsNames, [['x', stringColumn([...data.obsNames])]]));
  data.obsm.set(
    'gap',
    DenseMatrix.zeros(data.nObs, 2).mapData(() => NaN),
  );
  test.each<[UmapOptions, unknown, RegExp]>([
    [{ useRep: 'X_no' }, DataError, /no obsm\["X_no"\]: got obsm with X_pca, table, gap/],
    [{ useRep: 'table' }, DataError, /a table, not a matrix/],
    [{ useRep: 'gap' }, DataError, /not finite: got NaN in cell cell_00000/],
    [{ minDist: 2 }, ParamError, /minDist is larger than spread: got 2 and 1/],
    [{ nNeighbors: 1 }, ParamError, /"nNeighbors"/],
    [{ start: DenseMatrix.zeros(3, 2) }, DataError, /got 3 x 2, expected 168 x 2/],
  ])('%p', async (options, type, message) => {
    const error = await quiet(data, options).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(type);
    expect((error as Error).message).toMatch(message);
  });

  test('two cells', async () => {
    const two = AnnData.fromMatrix(DenseMatrix.zeros(2, 1));
    two.obsm.set('X_pca', DenseMatrix.zeros(2, 1));
    await expect(quiet(two)).rejects.toThrow(/too few cells: got 2, expected at least 3/);
  });
});
