import { describe, expect, test } from '@jest/globals';
import { AbortError, DataError, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import { diagonalCca } from '../decomposition/diagonal-cca.js';
import { named } from '../testing/fixture.js';
import { goldenCases } from '../testing/golden.js';
import { mutualNearestNeighbors, type MutualPairs } from './mutual-nearest-neighbors.js';

interface EmbeddingCase {
  name: string;
  genes_by_cells_1: number[][];
  genes_by_cells_2: number[][];
  k_components: number;
  l2_rows_then_mnn_k: number;
  mnn_pairs_1_to_2: number[][];
}

interface PairCase {
  name: string;
  X1: number[][];
  X2: number[][];
  pairs: number[][];
}

const CASES = goldenCases('cca_mnn') as (EmbeddingCase | PairCase)[];

function pairsOf({ first, second }: MutualPairs): number[][] {
  return Array.from(first, (i, p) => [i, second[p]!]);
}

function transposed(rows: readonly number[][]): number[][] {
  return rows[0]!.map((_, j) => rows.map((row) => row[j]!));
}

describe('mutualNearestNeighbors', () => {
  test('golden pairs', async () => {
    const c = named(CASES, 'mnn_euclidean_k4') as PairCase;
    const [X1, X2] = [DenseMatrix.fromRows(c.X1), DenseMatrix.fromRows(c.X2)];
    expect(pairsOf(await mutualNearestNeighbors(X1, X2, { k: 4 }))).toEqual(c.pairs);
    const reversed = pairsOf(await mutualNearestNeighbors(X2, X1, { k: 4 }));
    expect(reversed.map((pair) => [pair[1]!, pair[0]!]).sort(byBoth)).toEqual(c.pairs);
  });

  test('golden pairs after diagonal CCA and rows of length 1', async () => {
    const c = named(CASES, 'diagonal_cca_and_mnn') as EmbeddingCase;
    const { embedding1, embedding2 } = await diagonalCca(
      transposed(c.genes_by_cells_1),
      transposed(c.genes_by_cells_2),
      { nComponents: c.k_components, rng: Rng.fromSeed(0) },
    );
    const options = { k: c.l2_rows_then_mnn_k, metric: 'cosine' } as const;
    const pairs = await mutualNearestNeighbors(embedding1, embedding2, options);
    expect(pairsOf(pairs)).toEqual(c.mnn_pairs_1_to_2);
  });

  test('all neighbors: all pairs, beyond one block of queries', async () => {
    const X = DenseMatrix.fromRows(Array.from({ length: 300 }, (_, i) => [i]));
    const one = DenseMatrix.fromRows([[0], [150], [299]]);
    const pairs = await mutualNearestNeighbors(X, one, { k: 1 });
    expect(pairsOf(pairs)).toEqual([
      [0, 0],
      [150, 1],
      [299, 2],
    ]);
  });

  test('points at no finite distance have no neighbors', async () => {
    const X1 = DenseMatrix.fromRows([[0], [NaN]]);
    const X2 = DenseMatrix.fromRows([[1], [2]]);
    expect(pairsOf(await mutualNearestNeighbors(X1, X2, { k: 1 }))).toEqual([[0, 0]]);
  });

  test('wrong sizes are refused, abort stops', async () => {
    const X = DenseMatrix.zeros(3, 2);
    await expect(mutualNearestNeighbors(X, X, { k: 4 })).rejects.toThrow(ParamError);
    const other = DenseMatrix.zeros(3, 1);
    await expect(mutualNearestNeighbors(X, other, { k: 1 })).rejects.toThrow(DataError);
    const signal = AbortSignal.abort();
    await expect(mutualNearestNeighbors(X, X, { k: 1, signal })).rejects.toThrow(AbortError);
  });
});

function byBoth(a: readonly number[], b: readonly number[]): number {
  return a[0]! - b[0]! || a[1]! - b[1]!;
}
