import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  booleanColumn,
  categoricalColumn,
  columnValue,
  CsrMatrix,
  DanceError,
  numericColumn,
  Rng,
  silentReporter,
  stringColumn,
  Table,
  type AnnData,
  type UnsValue,
} from '@dance-ts/core';
import { readDataset as readInBrowser, readZarr as readZarrInBrowser } from '../browser-api.js';
import { readDataset, readZarr } from '../index.js';
import { temporaryFolder } from '../testing/python.node.js';
import { memorySource } from '../testing/sources.js';
import { checksum } from './checksums.js';
import { readZarrStore } from './read-zarr.js';
import { foldersBelow, type ZarrStore } from './zarr-store.js';
import { openZip } from './zip-store.js';

const folder = temporaryFolder();
afterAll(folder.remove);

/** A hierarchy whose files a test can change. */
class MemoryStore implements ZarrStore {
  readonly name = 'the store';

  constructor(readonly files: Map<string, Uint8Array>) {}

  folders(place: string): Promise<readonly string[]> {
    return Promise.resolve(foldersBelow(this.files.keys(), place));
  }

  read(file: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.files.get(file));
  }

  close(): void {
    // Nothing is held but the map.
  }
}

function fixture(version: string): Uint8Array {
  const url = new URL(`../testing/fixtures/zarr-${version}.zip`, import.meta.url);
  return new Uint8Array(readFileSync(fileURLToPath(url)));
}

const unpacked = new Map<string, Map<string, Uint8Array>>();

beforeAll(async () => {
  for (const version of ['v2', 'v3']) {
    const zip = openZip(memorySource(fixture(version)));
    const files = new Map<string, Uint8Array>();
    for (const file of zip.files) files.set(file, (await zip.read(file)) ?? new Uint8Array(0));
    unpacked.set(version, files);
    for (const [file, bytes] of files) {
      const place = folder.file(`${version}/${file}`);
      mkdirSync(path.dirname(place), { recursive: true });
      writeFileSync(place, bytes);
    }
  }
});

function storeOf(version: string, changes: Readonly<Record<string, unknown>> = {}): MemoryStore {
  const files = new Map(unpacked.get(version));
  for (const [file, change] of Object.entries(changes)) {
    if (change === undefined) files.delete(file);
    else if (change instanceof Uint8Array) files.set(file, change);
    else {
      const text = typeof change === 'string' ? change : JSON.stringify(change);
      files.set(file, new TextEncoder().encode(text));
    }
  }
  return new MemoryStore(files);
}

function bytesOf(version: string, file: string): Uint8Array {
  return (unpacked.get(version)?.get(file) ?? new Uint8Array(0)).slice();
}

function jsonOf(version: string, file: string): Record<string, unknown> {
  return JSON.parse(new TextDecoder().decode(bytesOf(version, file))) as Record<string, unknown>;
}

async function failure(store: ZarrStore): Promise<string> {
  const error: unknown = await readZarrStore(store).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'FORMAT' });
  const { message } = error as Error;
  expect(message).not.toContain('\n');
  return message;
}

const DENSE = Array.from({ length: 35 }, (_, i) => (i % 3 === 0 ? i / 2 : 0));

describe.each([['v2'], ['v3']])('a store of version %s holds', (version) => {
  let data: AnnData;
  beforeAll(async () => {
    data = await readZarr(fixture(version));
  });

  test('matrices, whatever their chunks, codecs, byte order and order of dimensions', () => {
    expect(data.X.kind).toBe('csr');
    expect([...data.X.toDense().data]).toEqual(DENSE);
    expect(data.layers.get('dense')).toEqual(data.X.toDense());
    expect(data.layers.get('columns')).toEqual(data.X);
    expect(data.raw?.X).toEqual(data.X);
    expect(data.obsp.get('near')).toEqual(
      CsrMatrix.fromTriplets(
        7,
        7,
        [0, 1, 2, 3, 4, 5, 6],
        [0, 1, 2, 3, 4, 5, 6],
        [1, 1, 1, 1, 1, 1, 1],
      ),
    );
    expect(data.obsm.get('X_pca')).toMatchObject({
      nCols: 3,
      data: Float32Array.from({ length: 21 }, (_, i) => i),
    });
    expect(data.varm.get('loadings')).toMatchObject({
      nCols: 2,
      data: Float32Array.from({ length: 10 }, (_, i) => i),
    });
  });

  test('columns of every kind', () => {
    const { obs } = data;
    const values = (name: string): unknown[] =>
      Array.from({ length: 7 }, (_, i) => columnValue(obs.get(name), i));
    expect(obs.index).toEqual([0, 1, 2, 3, 4, 5, 6].map((i) => `cell ${i} é`));
    expect(data.varNames).toEqual(['v', 'w', 'x', 'y', 'z']);
    expect(values('label')).toEqual(['x', null, 'y', 'x', 'y', 'y', 'x']);
    expect(obs.get('stage')).toEqual(
      categoricalColumn(Int32Array.of(0, 1, 0, 1, 0, 1, 0), ['lo', 'hi'], true),
    );
    expect(values('year')).toEqual([2020, 2010, 2020, 2010, 2010, 2020, 2020]);
    expect(obs.get('flag')).toEqual(booleanColumn([true, false, true, true, false, false, true]));
    expect(obs.get('n')).toEqual(
      numericColumn(Float64Array.of(1, -2, 2 ** 40, 0, 5, 6, 7), 'int64'),
    );
    expect(obs.get('score')).toEqual(
      numericColumn(Float32Array.of(0.5, NaN, 2, 3, 4, 5, Infinity)),
    );
    expect(obs.get('text')).toEqual(stringColumn(['a', '', 'ü', 'd', 'e', 'f', '𝄞']));
    expect(values('maybe')).toEqual([1, null, 3, 4, null, 6, 7]);
    expect(values('perhaps')).toEqual([true, null, false, true, null, true, false]);
    expect(data.obsm.get('frame')).toEqual(
      new Table(obs.index, [['q', numericColumn(Float64Array.of(0, 1, 2, 3, 4, 5, 6), 'int64')]]),
    );
  });

  test('nested annotation; absent chunks are filled', () => {
    const expected: Record<string, UnsValue> = {
      t: 'ü',
      i: 5,
      f: 0.5,
      b: true,
      list: ['p', 'q'],
      ints: Float64Array.of(1, 2 ** 40),
      grid: { kind: 'ndarray', shape: [2, 3], data: Int32Array.of(0, 1, 2, 3, 4, 5) },
      deep: new Map([['er', new Map([['k', 1]])]]),
      empty: new Map(),
      filled: new Float64Array(6).fill(7),
    };
    for (const [key, value] of Object.entries(expected)) expect(data.uns.get(key)).toEqual(value);
    expect(data.uns.get('rec')).toEqual(
      new Table(
        ['0', '1'],
        [
          ['n', numericColumn(Float64Array.of(1, 2), 'int64')],
          ['s', stringColumn(['g', 'hé'])],
        ],
        '',
      ),
    );
    expect(data.uns.size).toBe(Object.keys(expected).length + 1);
  });

  test('the same from a folder, a Blob, the files of a folder, and by readDataset', async () => {
    const place = folder.file(version);
    const bytes = fixture(version) as Uint8Array<ArrayBuffer>;
    expect(await readZarr(place)).toEqual(data);
    expect(await readDataset(place)).toEqual(data);
    expect(await readDataset(bytes)).toEqual(data);
    expect(await readZarr(new Blob([bytes]))).toEqual(data);
    expect(await readZarrInBrowser(new Blob([bytes]))).toEqual(data);
    const files = [...(unpacked.get(version) ?? [])].map(([name, content]) => {
      const file = new File([content], path.posix.basename(name));
      return Object.defineProperty(file, 'webkitRelativePath', { value: `data.zarr/${name}` });
    });
    expect(await readZarrInBrowser(files)).toEqual(data);
    expect(await readInBrowser(files)).toEqual(data);
  });

  test('nothing that a link leads to', async () => {
    const place = folder.file(`${version}/uns/linked`);
    symlinkSync(folder.file('v2/obsm'), place);
    expect(await readZarr(folder.file(version))).toEqual(data);
  });
});

describe('a store that is not whole is refused by the element', () => {
  test.each([
    ['v2', 'X/.zgroup', /the store: X is no part of a Zarr hierarchy.*copy the whole store again/],
    ['v2', 'X/data/.zarray', /X\/data is no part of a Zarr hierarchy/],
    ['v2', 'X/indptr/0', /X\/indptr does not describe the rows/],
    ['v2', 'obs/label/codes/.zarray', /obs\/label\/codes is no part/],
    ['v2', '.zgroup', /the root group is no part of a Zarr hierarchy/],
    ['v3', 'X/indices/zarr.json', /X\/indices is no part/],
    ['v3', 'obs/zarr.json', /the store: obs is no part/],
    ['v3', 'X/data/c/0', undefined],
  ])('%s without %s', async (version, file, message) => {
    const store = storeOf(version, { [file]: undefined });
    if (message === undefined) {
      // A chunk that is not there is a chunk of the fill value.
      const { X } = await readZarrStore(store);
      expect(X.toDense().data.every((value) => value === 0)).toBe(true);
    } else {
      expect(await failure(store)).toMatch(message);
    }
  });

  test('without a column that its table lists', async () => {
    const files = [...(unpacked.get('v2') ?? new Map<string, Uint8Array>()).keys()];
    const column = files.filter((file) => file.startsWith('obs/text/'));
    const store = storeOf('v2', Object.fromEntries(column.map((file) => [file, undefined])));
    expect(await failure(store)).toMatch(/the store: obs has no "text"/);
  });
});

describe('a store that is damaged is refused by the element', () => {
  test.each([
    ['v2', 'X/.zattrs', '{"shape": [', /the store: X\/\.zattrs is no valid JSON/],
    ['v2', 'X/data/0', 'short', /X\/data, chunk 0, cannot be decompressed \(its header is cut/],
    ['v2', 'X/indices/0', 'no zlib at all', /X\/indices, chunk 0, cannot be decompressed/],
    ['v2', 'layers/dense/0.0', 'no Zstandard', /layers\/dense, chunk 0\.0, .*begin as Zstandard/],
    ['v2', 'varm/loadings/0.0', 'odd', /varm\/loadings, chunk 0\.0, has the wrong size: got 3 b/],
    ['v3', 'X/data/c/0', 'too short', /X\/data has a damaged shard X\/data\/c\/0 \(it is cut sh/],
    ['v3', 'X/indices/c/0', 'a checksum', /X\/indices, chunk 0, .*\(the checksum does not match\)/],
    ['v3', 'obsm/X_pca/c/0/0', 'odd', /obsm\/X_pca, chunk 0\.0, has the wrong size/],
    ['v3', 'zarr.json', { zarr_format: 4 }, /the root group has no valid zarr\.json/],
  ])('%s with another %s', async (version, file, content, message) => {
    expect(await failure(storeOf(version, { [file]: content }))).toMatch(message);
  });

  test.each([
    [{ shape: [-1] }, /X\/data has no valid \.zarray/],
    [{ chunks: [1, 2] }, /X\/data has no valid \.zarray/],
    [{ dtype: '<c8' }, /X\/data holds values of type "<c8"/],
    [{ dtype: '<f2' }, /X\/data holds values of type "<f2"/],
    [{ dtype: '|O', filters: [{ id: 'pickle' }] }, /X\/data holds values of type "\|O"/],
    [{ compressor: { id: 'bz2' } }, /X\/data, chunk 0, is encoded with bz2.*gzip, zlib, blosc/],
    [{ filters: [{ id: 'delta' }] }, /X\/data, chunk 0, is encoded with delta/],
    [{ shape: [2 ** 40] }, /X\/indices has the wrong length|larger than the memory budget/],
    [{ chunks: [2 ** 40] }, /X\/data is larger than the memory budget/],
  ])('.zarray with %j', async (change, message) => {
    const file = 'X/data/.zarray';
    const store = storeOf('v2', { [file]: { ...jsonOf('v2', file), ...change } });
    expect(await failure(store)).toMatch(message);
  });

  test.each([
    [{ data_type: 'complex64' }, /obs\/n|X\/indptr holds values of type complex64/],
    [{ chunk_grid: { name: 'rectilinear' } }, /X\/indptr has no valid zarr\.json/],
    [{ codecs: [{ name: 'zstd' }] }, /X\/indptr has no valid zarr\.json/],
    [{ codecs: [{ name: 'bytes' }, { name: 'pcodec' }] }, /X\/indptr, chunk 0, .* with pcodec/],
  ])('zarr.json with %j', async (change, message) => {
    const file = 'X/indptr/zarr.json';
    const store = storeOf('v3', { [file]: { ...jsonOf('v3', file), ...change } });
    expect(await failure(store)).toMatch(message);
  });

  test('a chunk that would unpack to more than it may', async () => {
    const bytes = bytesOf('v2', 'X/data/0');
    new DataView(bytes.buffer).setUint32(4, 2 ** 31, true);
    expect(await failure(storeOf('v2', { 'X/data/0': bytes }))).toMatch(
      /X\/data, chunk 0, is larger than it should be/,
    );
  });

  test('a text that is no UTF-8', async () => {
    const file = 'obs/text/.zarray';
    const text = Uint8Array.of(7, 0, 0, 0, ...[1, 0, 0, 0, 0xff], ...new Array<number>(24).fill(0));
    const store = storeOf('v2', {
      [file]: { ...jsonOf('v2', file), compressor: null },
      'obs/text/0': text,
    });
    expect(await failure(store)).toMatch(/obs\/text, chunk 0, holds a text that is not UTF-8/);
    const long = storeOf('v2', {
      [file]: { ...jsonOf('v2', file), compressor: null },
      'obs/text/0': text.slice(0, 20),
    });
    expect(await failure(long)).toMatch(/obs\/text, chunk 0, (is cut short|holds a text)/);
  });

  test('a .zip file that is cut short or was changed', async () => {
    const bytes = fixture('v2');
    await expect(readZarr(bytes.subarray(0, 20_000))).rejects.toThrow(/no \.zip archive or is cut/);
    const names = new TextDecoder('latin1').decode(bytes);
    const changed = bytes.slice();
    changed[names.indexOf('obs/.zattrs') + 'obs/.zattrs'.length + 5]! ^= 1;
    await expect(readZarr(changed)).rejects.toThrow(/obs\/\.zattrs (cannot be|does not have)/);
    await expect(readZarr(Uint8Array.of(1, 2, 3))).rejects.toMatchObject({ code: 'FORMAT' });
  });
});

test('an unknown codec in uns is left out with a warning', async () => {
  const file = 'uns/ints/.zarray';
  const change = { ...jsonOf('v2', file), compressor: { id: 'lzma' } };
  const warnings: string[] = [];
  const reporter = { ...silentReporter, message: (_: string, text: string) => warnings.push(text) };
  const data = await readZarrStore(storeOf('v2', { [file]: change }), { reporter });
  expect(data.uns.has('ints')).toBe(false);
  expect(warnings).toEqual([expect.stringMatching(/uns\/ints, chunk 0, is encoded with lzma/)]);
});

test.each([['v2'], ['v3']])('changed bytes of %s give data or a clean error', async (version) => {
  const rng = Rng.fromSeed(7);
  const files = [...(unpacked.get(version) ?? new Map<string, Uint8Array>()).keys()].sort();
  let refused = 0;
  for (let k = 0; k < 150; k++) {
    const file = files[rng.int(files.length)]!;
    const bytes = bytesOf(version, file);
    if (bytes.length === 0) continue;
    if (k % 3 === 0) bytes[rng.int(bytes.length)]! ^= 1 << rng.int(8);
    const changed = k % 3 === 1 ? bytes.subarray(0, rng.int(bytes.length)) : bytes;
    if (k % 3 === 2) bytes.fill(rng.int(256), rng.int(bytes.length));
    try {
      const options = { reporter: silentReporter, memoryBudget: 2 ** 26 };
      await readZarrStore(storeOf(version, { [file]: changed }), options);
    } catch (error) {
      expect(error).toBeInstanceOf(DanceError);
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(75);
});

test('checksums have the values the standards give for 123456789', () => {
  const digits = new TextEncoder().encode('123456789');
  expect(checksum(digits, 'crc32')).toBe(0xcbf43926);
  expect(checksum(digits, 'crc32c')).toBe(0xe3069283);
});
