import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { booleanColumn, DenseMatrix, numericColumn, stringColumn, toCsr } from '@dance-ts/core';
import { FileStorage } from '../storage/file-storage.node.js';
import { describeWithData, realFile } from '../testing/real-data.node.js';
import { memorySource } from '../testing/sources.js';
import { readDelimitedMatrixSource, readTableSource } from './read-delimited.js';
import { splitLine } from './split-line.js';

const read = (text: string | Uint8Array, options = {}) =>
  readDelimitedMatrixSource(memorySource(text, 'm.csv'), options);
const readTable = (text: string, options = {}) =>
  readTableSource(memorySource(text, 't.csv'), options);

const ROWS = DenseMatrix.fromRows([
  [1, 0],
  [0, 2.5],
]);

describe('readDelimitedMatrixSource', () => {
  test.each([
    [',g1,g2\nc1,1,0\nc2,0,2.5\n', {}],
    ['cell\tg1\tg2\r\nc1\t1\t0\r\n\r\nc2\t0\t25e-1', {}],
    ['"g1","g2"\n"c1",1,0\n"c2",0,2.5\n', {}],
    ['g1;g2\nc1;1;0\nc2;0;2.5\n', {}],
    ['\uFEFF,g1,g2\nc1,1,0\nc2,0,2.5\n', {}],
    [',c1,c2\ng1,1,0\ng2,0,2.5\n', { transpose: true }],
    [gzipSync(',g1,g2\nc1,1,0\nc2,0,2.5\n'), {}],
    ['x|g1|g2\nc1|1|0\nc2|0|2.5\n', { delimiter: '|' }],
  ])('reads matrix %#', async (text, options) => {
    const data = await read(text, options);
    expect(data.X.toDense()).toEqual(ROWS);
    expect(data.obsNames).toEqual(['c1', 'c2']);
    expect(data.varNames).toEqual(['g1', 'g2']);
  });

  test('generates names where there are none, and keeps missing values', async () => {
    const data = await read('1,0\nNA,2.5\n');
    expect(data.X.get(0, 0)).toBe(1);
    expect(data.X.get(1, 0)).toBeNaN();
    expect(data.varNames).toEqual(['gene_00000', 'gene_00001']);
    const named = await read('7,8\n1,0\n0,2.5\n', { header: true });
    expect(named.varNames).toEqual(['7', '8']);
    expect(named.X.toDense()).toEqual(ROWS);
  });

  test.each([
    ['', /m\.csv: line 1 is missing: the file is empty/],
    ['a,b\n', /line 1 is the header, and nothing follows/],
    ['a,b\n1,2\n3\n', /line 3 has another number of fields.*: got 1, expected 2/],
    ['a,b\nc,1,x\n', /line 2 does not hold a number in field 2: got "x"/],
    ['a,b\n1,\n', /line 2 does not hold a number in field 2: got ""/],
    [',a\nc,1,2\n', /line 1 begins with an empty name and is one field short: got 2 fields/],
    ['a,b,c\n1\n', /line 2 does not have as many fields as the header: got 1, expected 3/],
  ])('refuses %j', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });
});

describe('readTableSource', () => {
  test('infers types and missing values', async () => {
    const table = await readTable('id,n,x,ok,t\na,1,.5,TRUE,u\nb,2,NA,false,\n');
    expect(table.index).toEqual(['a', 'b']);
    expect(table.indexName).toBe('id');
    expect(table.get('n')).toEqual(numericColumn(Float64Array.of(1, 2), 'int64'));
    expect(table.get('x')).toEqual(numericColumn(Float64Array.of(0.5, NaN), 'float64'));
    expect(table.get('ok')).toEqual(booleanColumn([true, false]));
    expect(table.get('t')).toEqual(stringColumn(['u', null]));
  });

  test('numbers rows without names', async () => {
    const table = await readTable('1,x\n2,y\n', { header: false });
    expect(table.index).toEqual(['0', '1']);
    expect(table.columnNames).toEqual(['column_0', 'column_1']);
  });
});

test('splitLine understands quotes', () => {
  expect(splitLine('a,"b,c","say ""hi""",,""', ',')).toEqual(['a', 'b,c', 'say "hi"', '', '']);
  expect(splitLine('"open, end', ',')).toEqual(['open, end']);
});

describeWithData('delimited files', () => {
  test.each([
    [
      'sc_celseq2.count.csv.gz',
      true,
      [274, 28204],
      1954979,
      10321416,
      16430,
      ['A1', 'ENSG00000281131'],
    ],
    ['her2st_H1.tsv.gz', false, [613, 15029], 607467, 1092551, 1766, ['10x10', 'FO538757.1']],
  ])('reads %s', async (name, transpose, shape, nnz, sum, firstCell, names) => {
    const source = FileStorage.open(realFile(`readers/${name}`));
    const data = await readDelimitedMatrixSource(source, { transpose });
    const X = toCsr(data.X);
    const sums = X.rowSums();
    expect([...X.shape, X.nnz, sums[0]]).toEqual([...shape, nnz, firstCell]);
    expect(sums.reduce((total, value) => total + value, 0)).toBe(sum);
    expect([data.obsNames[0], data.varNames[0]]).toEqual(names);
  });

  test('reads a table whose header is one field short', async () => {
    const file = FileStorage.open(realFile('readers/sc_celseq2.metadata.csv.gz'));
    const table = await readTableSource(file);
    expect(table.nRows).toBe(274);
    expect(table.index[0]).toBe('A1');
    const totals = table.get('total_count_per_cell');
    if (totals.kind !== 'numeric') throw new Error('not numeric');
    let sum = 0;
    for (const total of totals.values) sum += total;
    expect(sum).toBe(10321416);
    expect(table.get('outliers').kind).toBe('boolean');
  });
});
