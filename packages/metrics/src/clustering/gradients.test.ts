import { describe, expect, test } from '@jest/globals';
import { DataError } from '@dance-ts/core';
import { accuracy } from '../classification/accuracy.js';
import { golden, isClose } from '../testing/golden.js';
import { gradientCosine, labelsAsClusters } from './gradients.js';
import { clusteringAccuracy } from './matching.js';

type Nested = number | Nested[];

interface Golden {
  tolerance: { float64: number };
  cases: [
    {
      grad_ps: number[][];
      grad_s: number[][];
      grad_ss: number[][];
      lambda_FR: number;
      lambda_FD: number;
    },
    {
      a: Nested[];
      b: Nested[];
      cosine: number;
      a_with_itself: number;
      a_with_minus_a: number;
      a_with_zero: number;
    },
  ];
}

const {
  tolerance: { float64: bound },
  cases: [encoder, tensors],
} = golden('gradient_cosines') as Golden;

function flat(tensor: Nested): number[] {
  return typeof tensor === 'number' ? [tensor] : tensor.flatMap(flat);
}

describe('gradient cosines equal automatic differentiation', () => {
  test('feature randomness and feature drift', () => {
    const pseudo = [encoder.grad_ps.flat()];
    const randomness = gradientCosine(pseudo, [encoder.grad_s.flat()]);
    const drift = gradientCosine(pseudo, [encoder.grad_ss.flat()]);
    expect(isClose(randomness, encoder.lambda_FR, bound)).toBe(true);
    expect(isClose(drift, encoder.lambda_FD, bound)).toBe(true);
  });

  test('several tensors', () => {
    const a = tensors.a.map(flat);
    const b = tensors.b.map(flat);
    expect(isClose(gradientCosine(a, b), tensors.cosine, bound)).toBe(true);
    expect(gradientCosine(a, a)).toBeCloseTo(tensors.a_with_itself, 14);
    const negative = a.map((tensor) => tensor.map((value) => -value));
    expect(gradientCosine(a, negative)).toBeCloseTo(tensors.a_with_minus_a, 14);
    const zeros = a.map((tensor) => tensor.map(() => 0));
    expect(gradientCosine(a, zeros)).toBe(tensors.a_with_zero);
  });
});

test('a missing tensor counts as zeros', () => {
  expect(gradientCosine([[3], null], [[2], [2]])).toBeCloseTo(Math.SQRT1_2, 14);
  expect(gradientCosine([null], [null])).toBe(0);
});

test('other tensors are refused', () => {
  expect(() => gradientCosine([[1]], [])).toThrow(DataError);
  expect(() => gradientCosine([[1]], [[1, 2]])).toThrow(/tensor 0/);
});

describe('labels in the names of clusters', () => {
  const truth = ['x', 'x', 'x', 'y', 'y', 'z'];
  test('right where the best matching says so', () => {
    const clusters = [7, 7, 2, 2, 2, 5];
    const mapped = labelsAsClusters(truth, clusters);
    expect(mapped).toEqual([7, 7, 7, 2, 2, 5]);
    expect(accuracy(mapped, clusters)).toBe(clusteringAccuracy(truth, clusters));
  });
  test('a label without a cluster is null', () => {
    expect(labelsAsClusters(truth, [1, 1, 1, 0, 0, 0])).toEqual([1, 1, 1, 0, 0, null]);
  });
});
