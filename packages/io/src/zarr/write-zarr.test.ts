import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';
import {
  AnnData,
  CsrMatrix,
  DenseMatrix,
  numericColumn,
  stringColumn,
  Table,
} from '@dance-ts/core';
import { readZarr, writeZarr } from '../index.js';
import { temporaryFolder } from '../testing/python.node.js';
import { clearMissing } from '../testing/sources.js';

const folder = temporaryFolder();
afterAll(folder.remove);

const fixture = fileURLToPath(new URL('../testing/fixtures/zarr-v3.zip', import.meta.url));

describe('writeZarr', () => {
  test('writes every element so that it reads back the same', async () => {
    const data = await readZarr(fixture);
    clearMissing(data, 'maybe');
    data.uns.set(
      'records',
      new Table(
        ['0', '1'],
        [
          ['wide', stringColumn(['hé', '𝄞'])],
          ['n', numericColumn(Int16Array.of(1, -2))],
          ['plain', stringColumn(['g', ''])],
        ],
        '',
      ),
    );
    data.obsm.set('no columns', new DenseMatrix(7, 0, new Float32Array(0)));
    await writeZarr(folder.file('again.zarr'), data);
    expect(await readZarr(folder.file('again.zarr'))).toEqual(data);
    expect(readdirSync(folder.file('')).filter((name) => name.startsWith('~'))).toEqual([]);
  });

  test('splits long arrays into chunks', async () => {
    const n = 300_000;
    const indptr = Int32Array.from({ length: n + 1 }, (_, i) => i);
    const X = new CsrMatrix(n, 2, indptr, new Int32Array(n).fill(1), new Float32Array(n).fill(3));
    const data = AnnData.fromMatrix(X);
    await writeZarr(folder.file('long.zarr'), data);
    expect(existsSync(folder.file('long.zarr/X/data/1'))).toBe(true);
    expect((await readZarr(folder.file('long.zarr'))).X).toEqual(X);
  });

  test('leaves a folder alone that holds something', async () => {
    const place = folder.file('taken');
    mkdirSync(place);
    writeFileSync(`${place}/mine.txt`, 'precious');
    const data = AnnData.fromMatrix(DenseMatrix.zeros(2, 2));
    await expect(writeZarr(place, data)).rejects.toThrow(/taken: the folder is not empty/);
    expect(readdirSync(place)).toEqual(['mine.txt']);
  });

  test('leaves nothing behind when it fails', async () => {
    const data = AnnData.fromMatrix(DenseMatrix.zeros(2, 2));
    data.obs.set('a/b', numericColumn(Int8Array.of(1, 2)));
    const before = readdirSync(folder.file(''));
    await expect(writeZarr(folder.file('failed.zarr'), data)).rejects.toMatchObject({
      code: 'DATA',
    });
    expect(readdirSync(folder.file(''))).toEqual(before);
  });
});
