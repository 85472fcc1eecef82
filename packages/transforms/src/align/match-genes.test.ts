import { describe, expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix, stringColumn, Table } from '@dance-ts/core';
import { describeMatch, geneVocabulary, matchGenes, takeGenes } from './match-genes.js';

const named = (...names: string[]) => geneVocabulary(new Table(names));

describe('finding genes', () => {
  test('in another order, with missing and further ones', () => {
    const { columns, report } = matchGenes(named('A', 'B', 'C'), named('X', 'C', 'A'));
    expect([...columns]).toEqual([2, -1, 1]);
    expect(report).toMatchObject({ nMatched: 2, missing: ['B'], rule: 'exact' });
    expect(describeMatch(report)).toContain('2 of the 3 genes');
  });

  test('by symbols in a column when the index holds identifiers', () => {
    const query = new Table(['ENSG01', 'ENSG02']).set('gene_symbols', stringColumn(['B', 'A']));
    const { columns, report } = matchGenes(named('A', 'B'), geneVocabulary(query));
    expect([...columns]).toEqual([1, 0]);
    expect(report.queryColumn).toBe('gene_symbols');
  });

  test('by identifiers with and without version', () => {
    const { columns, report } = matchGenes(
      named('ENSG01.2', 'ENSG02.7'),
      named('ENSG02', 'ENSG01.9'),
    );
    expect([...columns]).toEqual([1, 0]);
    expect(report.rule).toBe('without version');
  });

  test('mouse symbols against human ones, in upper case', () => {
    const { columns, report } = matchGenes(named('Ins1', 'Gcg'), named('GCG', 'TTR'));
    expect([...columns]).toEqual([-1, 0]);
    expect(report.rule).toBe('upper case');
  });

  test('the plain rule wins when it finds as many', () => {
    expect(matchGenes(named('a', 'B'), named('B', 'a')).report.rule).toBe('exact');
  });

  test('no column is used twice', () => {
    const { columns } = matchGenes(named('Abc', 'ABC'), named('abc', 'x'));
    expect([...columns]).toEqual([0, -1]);
  });

  test('nothing in common is refused with names of both', () => {
    const attempt = () => matchGenes(named('A', 'B'), named('C'));
    expect(attempt).toThrow(DataError);
    expect(attempt).toThrow(/got C, expected names such as A, B/);
  });
});

describe('taking genes', () => {
  const dense = DenseMatrix.fromRows([
    [1, 0, 3],
    [0, 5, 6],
  ]);

  test.each([
    [
      'all',
      [2, 0, 1],
      [
        [3, 1, 0],
        [6, 0, 5],
      ],
    ],
    [
      'with gaps',
      [-1, 2, -1, 0],
      [
        [0, 3, 0, 1],
        [0, 6, 0, 0],
      ],
    ],
  ])('%s: dense and sparse alike', (_, columns, expected) => {
    const places = Int32Array.from(columns);
    const fromDense = takeGenes(dense, places);
    const fromSparse = takeGenes(CsrMatrix.fromDense(dense), places);
    expect(fromSparse.kind).toBe('csr');
    expect(fromDense.toDense().data).toEqual(DenseMatrix.fromRows(expected).data);
    expect(fromSparse.toDense().data).toEqual(DenseMatrix.fromRows(expected).data);
  });
});
