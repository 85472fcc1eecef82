import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AnnData, CsrMatrix, DanceError, DenseMatrix, silentReporter } from '@dance-ts/core';
import { encodeH5ad, readDataset, readH5ad, readXyH5 } from '../index.js';
import { describeWithPython, python, temporaryFolder } from '../testing/python.node.js';

const folder = temporaryFolder();
afterAll(folder.remove);

/** A small file in which every part of the format occurs. */
function smallFile(): Promise<Uint8Array> {
  const X = CsrMatrix.fromTriplets(3, 4, [0, 0, 1, 2, 2], [1, 3, 0, 2, 3], [1, 2, 3, 4, 5]);
  return encodeH5ad(AnnData.fromMatrix(X));
}

describe('readH5ad says on one line what is wrong with', () => {
  test.each([
    ['a missing file', 'none.h5ad', undefined, 'IO', /none\.h5ad: it does not exist\. Check/],
    ['a folder', '.', undefined, 'IO', /it is not a file/],
    ['an empty file', 'empty.h5ad', '', 'FORMAT', /not an HDF5 file: got an empty file/],
    ['a text file', 'text.h5ad', 'gene,cell\n', 'FORMAT', /not an HDF5 file: got a text file/],
    ['a gzip archive', 'x.gz', '\x1f\x8b\b', 'FORMAT', /got a gzip archive.*unpack it/],
    ['a zip archive', 'x.zip', 'PK\x03\x04\0\0\0\0', 'FORMAT', /got a zip archive/],
  ])('%s', async (_what, name, content, code, message) => {
    const file = folder.file(name);
    if (content !== undefined) writeFileSync(file, content, 'latin1');
    for (const read of [readH5ad, readXyH5]) {
      const error: unknown = await read(file).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code, message: expect.stringMatching(message) as unknown });
      expect((error as Error).message).toContain(file);
      expect((error as Error).message).not.toContain('\n');
    }
    // It knows more formats, so that it words some of this in another way.
    const error: unknown = await readDataset(file).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DanceError);
    expect((error as Error).message).toContain(file);
    expect((error as Error).message).not.toContain('\n');
  });

  test('a file cut off anywhere', async () => {
    const bytes = await smallFile();
    for (let length = 8; length < bytes.length; length += 997) {
      const error: unknown = await readH5ad(bytes.subarray(0, length)).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: 'FORMAT' });
      expect((error as Error).message).not.toContain('\n');
    }
    await expect(readH5ad(bytes.subarray(0, bytes.length - 1))).rejects.toThrow(
      `is cut short: got ${bytes.length - 1} bytes, expected ${bytes.length}. Download`,
    );
    // What was refused leaves the library able to read the whole file.
    expect((await readH5ad(bytes)).nObs).toBe(3);
  });

  test('compressed values that were changed', async () => {
    const X = new DenseMatrix(
      50,
      50,
      Float32Array.from({ length: 2500 }, (_, i) => i % 7),
    );
    const bytes = await encodeH5ad(AnnData.fromMatrix(X));
    const zlibHead = bytes.findIndex((byte, i) => byte === 0x78 && bytes[i + 1] === 0x5e);
    expect(zlibHead).toBeGreaterThan(0);
    bytes[zlibHead + 20]! ^= 0x10;
    await expect(readH5ad(bytes)).rejects.toThrow(/X cannot be read \(.*\)\. The file seems to be/);
  });
});

describe('damage that the HDF5 library does not see is found', () => {
  const latin = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);

  test('free space of size 0 among the texts, which it would follow forever', async () => {
    const bytes = await smallFile();
    const heap = latin(bytes).indexOf('GCOL');
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const end = heap + view.getUint32(heap + 8, true);
    let at = heap + 16;
    while (view.getUint16(at, true) !== 0) {
      at += 16 + 8 * Math.ceil(view.getUint32(at + 8, true) / 8);
    }
    expect(at).toBeLessThan(end);
    view.setUint32(at + 8, 0, true);
    await expect(readH5ad(bytes)).rejects.toMatchObject({ code: 'FORMAT' });
  });

  test('a list of filters that is marked as something unknown', async () => {
    const bytes = await smallFile();
    const message = latin(bytes).indexOf('deflate') - 24;
    expect(bytes[message]).toBe(0x0b);
    bytes[message]! |= 0x80;
    await expect(readH5ad(bytes)).rejects.toThrow(
      /has a damaged header: got a message of type 139/,
    );
  });

  test('a name that is not UTF-8', async () => {
    const bytes = await smallFile();
    const name = latin(bytes).indexOf('cell_00001');
    bytes[name]! |= 0x80;
    await expect(readH5ad(bytes)).rejects.toThrow(/obs\/_index holds a text that is not UTF-8/);
  });
});

const ODD_FILES = `
folder = sys.argv[1]
path = lambda name: os.path.join(folder, name)
X = sp.csr_matrix(np.array([[0, 1, 0, 2], [3, 0, 0, 0], [0, 0, 4, 5]], dtype=np.float32))
def base(name):
    obs, var = pd.DataFrame(index=list('abc')), pd.DataFrame(index=list('wxyz'))
    anndata.AnnData(X, obs=obs, var=var, dtype='float32').write_h5ad(path(name + '.h5ad'))
    return h5py.File(path(name + '.h5ad'), 'a')
def texts(values): return np.array(values, dtype=object)
with base('external link') as f: del f['X']; f['X'] = h5py.ExternalLink('good.h5ad', '/X')
with base('broken link') as f: del f['X']; f['X'] = h5py.SoftLink('/nowhere')
with base('soft link') as f: f['layers/same'] = h5py.SoftLink('/X')
np.arange(12, dtype='f4').tofile(path('raw.bin'))
with base('external storage') as f:
    del f['X']
    f.create_dataset('X', shape=(3, 4), dtype='f4', external=[(path('raw.bin'), 0, 48)])
with h5py.File(path('source.h5'), 'w') as f: f['v'] = np.arange(12, dtype='f4').reshape(3, 4)
with base('virtual') as f:
    del f['X']
    layout = h5py.VirtualLayout((3, 4), 'f4')
    layout[:] = h5py.VirtualSource(path('source.h5'), 'v', (3, 4))
    f.create_virtual_dataset('X', layout)
with base('bomb') as f:
    del f['X']
    f.create_dataset('X', shape=(3, 2**40), chunks=(1, 2**20), dtype='f4', compression='gzip')
with base('text bomb') as f:
    del f['obs/_index']
    f.create_dataset('obs/_index', shape=(2**36,), chunks=(2**16,), dtype=h5py.string_dtype())
from h5py import h5d, h5p, h5s, h5t
with base('lzf and gzip') as f:
    del f['X']
    plist = h5p.create(h5p.DATASET_CREATE)
    plist.set_chunk((3, 4)); plist.set_filter(32000, 1, (4, 261, 48)); plist.set_deflate(4)
    h5d.create(f.id, b'X', h5t.IEEE_F32LE, h5s.create_simple((3, 4)), dcpl=plist)
with h5py.File(path('tree of chunks.h5ad'), 'w', libver='latest') as f:
    for k in ['obs', 'var']:
        g = f.create_group(k)
        g['_index'] = texts(['a', 'b']); g.attrs['_index'] = '_index'
        g.attrs.update({'encoding-type': 'dataframe', 'encoding-version': '0.2.0'})
        g.attrs['column-order'] = np.array([])
    f.create_dataset('X', data=np.eye(2), maxshape=(None, None), chunks=(1, 1), compression='lzf')
with base('blosc') as f:
    del f['X']
    plist = h5p.create(h5p.DATASET_CREATE)
    plist.set_chunk((3, 4)); plist.set_filter(32001, 1, (2, 2, 4, 48))
    h5d.create(f.id, b'X', h5t.IEEE_F32LE, h5s.create_simple((3, 4)), dcpl=plist)
def sparse(name, **arrays):
    with base(name) as f:
        for key, values in arrays.items():
            kind = 'i8' if name == 'unsorted' and key != 'data' else f['X'][key].dtype
            del f['X'][key]
            f['X'][key] = np.array(values, dtype=kind)
sparse('unsorted', data=[2, 1, 3, 5, 4, 1.5], indices=[3, 1, 0, 3, 2, 2], indptr=[0, 2, 3, 6])
sparse('indptr falls', indptr=[0, 3, 2, 5])
sparse('indptr short', indptr=[0, 2, 5])
sparse('indptr last', indptr=[0, 2, 3, 4])
sparse('index too large', indices=[1, 4, 0, 2, 3])
sparse('index negative', indices=[1, -1, 0, 2, 3])
sparse('data short', data=[1, 2, 3, 4])
with base('index of 64 bits') as f:
    del f['X/indices']; f['X/indices'] = np.array([1, 3, 2**32, 2, 3])
with base('shape') as f: f['X'].attrs['shape'] = [3, 5]
with base('shape missing') as f: del f['X'].attrs['shape']
for name, code in [('code too large', 2), ('code too small', -2)]:
    with base(name) as f:
        g = f['obs'].create_group('c')
        g.attrs.update({'encoding-type': 'categorical', 'encoding-version': '0.2.0', 'ordered': False})
        g['codes'] = np.array([0, 1, code], 'i1'); g['categories'] = texts(['a', 'b'])
        f['obs'].attrs['column-order'] = texts(['c'])
with base('column short') as f:
    f['obs/c'] = np.arange(2); f['obs'].attrs['column-order'] = texts(['c'])
with base('column gone') as f: f['obs'].attrs['column-order'] = texts(['c'])
with base('no obs') as f: del f['obs']
with base('future') as f: f['X'].attrs['encoding-version'] = '9.0.0'
with base('loop') as f: f['uns/self'] = f['uns']
with base('skipped') as f:
    g = f['uns'].create_group('awk')
    g.attrs.update({'encoding-type': 'awkward-array', 'encoding-version': '0.1.0'})
    f['uns/big'] = np.array([2**60]); f['uns/half'] = np.array([1.5], 'f2'); f['uns/kept'] = 1
    f['obs/id'] = np.array([2**60] * 3); f['obs'].attrs['column-order'] = texts(['id'])
with h5py.File(path('mudata.h5ad'), 'w') as f:
    f.attrs['encoding-type'] = 'MuData'
    for name in ['obs', 'var', 'mod']: f.create_group(name)
`;

describeWithPython('files made with h5py', () => {
  beforeAll(() => {
    python(ODD_FILES, folder.file(''));
  });

  test.each([
    ['external link', /X is a link to another file\. Rewrite it in Python/],
    ['broken link', /X is a link that leads nowhere/],
    ['external storage', /X keeps its values in another file\. Rewrite/],
    ['virtual', /X is a virtual dataset, whose values lie in other files\. Rewrite/],
    ['bomb', /X is larger than the memory budget/],
    ['text bomb', /obs\/_index is larger than the memory budget/],
    [
      'blosc',
      /X is compressed with Blosc \(filter 32001\).*write_h5ad\(path, compression='gzip'\)/,
    ],
    [
      'lzf and gzip',
      /X is compressed with gzip \(filter 1\): got LZF beside it, expected gzip, LZF or/,
    ],
    [
      'tree of chunks',
      /X is compressed with LZF and has a version-2 B-tree\. Rewrite it in Python/,
    ],
    ['indptr falls', /X\/indptr does not describe the rows/],
    ['indptr short', /X\/indptr has the wrong length: got 3, expected 4/],
    ['indptr last', /X\/indptr does not describe the rows/],
    ['index too large', /X is no valid sparse matrix/],
    ['index negative', /X is no valid sparse matrix/],
    ['index of 64 bits', /X\/indices holds a value that is no 32-bit index: got 4294967296/],
    ['data short', /X\/indices has the wrong length: got 5, expected 4/],
    ['shape', /X does not fit its data: got 3 x 5, expected 3 x 4/],
    ['shape missing', /X has no valid "shape": got nothing/],
    ['code too large', /obs\/c\/codes is no valid categorical .*got 2/],
    ['code too small', /obs\/c\/codes is no valid categorical .*got -2/],
    ['column short', /obs\/c does not fit its table: got 2 values, expected 3/],
    ['column gone', /obs has no "c"/],
    ['no obs', /not annotated data: got X, .*expected obs and var/],
    ['future', /X is of an unknown kind: got csr_matrix 9\.0\.0 \(group\)/],
    ['loop', /nested more than 16 levels deep/],
    ['mudata', /holds several modalities \(MuData\).*Use readH5mu/],
  ])('refuses one with %s', async (name, message) => {
    const file = folder.file(`${name}.h5ad`);
    const error: unknown = await readH5ad(file).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'FORMAT',
      message: expect.stringMatching(message) as unknown,
    });
    expect((error as Error).message).toMatch(file);
    expect((error as Error).message).not.toContain('\n');
  });

  test('follows links inside the file', async () => {
    const data = await readH5ad(folder.file('soft link.h5ad'));
    expect(data.layers.get('same')).toEqual(data.X);
  });

  test('sorts the places of a row and adds values at the same place', async () => {
    const { X } = await readH5ad(folder.file('unsorted.h5ad'));
    expect(X).toEqual(
      new CsrMatrix(
        3,
        4,
        Int32Array.of(0, 2, 3, 5),
        Int32Array.of(1, 3, 0, 2, 3),
        Float32Array.of(1, 2, 3, 5.5, 5),
      ),
    );
  });

  test('leaves out what it cannot hold, with a warning for each', async () => {
    const warnings: string[] = [];
    const reporter = {
      ...silentReporter,
      message: (_level: string, text: string) => warnings.push(text),
    };
    const data = await readH5ad(folder.file('skipped.h5ad'), { reporter });
    expect(data.uns).toEqual(new Map([['kept', 1]]));
    expect(data.obs.columnNames).toEqual([]);
    expect(warnings.map((text) => /: (\S+ (?:is|holds) .*?)[:.]/.exec(text)?.[1])).toEqual([
      'uns/awk is of an unknown kind',
      'uns/big holds 64-bit integers beyond 2^53',
      'uns/half holds float16',
      'obs/id holds 64-bit integers beyond 2^53',
    ]);
  });
});
