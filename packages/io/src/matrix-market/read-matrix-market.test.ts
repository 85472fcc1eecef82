import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { AbortError, CsrMatrix, DenseMatrix, FormatError, Rng } from '@dance-ts/core';
import { MemorySource } from '../storage/byte-storage.js';
import { readMatrixMarketData, readMatrixMarketSource } from './read-matrix-market.js';

const source = (text: string | Uint8Array): MemorySource =>
  new MemorySource('m.mtx', typeof text === 'string' ? new TextEncoder().encode(text) : text);
const read = (text: string | Uint8Array, options = {}) =>
  readMatrixMarketSource(source(text), options);

const COUNTS = '%%MatrixMarket matrix coordinate integer general\n% by hand\n\n2 3 3\n';

/** Faster than comparing long arrays with toEqual. */
const isSame = (a: Int32Array | Float32Array, b: Int32Array | Float32Array): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);

describe('readMatrixMarketSource', () => {
  test('reads coordinates in any order, with any line ends and blanks', async () => {
    const expected = CsrMatrix.fromTriplets(2, 3, [0, 1, 1], [2, 0, 1], [5, 7, -1.5]);
    expect(await read(`${COUNTS}2 1 7\n1 3 5\n2 2 -1.5\n`)).toEqual(expected);
    expect(await read(`${COUNTS}\t1   3 5\r\n\r\n2 2 -15e-1 \r\n2 1 7`)).toEqual(expected);
    expect(await read(`${COUNTS}2 1 7\n2 2 -1.5\n1 3 5\n`, { transpose: true })).toEqual(
      expected.transpose(),
    );
    expect(await read(gzipSync(`${COUNTS}2 1 7\n2 2 -1.5\n1 3 5\n`))).toEqual(expected);
  });

  test('adds entries at the same place', async () => {
    const matrix = await read(`${COUNTS}1 2 4\n1 2 3\n1 2 .5\n`);
    expect(matrix).toEqual(CsrMatrix.fromTriplets(2, 3, [0], [1], [7.5]));
  });

  test('mirrors symmetric and skew-symmetric matrices, and fills patterns with ones', async () => {
    const lower = (kind: string) =>
      read(`%%MatrixMarket matrix coordinate ${kind}\n3 3 3\n1 1 2\n2 1 3\n3 2 4\n`);
    expect((await lower('real symmetric')).toDense()).toEqual(
      DenseMatrix.fromRows([
        [2, 3, 0],
        [3, 0, 4],
        [0, 4, 0],
      ]),
    );
    const skew = '%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n2 1 3\n';
    expect((await read(skew)).toDense()).toEqual(
      DenseMatrix.fromRows([
        [0, -3],
        [3, 0],
      ]),
    );
    const pattern = '%%MatrixMarket matrix coordinate pattern general\n2 2 2\n1 2\n2 1\n';
    expect((await read(pattern)).toDense()).toEqual(
      DenseMatrix.fromRows([
        [0, 1],
        [1, 0],
      ]),
    );
  });

  test('reads arrays column by column', async () => {
    const array = '%%MatrixMarket matrix array real general\n2 3\n1\n2\n3\n4\n5\n6\n';
    const expected = DenseMatrix.fromRows([
      [1, 3, 5],
      [2, 4, 6],
    ]);
    expect(await read(array)).toEqual(expected);
    expect(await read(array, { transpose: true })).toEqual(expected.transpose());
    const symmetric = '%%MatrixMarket matrix array real symmetric\n2 2\n1\n2\n3\n';
    expect(await read(symmetric)).toEqual(
      DenseMatrix.fromRows([
        [1, 2],
        [2, 3],
      ]),
    );
  });

  test('reads a file of many blocks as it was written', async () => {
    const rng = Rng.fromSeed(3);
    const rows: number[] = [];
    const cols: number[] = [];
    const values: number[] = [];
    const lines = ['%%MatrixMarket matrix coordinate real general', '400 900 90000'];
    for (let e = 0; e < 90000; e++) {
      rows.push(rng.int(400));
      cols.push(rng.int(900));
      values.push(rng.int(1000) / 8);
      lines.push(`${rows[e]! + 1} ${cols[e]! + 1} ${values[e]!}`);
    }
    const text = lines.join('\n');
    expect(text.length).toBeGreaterThan(2 ** 20);
    const expected = CsrMatrix.fromTriplets(400, 900, rows, cols, values);
    for (const content of [text, gzipSync(text)]) {
      const matrix = await read(content);
      expect(matrix.shape).toEqual([400, 900]);
      expect(matrix.kind === 'csr' && isSame(matrix.indptr, expected.indptr)).toBe(true);
      expect(matrix.kind === 'csr' && isSame(matrix.indices, expected.indices)).toBe(true);
      expect(isSame(matrix.data, expected.data)).toBe(true);
    }
  });

  test.each([
    ['', /m\.mtx: line 0 is the last, but the matrix is not complete: got no sizes/],
    ['gene,cell\n', /m\.mtx: line 1 is not that of a Matrix Market file: got "gene,cell"/],
    ['%%MatrixMarket matrix coordinate complex general\n', /line 1 describes a matrix that cannot/],
    ['%%MatrixMarket matrix array pattern general\n', /line 1 describes a matrix that cannot/],
    [`${COUNTS}1 1 1\n`, /line 5 is the last, .*: got 1 entries, expected 3.*cut short/],
    [`${COUNTS}1 1 1\n3 1 1\n`, /line 6 is no valid entry: got row 3, column 1, value 1/],
    [`${COUNTS}0 1 1\n`, /line 5 is no valid entry: got row 0/],
    [`${COUNTS}1 1 x\n`, /line 5 is no valid entry: got row 1, column 1, value NaN/],
    [`${COUNTS}1 1 1e999\n`, /line 5 is no valid entry/],
    [`${COUNTS}1 1 1 1\n`, /line 5 is no valid entry/],
    [`${COUNTS}1 1\n2 1 1\n`, /line 5 is no valid entry/],
    [`${COUNTS}1.5 1 1\n`, /line 5 is no valid entry: got row 1.5/],
    [`${COUNTS}1 1 1\n1 2 1\n1 3 1\n2 1 1\n`, /line 8 holds one entry too many: expected 3/],
    [COUNTS.replace('2 3 3', '2 -3 3'), /line 4 does not hold the sizes/],
    [COUNTS.replace('2 3 3', '2 3 99999999999'), /line 4 does not hold the sizes/],
    [
      '%%MatrixMarket matrix coordinate real symmetric\n2 3 0\n',
      /line 2 says that a symmetric matrix is not square: got 2 x 3/,
    ],
  ])('refuses %j', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
    await expect(read(text)).rejects.toThrow(FormatError);
  });

  test('refuses damaged and endless gzip data, and declared sizes beyond the budget', async () => {
    const packed = gzipSync(`${COUNTS}1 1 1\n1 2 1\n1 3 1\n`);
    await expect(read(packed.subarray(0, 60))).rejects.toThrow(/m\.mtx cannot be decompressed/);
    const bomb = gzipSync(`${COUNTS}${'% '.repeat(10)}\n`.repeat(100000));
    await expect(read(bomb, { memoryBudget: 10000 })).rejects.toThrow(/budget/);
    const wide = '%%MatrixMarket matrix coordinate real general\n2000000000 2 1\n1 1 1\n';
    await expect(read(wide)).rejects.toThrow(/the row pointers is larger than the memory budget/);
    await expect(readMatrixMarketData(source(wide))).rejects.toThrow(/the list of names/);
  });

  test('stops when it is told to', async () => {
    const signal = AbortSignal.abort();
    await expect(read(COUNTS, { signal })).rejects.toThrow(AbortError);
  });
});
