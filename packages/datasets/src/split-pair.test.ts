import { describe, expect, test } from '@jest/globals';
import {
  AnnData,
  categoricalFromStrings,
  DataError,
  DenseMatrix,
  ParamError,
} from '@dance-ts/core';
import { listAnnotationPairs } from './catalogue/annotation-pairs.js';
import { describeDataset } from './catalogue/catalogue.js';
import { loadAnnotationPair } from './load-annotation-pair.node.js';
import { splitPair } from './split-pair.js';

/** 30 cells: 20 of class a, 10 of class b; the first 12 are of the test split. */
function cells(): AnnData {
  const data = AnnData.fromMatrix(DenseMatrix.zeros(30, 1));
  const names = (f: (i: number) => string) => Array.from({ length: 30 }, (_, i) => f(i));
  data.obs.set('type', categoricalFromStrings(names((i) => (i % 3 === 0 ? 'b' : 'a'))));
  data.obs.set('split', categoricalFromStrings(names((i) => (i < 12 ? 'test' : 'train'))));
  return data;
}

describe('splitting one data set', () => {
  test('each cell is in the query of one fold, classes are spread evenly', () => {
    const data = cells();
    const parts = splitPair(data, { folds: 5 }, 'type');
    expect(parts.flatMap(({ query }) => query.obsNames).sort()).toEqual([...data.obsNames].sort());
    for (const { reference, query } of parts) {
      expect([...query.obsNames, ...reference.obsNames].sort()).toEqual([...data.obsNames].sort());
      const { codes } = query.labels('type');
      expect(codes.filter((code) => code === 1)).toHaveLength(2);
      expect(codes).toHaveLength(6);
    }
  });

  test('the folds are always the same', () => {
    const names = () => splitPair(cells(), { folds: 3 }, 'type')[1]!.query.obsNames;
    expect(names()).toEqual(names());
  });

  test('by a column', () => {
    const parts = splitPair(cells(), { column: 'split' }, 'type');
    expect(parts.map(({ query }) => query.nObs)).toEqual([12]);
    expect(parts.map(({ reference }) => reference.nObs)).toEqual([18]);
  });

  test('a column that says something else is refused', () => {
    expect(() => splitPair(cells(), { column: 'type' }, 'type')).toThrow(DataError);
  });
});

describe('pairs of the catalogue', () => {
  test('name data sets of the task', () => {
    for (const { reference, query } of listAnnotationPairs()) {
      const names = typeof query === 'string' ? [reference, query] : [reference];
      for (const name of names) expect(describeDataset(name).task).toBe('cell-type-annotation');
    }
  });

  test('an unknown name is refused with those there are', async () => {
    await expect(loadAnnotationPair('baron')).rejects.toThrow(ParamError);
    await expect(loadAnnotationPair('baron')).rejects.toThrow(/baron_mouse/);
  });
});
