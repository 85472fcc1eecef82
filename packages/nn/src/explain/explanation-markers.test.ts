import { describe, expect, test } from '@jest/globals';
import { DenseMatrix, ParamError } from '@dance-ts/core';
import { explanationMarkers, topGenes } from './explanation-markers.js';

const explanation = {
  target: 'B cell',
  genes: ['CD3D', 'MS4A1', 'CD79A', 'ACTB'],
  cells: ['c1', 'c2'],
  attributions: DenseMatrix.fromRows([
    [-1, 4, 1, 0.5],
    [-3, 2, 3, 1.5],
  ]),
  completenessError: 0,
};

describe('topGenes', () => {
  test('means over the cells, the largest first', () => {
    expect(topGenes(explanation)).toEqual([
      { gene: 'MS4A1', score: 3 },
      { gene: 'CD79A', score: 2 },
      { gene: 'ACTB', score: 1 },
      { gene: 'CD3D', score: -2 },
    ]);
    expect(topGenes(explanation, 1).map(({ gene }) => gene)).toEqual(['MS4A1']);
  });

  test('equal ones by name', () => {
    const zeros = { ...explanation, attributions: DenseMatrix.zeros(2, 4) };
    expect(topGenes(zeros, 2).map(({ gene }) => gene)).toEqual(['ACTB', 'CD3D']);
  });

  test.each([0, 1.5])('refuses %p genes', (n) => {
    expect(() => topGenes(explanation, n)).toThrow(ParamError);
  });
});

test('explanationMarkers: the top genes of each target, as ranked markers have them', () => {
  const other = { ...explanation, target: 'T cell', genes: ['CD3E', 'x', 'y', 'z'] };
  expect(explanationMarkers([explanation, other], 2)).toEqual({
    groups: ['B cell', 'T cell'],
    byGroup: [
      { group: 'B cell', names: ['MS4A1', 'CD79A'], scores: Float64Array.of(3, 2) },
      { group: 'T cell', names: ['x', 'y'], scores: Float64Array.of(3, 2) },
    ],
  });
});
