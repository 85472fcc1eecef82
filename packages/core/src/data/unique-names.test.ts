import { expect, test } from '@jest/globals';
import { CsrMatrix } from '../matrix/csr-matrix.js';
import { DenseMatrix } from '../matrix/dense-matrix.js';
import { numericColumn } from '../table/column.js';
import { Table } from '../table/table.js';
import { AnnData } from './anndata.js';
import { uniqueNames, withUniqueObsNames, withUniqueVarNames } from './unique-names.js';

// Expected names are those of anndata 0.8's make_index_unique.
test.each([
  [[], '-', []],
  [['a', 'b'], '-', ['a', 'b']],
  [['a', 'a', 'a'], '-', ['a', 'a-1', 'a-2']],
  [['a', 'a', 'a', 'a-1'], '-', ['a', 'a-2', 'a-3', 'a-1']],
  [['a', 'a-1', 'a', 'a-1'], '-', ['a', 'a-1', 'a-2', 'a-1-1']],
  [['', '', 'x'], '_', ['', '_1', 'x']],
])('%p with %p', (names, separator, expected) => {
  expect(uniqueNames(names, separator)).toEqual(expected);
});

test('names like those of an object’s own properties', () => {
  expect(uniqueNames(['constructor', 'constructor', '__proto__', '__proto__'])).toEqual([
    'constructor',
    'constructor-1',
    '__proto__',
    '__proto__-1',
  ]);
});

function example(): AnnData {
  const names = { obsNames: ['c', 'c', 'd'], varNames: ['g', 'g'] };
  const data = AnnData.fromMatrix(CsrMatrix.fromDense(DenseMatrix.zeros(3, 2)), names);
  data.obs.set('n', numericColumn(Int32Array.of(1, 2, 3)));
  data.obsm.set('frame', new Table(['c', 'c', 'd']));
  data.varm.set('frame', new Table(['g', 'g']));
  data.uns.set('note', 'text');
  data.splits = { train: Int32Array.of(0), val: Int32Array.of(1), test: Int32Array.of(2) };
  return data;
}

test('cells get names of their own; nothing else changes', () => {
  const data = example();
  const unique = withUniqueObsNames(data);
  expect(unique.obsNames).toEqual(['c', 'c-1', 'd']);
  expect(unique.varNames).toEqual(['g', 'g']);
  expect(unique.X).toBe(data.X);
  expect(unique.obs.get('n')).toBe(data.obs.get('n'));
  expect((unique.obsm.get('frame') as Table).index).toEqual(['c', 'c-1', 'd']);
  expect(unique.uns).toEqual(data.uns);
  expect(unique.splits).toEqual(data.splits);
  expect(data.obsNames).toEqual(['c', 'c', 'd']);
});

test('genes get names of their own', () => {
  const unique = withUniqueVarNames(example(), '.');
  expect(unique.varNames).toEqual(['g', 'g.1']);
  expect((unique.varm.get('frame') as Table).index).toEqual(['g', 'g.1']);
  expect(unique.obsNames).toEqual(['c', 'c', 'd']);
});

test('data whose names differ are returned as they are, also without X', () => {
  const data = new AnnData({ obs: new Table(['a', 'b']), var: new Table(['g', 'g']) });
  expect(withUniqueObsNames(data)).toBe(data);
  expect(withUniqueVarNames(data).varNames).toEqual(['g', 'g-1']);
  expect(withUniqueVarNames(data).hasX).toBe(false);
});
