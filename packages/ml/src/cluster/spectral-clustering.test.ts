import { AbortError, CsrMatrix, DataError, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { nearestNeighbors } from '../neighbors/nearest-neighbors.js';
import { spectralClustering } from './spectral-clustering.js';

/** Points of three overlapping squares in turn; the Python below draws the same. */
function threeSquares(): DenseMatrix {
  const corners = [0, 0, 0.9, 0, 0.4, 0.8];
  let state = 12345;
  const values = Float32Array.from({ length: 180 }, (_, e) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 + corners[e % 6]!;
  });
  return new DenseMatrix(90, 2, values);
}

/** The 7 nearest others and itself, weight 1. */
async function neighborGraph(points: DenseMatrix): Promise<CsrMatrix> {
  const { indices, n, k } = await nearestNeighbors(points, { k: 7 });
  const rows = Array.from({ length: n * k }, (_, e) => Math.floor(e / k));
  const nodes = Array.from({ length: n }, (_, i) => i);
  const ones = new Float32Array(n * (k + 1)).fill(1);
  return CsrMatrix.fromTriplets(n, n, [...rows, ...nodes], [...indices, ...nodes], ones);
}

/**
 * Every result of scikit-learn 1.9.1 over 60 random states, labels by first occurrence:
 *   A = kneighbors_graph(X, 8, include_self=True)
 *   SpectralClustering(3, affinity='precomputed', assign_labels='discretize', random_state=s)
 */
const REFERENCE = [
  '011012012012012012012012012012012012012012011001010012010011012012012012011012010012010002',
  '011012012012012012012012012012012012012012011001010012020011012012012012012012010022010002',
  '011012012012012012012012012012012012012012011001010012022011012012012012012012010022010002',
  '012012012012012012012012012012012012012012012002010012022012022012012012012012010022010002',
];

test('finds what scikit-learn finds', async () => {
  const graph = await neighborGraph(threeSquares());
  for (let seed = 0; seed < 3; seed++) {
    const rng = Rng.fromSeed(seed);
    const labels = await spectralClustering(graph, { nClusters: 3, rng });
    expect(REFERENCE).toContain(labels.join(''));
  }
});

describe('graphs whose clusters are known', () => {
  /** Links among the nodes of each group, and the extra ones. */
  function cliques(groups: readonly (readonly number[])[], extra: readonly number[][]): CsrMatrix {
    const links = groups.flatMap((group) =>
      group.flatMap((a) => group.filter((b) => b > a).map((b) => [a, b])),
    );
    const all = [...links, ...extra] as [number, number][];
    const n = Math.max(...groups.flat()) + 1;
    return CsrMatrix.fromTriplets(
      n,
      n,
      all.map(([a]) => a),
      all.map(([, b]) => b),
      all.map(() => 1),
    );
  }

  const groups = [
    [0, 3, 4, 8],
    [1, 2, 9, 10, 11],
    [5, 6, 7],
  ];
  const expected = [0, 1, 1, 0, 0, 2, 2, 2, 0, 1, 1, 1];

  test.each([
    ['in pieces', []],
    ['joined by single links', [[0, 1], [2, 5]]], // prettier-ignore
  ])('%s', async (_, extra) => {
    const graph = cliques(groups, extra);
    for (let seed = 0; seed < 2; seed++) {
      const labels = await spectralClustering(graph, { nClusters: 3, rng: Rng.fromSeed(seed) });
      expect([...labels]).toEqual(expected);
    }
  });

  test('self loops and the direction of links do not matter', async () => {
    const graph = cliques(groups, [[0, 1]]);
    const loops = graph.toDense();
    for (let i = 0; i < 12; i++) loops.row(i)[i] = 1 + i;
    const options = { nClusters: 3, rng: Rng.fromSeed(1) };
    const plain = await spectralClustering(graph, options);
    expect(await spectralClustering(CsrMatrix.fromDense(loops), options)).toEqual(plain);
    expect(await spectralClustering(graph.transpose(), options)).toEqual(plain);
  });

  test('a node without neighbors does no harm', async () => {
    const graph = cliques([...groups, [12]], []);
    const labels = await spectralClustering(graph, { nClusters: 4, rng: Rng.fromSeed(0) });
    expect([...labels]).toEqual([...expected, 3]);
  });
});

test('refuses what is no graph, a number of clusters that does not fit, and stops on demand', async () => {
  const graph = await neighborGraph(threeSquares());
  const rng = Rng.fromSeed(0);
  await expect(spectralClustering(graph, { nClusters: 1, rng })).rejects.toThrow(ParamError);
  await expect(spectralClustering(graph, { nClusters: 91, rng })).rejects.toThrow(ParamError);
  const flat = CsrMatrix.fromTriplets(2, 3, [0], [1], [1]);
  await expect(spectralClustering(flat, { nClusters: 2, rng })).rejects.toThrow(DataError);
  const signal = AbortSignal.abort();
  await expect(spectralClustering(graph, { nClusters: 3, rng, signal })).rejects.toThrow(
    AbortError,
  );
});
