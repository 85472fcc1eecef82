import { CsrMatrix, DataError, DenseMatrix, Rng, silentReporter } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { firstCenters, graphHash } from './tag-training.js';

const context = {
  ...{ rng: Rng.fromSeed(0), reporter: silentReporter, signal: undefined, checkpoint: undefined },
};

/** Links of weight 1 in both directions. */
function graphOf(n: number, links: readonly (readonly [number, number])[]): CsrMatrix {
  const both = links.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]);
  return CsrMatrix.fromTriplets(
    n,
    n,
    both.map(([a]) => a),
    both.map(([, b]) => b),
    both.map(() => 1),
  );
}

const rowsOf = (matrix: DenseMatrix): number[][] =>
  Array.from({ length: matrix.nRows }, (_, i) => [...matrix.row(i)]);

describe('first centers', () => {
  // The graph joins 0-2 and 3-5, the embedding lies otherwise.
  const graph = graphOf(6, [[0, 1], [1, 2], [0, 2], [3, 4], [4, 5], [3, 5]]); // prettier-ignore
  const latent = new DenseMatrix(6, 1, Float32Array.of(0, 1, 11, 1, 10, 10));

  test('of spectral clustering are means over the pieces of the graph', async () => {
    const centers = await firstCenters(
      latent,
      graph,
      { nClusters: 2, centerInit: 'spectral' },
      context,
    );
    expect(rowsOf(centers)).toEqual([[4], [7]]);
  });

  test('of k-means are means over near cells, whatever the graph', async () => {
    const centers = await firstCenters(
      latent,
      graph,
      { nClusters: 2, centerInit: 'kmeans' },
      context,
    );
    const sorted = rowsOf(centers).flat().sort((a, b) => a - b); // prettier-ignore
    expect(sorted[0]).toBeCloseTo(2 / 3, 6);
    expect(sorted[1]).toBeCloseTo(31 / 3, 5);
  });

  test('more clusters than cells are refused', async () => {
    await expect(
      firstCenters(latent, graph, { nClusters: 7, centerInit: 'spectral' }, context),
    ).rejects.toThrow(DataError);
  });
});

test('graphs that differ in a link or a weight have different hashes', async () => {
  const graph = graphOf(3, [[0, 1]]);
  const hash = await graphHash(graph);
  expect(await graphHash(graphOf(3, [[0, 1]]))).toBe(hash);
  expect(await graphHash(graphOf(3, [[0, 2]]))).not.toBe(hash);
  expect(await graphHash(graph.mapData((weight) => weight / 2))).not.toBe(hash);
});
