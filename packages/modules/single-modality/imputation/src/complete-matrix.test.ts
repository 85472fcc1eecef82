import { describe, expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix, toCsr } from '@dance-ts/core';
import { geneColumns, keepObserved, onAllGenes } from './complete-matrix.js';
import { toCounts, toLogNormalized } from './expression-scale.js';

const observed = DenseMatrix.fromRows([
  [5, 0, 1, 0],
  [0, 2, 0, 7],
]);
const columns = Int32Array.of(3, 0);
const imputed = (): DenseMatrix =>
  DenseMatrix.fromRows([
    [0.5, 2],
    [9, 0.25],
  ]);

describe('genes', () => {
  test('are looked up by name; of two alike the second has a number', () => {
    expect([...geneColumns(['a', 'b', 'b'], ['b-1', 'a'], 'Toy')]).toEqual([2, 0]);
  });

  test('that are missing are named', () => {
    expect(() => geneColumns(['a'], ['z'], 'Toy')).toThrow(DataError);
    expect(() => geneColumns(['a'], ['z'], 'Toy')).toThrow(/no gene "z"/);
  });
});

describe.each([
  ['dense', observed],
  ['sparse', CsrMatrix.fromDense(observed)],
])('observed counts, %s', (_, matrix) => {
  test.each([
    ['none', [0.5, 2, 9, 0.25]],
    ['restore', [0.5, 5, 7, 0.25]],
    ['max', [0.5, 5, 9, 0.25]],
  ] as const)('%s', (policy, expected) => {
    const values = imputed();
    keepObserved(values, matrix, columns, policy);
    expect([...values.data]).toEqual(expected);
  });

  test('all genes: imputed where there is something imputed', () => {
    const whole = onAllGenes(imputed(), matrix, columns);
    expect([...whole.toDense().data]).toEqual([2, 0, 1, 0.5, 0.25, 2, 0, 9]);
  });

  test('few values are stored sparsely', () => {
    const few = onAllGenes(DenseMatrix.zeros(2, 2), matrix, columns);
    expect(few.kind).toBe('csr');
    expect([...few.toDense().data]).toEqual([0, 0, 1, 0, 0, 2, 0, 0]);
    expect(toCsr(few).nnz).toBe(2);
  });
});

describe('scales', () => {
  const scale = Float64Array.of(2, 4);
  const values = (): DenseMatrix => DenseMatrix.fromRows([[3], [8]]);

  test.each([
    ['counts', 3, 8],
    ['normalized', 1.5, 2],
    ['log1p', Math.expm1(3) / 2, Math.expm1(8) / 4],
    ['sqrt', 4.5, 16],
  ] as const)('%s as counts', (name, first, second) => {
    const counts = toCounts(values(), name, scale);
    expect(counts.get(0, 0)).toBeCloseTo(first, 5);
    expect(counts.get(1, 0) / second).toBeCloseTo(1, 6);
  });

  test('counts below 0 become 0; what is not finite is refused', () => {
    expect(toCounts(DenseMatrix.fromRows([[-1]]), 'log1p', scale).get(0, 0)).toBe(0);
    expect(() => toCounts(DenseMatrix.fromRows([[NaN]]), 'counts', scale)).toThrow(DataError);
    expect(() => toCounts(DenseMatrix.fromRows([[1e4]]), 'log1p', scale)).toThrow(DataError);
  });

  test('log of counts per 10,000; cells without counts are 0', () => {
    const logs = toLogNormalized(DenseMatrix.fromRows([[3], [8]]), Float64Array.of(10_000, 0));
    expect(logs.get(0, 0)).toBeCloseTo(Math.log(4), 6);
    expect(logs.get(1, 0)).toBe(0);
  });
});
