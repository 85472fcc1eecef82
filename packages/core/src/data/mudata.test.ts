import { describe, expect, test } from '@jest/globals';
import { DataError } from '../errors.js';
import { DenseMatrix } from '../matrix/dense-matrix.js';
import { caught } from '../testing/caught.js';
import { AnnData } from './anndata.js';
import { MuData } from './mudata.js';

/** One gene whose value is given for each named cell. */
const modality = (cells: Record<string, number>): AnnData =>
  AnnData.fromMatrix(DenseMatrix.fromRows(Object.values(cells).map((value) => [value])), {
    obsNames: Object.keys(cells),
  });

const example = (): MuData =>
  new MuData([
    ['rna', modality({ a: 1, b: 2, c: 3, d: 4 })],
    ['protein', modality({ d: 40, x: 50, b: 20, a: 10 })],
  ]);

test('modalities are found by name, in order', () => {
  expect(example().names).toEqual(['rna', 'protein']);
  expect(example().get('protein').nObs).toBe(4);
});

test('an unknown modality is refused, naming those there are', () => {
  const error = caught(() => example().get('atac'));
  expect(error).toBeInstanceOf(DataError);
  expect(error.message).toBe('there is no modality "atac": expected one of rna, protein');
});

test('no modality at all is refused', () => {
  expect(caught(() => new MuData([]))).toBeInstanceOf(DataError);
});

describe('cells that all modalities have', () => {
  test('come in the order of the first', () => {
    expect(example().sharedObsNames()).toEqual(['a', 'b', 'd']);
  });

  test('are the rows of the intersection, the same cell in each modality', () => {
    const shared = example().intersect();
    expect(shared.get('rna').obsNames).toEqual(['a', 'b', 'd']);
    expect(shared.get('protein').obsNames).toEqual(['a', 'b', 'd']);
    expect([...shared.get('rna').X.toDense().data]).toEqual([1, 2, 4]);
    expect([...shared.get('protein').X.toDense().data]).toEqual([10, 20, 40]);
  });

  test('may be none', () => {
    const apart = new MuData([
      ['rna', modality({ a: 1 })],
      ['protein', modality({ b: 2 })],
    ]).intersect();
    expect(apart.get('rna').nObs).toBe(0);
    expect(apart.get('protein').X.shape).toEqual([0, 1]);
  });

  test('the intersection has annotations of its own', () => {
    const data = example();
    data.uns.set('batch', 1);
    const shared = data.intersect();
    shared.uns.set('batch', 2);
    expect(data.uns.get('batch')).toBe(1);
    expect(shared.names).toEqual(['rna', 'protein']);
  });
});
