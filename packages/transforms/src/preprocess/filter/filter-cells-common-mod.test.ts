import { AnnData, DataError, DenseMatrix, MuData, ParamError } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { rowsOf, snapshot } from '../../testing/data.js';
import { FilterCellsCommonMod } from './filter-cells-common-mod.js';

/** One gene, whose value is the number in the name of the cell. */
function cells(...obsNames: string[]): AnnData {
  const rows = obsNames.map((name) => [Number(name.slice(1))]);
  return AnnData.fromMatrix(DenseMatrix.fromRows(rows), { obsNames });
}

test('both are cut to their shared cells, in the order of the first', () => {
  const mod1 = cells('c3', 'c1', 'c2', 'c9');
  mod1.splits = { train: Int32Array.of(0, 3), val: Int32Array.of(1), test: Int32Array.of(2) };
  const data = new MuData([
    ['mod1', mod1],
    ['mod2', cells('c1', 'c2', 'c3', 'c4')],
    ['other', cells('c7')],
  ]);
  const before = snapshot(data.get('mod1'));
  const cut = new FilterCellsCommonMod().apply(data);
  for (const name of ['mod1', 'mod2']) {
    expect(cut.get(name).obsNames).toEqual(['c3', 'c1', 'c2']);
    expect(rowsOf(cut.get(name).X)).toEqual([[3], [1], [2]]);
  }
  expect(cut.get('mod1').splits).toEqual({
    train: Int32Array.of(0),
    val: Int32Array.of(1),
    test: Int32Array.of(2),
  });
  expect(cut.get('other')).toBe(data.get('other'));
  expect(snapshot(data.get('mod1'))).toEqual(before);
});

test('a solution is cut along', () => {
  const data = new MuData([
    ['rna', cells('c1', 'c2', 'c3')],
    ['adt', cells('c3', 'c2', 'c1')],
    ['truth', cells('c2', 'c3')],
  ]);
  const cut = new FilterCellsCommonMod({ mod1: 'adt', mod2: 'rna', sol: 'truth' }).apply(data);
  expect(cut.names.map((name) => cut.get(name).obsNames)).toEqual([
    ['c3', 'c2'],
    ['c3', 'c2'],
    ['c3', 'c2'],
  ]);
});

test('cells of one name, no shared cell, a missing modality', () => {
  const pair = (first: AnnData, second: AnnData) =>
    new MuData([
      ['mod1', first],
      ['mod2', second],
    ]);
  const step = new FilterCellsCommonMod();
  expect(() => step.apply(pair(cells('c1'), cells('c2', 'c2')))).toThrow(
    /twice in modality "mod2"/,
  );
  expect(() => step.apply(pair(cells('c1'), cells('c2')))).toThrow(/share no cell/);
  expect(() => step.apply(new MuData([['mod1', cells('c1')]]))).toThrow(DataError);
  expect(() => new FilterCellsCommonMod({ mod1: '' })).toThrow(ParamError);
});
