import { expect, test } from '@jest/globals';
import { DenseMatrix } from '@dance-ts/core';
import { argmaxOfRows, largestOfRows, QueryBlocks } from './query-blocks.js';

test('a cell without counts has no label and no favorite class, in its block only', () => {
  const query = new QueryBlocks(3, 4);
  const certain = { codes: Int32Array.of(2), probabilities: DenseMatrix.fromRows([[0, 0, 1, 0]]) };
  query.set(0, certain, DenseMatrix.fromRows([[5, 1]]));
  query.set(1, certain, DenseMatrix.fromRows([[0, 0]]));
  query.set(2, certain, DenseMatrix.fromRows([[0, 3]]));
  expect([...query.codes]).toEqual([2, -1, 2]);
  expect([...largestOfRows(query.probabilities)]).toEqual([1, 0.25, 1]);
});

test('of equally probable classes the first is taken', () => {
  expect([
    ...argmaxOfRows(
      DenseMatrix.fromRows([
        [0.5, 0.5],
        [0.2, 0.8],
      ]),
    ),
  ]).toEqual([0, 1]);
});
