import { CsrMatrix, DataError, DenseMatrix, Rng, silentReporter } from '@dance-ts/core';
import { selectBackend } from '@dance-ts/nn';
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { FeatureAutoencoder } from './scgnn-autoencoder.js';
import {
  cellNeighbors,
  isolationScores,
  keptNeighbors,
  prunedGraph,
  undirectedGraph,
} from './scgnn-cell-graph.js';
import { clusterMembers, communityKMeans, mergedSmallClusters } from './scgnn-clusters.js';
import { graphChange } from './scgnn-convergence.js';
import { aboveMean, graphEmbedding } from './scgnn-graph-autoencoder.js';
import { columnOf, observedErrorNorm, weightedSquaredError } from './scgnn-loss.js';
import { allRows, trainAutoencoder } from './scgnn-training.js';

beforeAll(async () => {
  await selectBackend('wasm');
});

const graphOf = (rows: readonly (readonly number[])[]): CsrMatrix =>
  CsrMatrix.fromDense(DenseMatrix.fromRows(rows));

/** Two groups of `n` cells each, far apart in two features. */
function twoGroups(n: number): DenseMatrix {
  const rng = Rng.fromSeed(2);
  return DenseMatrix.fromRows(
    Array.from({ length: 2 * n }, (_, i) => [(i < n ? 0 : 8) + rng.normal(), rng.normal()]),
  );
}

describe('losses', () => {
  const x = DenseMatrix.fromRows([
    [1, 0, 3],
    [0, 2, 0],
    [4, 1, 1],
  ]);
  const output = DenseMatrix.fromRows([
    [0, 0, 1],
    [1, 1, 0],
    [2, 1, 3],
  ]);
  const tensors = (): [tf.Tensor2D, tf.Tensor2D] => [
    tf.tensor2d(x.data, [3, 3]),
    tf.tensor2d(output.data, [3, 3]),
  ];
  const value = (compute: () => tf.Scalar): number => tf.tidy(() => compute().dataSync()[0]!);

  test('sum(A E) is a sum of squared errors weighted by the column sums of A', () => {
    const A = [
      [0, 1, 1],
      [1, 0, 0],
      [1, 1, 0],
    ];
    const E = x.data.map((v, e) => (v - output.data[e]!) ** 2);
    let product = 0;
    for (const row of A) {
      for (const [j, a] of row.entries()) for (const g of [0, 1, 2]) product += a * E[3 * j + g]!;
    }
    const columnSums = [2, 2, 1];
    const found = value(() =>
      weightedSquaredError(...tensors(), columnOf(columnSums, Int32Array.of(0, 1, 2))),
    );
    expect(found).toBeCloseTo(product, 5);
  });

  test('one weight for all, and the norm over observed entries only', () => {
    expect(value(() => weightedSquaredError(...tensors(), 0.5))).toBeCloseTo(0.5 * 15, 5);
    // Errors of the entries with x > 0: 1, 2, 1, 2, 0, 2.
    expect(value(() => observedErrorNorm(...tensors()))).toBeCloseTo(Math.sqrt(14), 5);
    const [same] = tensors();
    const slope = tf.grad((y: tf.Tensor) => observedErrorNorm(same, y as tf.Tensor2D))(same);
    expect([...slope.dataSync()].every(Number.isFinite)).toBe(true);
  });
});

describe('autoencoder', () => {
  test('output is not negative, block-wise reconstruction is that of all cells', async () => {
    const before = tf.memory().numTensors;
    const network = new FeatureAutoencoder(3, { hidden: 5, latent: 2 }, Rng.fromSeed(1));
    const rng = Rng.fromSeed(4);
    const rows = Array.from({ length: 600 }, () => [rng.uniform(), rng.uniform(), rng.uniform()]);
    const source = DenseMatrix.fromRows(rows);
    const { latent, output } = await network.reconstruct(source, allRows(600));
    expect([latent.shape, output.shape]).toEqual([[600, 2], [600, 3]]); // prettier-ignore
    expect(Math.min(...output.data)).toBeGreaterThanOrEqual(0);
    const last = await network.reconstruct(source, Int32Array.of(599));
    expect(last.output.row(0)).toEqual(output.row(599));
    network.parameters.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('training lowers the loss; the L1 norm is that of all weights', async () => {
    const network = new FeatureAutoencoder(4, { hidden: 64, latent: 32 }, Rng.fromSeed(2));
    const sums = (await network.parameters.capture()).map(([, { data }]) =>
      Array.from(data).reduce((sum, value) => sum + Math.abs(value), 0),
    );
    const norm = tf.tidy(() => network.l1Norm().dataSync()[0]!);
    expect(norm).toBeCloseTo(
      sums.reduce((sum, value) => sum + value, 0),
      3,
    );
    const history = {};
    await trainAutoencoder({
      ...{ owner: 'test', network, history, reporter: silentReporter, rng: Rng.fromSeed(1) },
      source: DenseMatrix.fromRows(
        Array.from({ length: 12 }, (_, i) => [i % 2, 1, 2 - (i % 2), 1 + (i % 3)]),
      ),
      cells: allRows(12),
      ...{ epochs: 60, batchSize: 5, learningRate: 0.005 },
      loss: ({ x, output }) => weightedSquaredError(x, output, 1),
    });
    const { loss = [] } = history as { loss?: number[] };
    expect(loss.at(-1)).toBeLessThan(0.7 * loss[0]!);
    network.parameters.dispose();
  });
});

describe('pruning', () => {
  test('expected isolation depth: closed forms of two and three numbers', () => {
    // One cut isolates both of two numbers: depth 1 = c(2).
    expect([...isolationScores([0, 5])]).toEqual([0.5, 0.5]);
    // 0, 1, 4: cut in (0,1) with 1/4 isolates 0 at depth 1, else at 2; c(3) = 2 (ln 2 + g) - 4/3.
    const c3 = 2 * (Math.log(2) + 0.5772156649015329) - 4 / 3;
    const expected = [0.25 + 0.75 * 2, 2, 0.75 + 0.25 * 2].map((depth) => 2 ** (-depth / c3));
    for (const [i, score] of isolationScores([0, 1, 4]).entries()) {
      expect(score).toBeCloseTo(expected[i]!, 12);
    }
  });

  test('agrees with a sampled forest', () => {
    const points = [1, 1.1, 1.3, 1.4, 5];
    const rng = Rng.fromSeed(6);
    const depth = (members: readonly number[], point: number): number => {
      if (members.length === 1) return 0;
      const [low, high] = [Math.min(...members), Math.max(...members)];
      const cut = low + (high - low) * rng.uniform();
      return (
        1 +
        depth(
          members.filter((p) => p < cut === point < cut),
          point,
        )
      );
    };
    const n = 4000;
    const c5 = 2 * (Math.log(4) + 0.5772156649015329) - 8 / 5;
    isolationScores(points).forEach((score, i) => {
      let sum = 0;
      for (let tree = 0; tree < n; tree++) sum += depth(points, points[i]!);
      expect(-Math.log2(score) * c5).toBeCloseTo(sum / n, 1);
    });
  });

  test.each(['isolation-forest', 'deviation'] as const)('%s drops a far neighbor', (rule) => {
    const distances = Float32Array.of(1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 9);
    const kept = keptNeighbors(distances, rule);
    expect(kept[9]).toBe(0);
    expect([...kept.subarray(0, 5)]).toEqual([1, 1, 1, 1, 1]);
    expect([...keptNeighbors(distances, 'none')]).toEqual(new Array(10).fill(1));
    expect([...keptNeighbors(new Float32Array(4).fill(2), rule)]).toEqual([1, 1, 1, 1]);
  });

  test('a graph is symmetric without loops and keeps groups apart', async () => {
    const neighbors = await cellNeighbors(twoGroups(12), 4, {});
    const graph = await prunedGraph(neighbors, 'none', {});
    expect(graph.toDense()).toEqual(graph.transpose().toDense());
    for (let i = 0; i < 24; i++) {
      const { indices } = graph.row(i);
      expect(indices.length).toBeGreaterThanOrEqual(4);
      expect(indices.every((j) => j !== i && j < 12 === i < 12)).toBe(true);
    }
    const pruned = await prunedGraph(neighbors, 'isolation-forest', {});
    expect(pruned.nnz).toBeLessThan(graph.nnz);
  });

  test('the larger weight counts where two cells list each other; two cells are refused', async () => {
    const lists = { n: 3, k: 1, indices: Int32Array.of(1, 0, 0), distances: new Float32Array(3) };
    const graph = undirectedGraph(lists, (e) => e + 1);
    expect([graph.get(0, 1), graph.get(1, 0), graph.get(2, 0), graph.nnz]).toEqual([2, 2, 3, 4]);
    await expect(cellNeighbors(twoGroups(1), 2, {})).rejects.toThrow(DataError);
  });
});

describe('clusters', () => {
  test('k-means finds the groups, as many as asked for by the communities', async () => {
    const cells = twoGroups(15);
    const graph = await prunedGraph(await cellNeighbors(cells, 5, {}), 'none', {});
    const labels = await communityKMeans(cells, graph, {
      nClusters: (found) => Math.min(2, found),
      ...{ nInit: 3, rng: Rng.fromSeed(1) },
    });
    expect(new Set(labels.subarray(0, 15)).size).toBe(1);
    expect(new Set(labels.subarray(15)).size).toBe(1);
    expect(new Set(labels).size).toBe(2);
  });

  test('small clusters are merged when there are too many', () => {
    const labels = Int32Array.of(0, 0, 0, 0, 1, 1, 1, 2, 2, 3);
    const merged = mergedSmallClusters(labels, { maxClusters: 3, minCells: 2 });
    expect([...merged]).toEqual([0, 0, 0, 0, 1, 1, 1, 2, 2, 2]);
    expect(mergedSmallClusters(labels, { maxClusters: 4, minCells: 2 })).toEqual(labels);
    expect(clusterMembers(merged).map((cells) => [...cells])).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ]);
  });
});

describe('convergence', () => {
  const path = graphOf([
    [0, 1, 0],
    [1, 0, 1],
    [0, 1, 0],
  ]);
  const triangle = graphOf([
    [0, 1, 1],
    [1, 0, 1],
    [1, 1, 0],
  ]);

  test('the same graph again has not changed', () => {
    expect(graphChange(path, path, triangle, 0.5)).toBe(0);
  });

  test('change of the smoothed graph by hand', () => {
    // Columns of the path: 1/2 and 1; of the triangle: 1/2. Laplacian of the triangle: sum |L| = 6.
    // |path - triangle|: (0,1), (2,1) equal, (1,0), (1,2) 1/2 off, (0,2), (2,0) 1/2 off: 2 in all.
    expect(graphChange(path, triangle, triangle, 0.5)).toBeCloseTo((0.5 * 2) / 6, 12);
    // In the first iteration the Laplacian itself is before: diagonal 3, six entries 1/2 + 1/2.
    expect(graphChange(triangle, undefined, triangle, 0.5)).toBeCloseTo((0.5 * (3 + 6)) / 6, 12);
  });
});

describe('graph autoencoder', () => {
  test('features above their mean', () => {
    expect([...aboveMean(DenseMatrix.fromRows([[1, 5], [3, 5]])).data]).toEqual([0, 0, 1, 0]); // prettier-ignore
  });

  test.each(['gcn', 'gat'] as const)('%s: cells of a group lie together', async (layers) => {
    const before = tf.memory().numTensors;
    const cells = twoGroups(12);
    const graph = await prunedGraph(await cellNeighbors(cells, 5, {}), 'none', {});
    const history: Record<string, number[]> = {};
    const embedding = await graphEmbedding(aboveMean(cells), graph, {
      ...{ owner: 'test', layers, hidden: 8, latent: 3, epochs: 80, learningRate: 0.02 },
      ...{ rng: Rng.fromSeed(3), reporter: silentReporter, history },
    });
    expect(embedding.shape).toEqual([24, 3]);
    const { loss = [] } = history;
    expect(loss).toHaveLength(80);
    expect(loss.at(-1)).toBeLessThan(loss[0]!);
    const product = (i: number, j: number): number =>
      embedding.row(i).reduce((sum, value, d) => sum + value * embedding.row(j)[d]!, 0);
    let [within, between] = [0, 0];
    for (let i = 0; i < 12; i++) {
      for (let j = 0; j < 12; j++) {
        if (j !== i) within += product(i, j) / 132;
        between += product(i, 12 + j) / 144;
      }
    }
    expect(within).toBeGreaterThan(between);
    expect(tf.memory().numTensors).toBe(before);
  });
});
