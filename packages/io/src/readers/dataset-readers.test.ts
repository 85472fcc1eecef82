import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  AnnData,
  categoricalColumn,
  CsrMatrix,
  DenseMatrix,
  numericColumn,
  silentReporter,
} from '@dance-ts/core';
import * as browser from '../index.browser.js';
import { encodeH5ad, readDataset, readXyH5 } from '../index.js';
import { describeWithData, realFile } from '../testing/real-data.node.js';
import { describeWithPython, python, temporaryFolder } from '../testing/python.node.js';

const folder = temporaryFolder();
afterAll(folder.remove);

const MAKE = `
path = lambda name: os.path.join(sys.argv[1], name + '.h5')
X = np.array([[0, 1, 0, 2], [3, 0, 0, 0], [0, 0, 4, 5]], dtype='f8')
def xy(name, **arrays):
    with h5py.File(path(name), 'w') as f:
        for k, v in arrays.items(): f[k] = v
xy('numbers', X=X, Y=np.array([10., 2., 10.]))
xy('texts', X=X.astype('i4'), Y=np.array([b'b', b'a', b'b']))
xy('unlabelled', X=X)
xy('wrong labels', X=X, Y=np.array([1., 2.]))
xy('flat', X=X[0], Y=np.array([1.]))
xy('neither', Z=X)
with h5py.File(path('chunked'), 'w') as f:
    big = np.zeros((1000, 3000), 'f4'); big[np.arange(1000), np.arange(1000) * 3] = np.arange(1, 1001)
    f.create_dataset('X', data=big, chunks=(7, 500), compression='gzip'); f['Y'] = np.arange(1000) % 3
def desk(name, sparse):
    with h5py.File(path(name), 'w') as f:
        m = sp.csr_matrix(X)
        if sparse:
            for k in ['data', 'indices', 'indptr']: f['exprs/' + k] = getattr(m, k)
            f['exprs/shape'] = np.array([3, 4])
        else: f['exprs'] = X
        f['obs_names'] = np.array([b'c1', b'c2', b'c3']); f['var_names'] = np.array([b'w', b'x', b'y', b'z'])
        f['obs/cell_type1'] = np.array([b'T', b'B', b'T']); f['obs/n'] = np.array([1, 2, 3])
        f['var/mean'] = X.mean(0); f.create_group('uns')
desk('desk sparse', True); desk('desk dense', False)
`;

const X = CsrMatrix.fromTriplets(3, 4, [0, 0, 1, 2, 2], [1, 3, 0, 2, 3], [1, 2, 3, 4, 5]);

describeWithPython('readXyH5 and readDataset', () => {
  beforeAll(() => {
    python(MAKE, folder.file(''));
  });

  test('read X and labels Y, generating names', async () => {
    for (const read of [readXyH5, readDataset]) {
      const data = await read(folder.file('numbers.h5'));
      expect(data.X).toEqual(X);
      expect(data.obsNames).toEqual(['cell_00000', 'cell_00001', 'cell_00002']);
      expect(data.varNames[3]).toBe('gene_00003');
      expect(data.obs.get('cell_type')).toEqual(
        categoricalColumn(Int32Array.of(0, 1, 0), ['10', '2']),
      );
    }
  });

  test('read labels that are texts, and data without labels', async () => {
    const data = await readXyH5(folder.file('texts.h5'));
    expect(data.X).toEqual(X);
    expect(data.labels('cell_type')).toEqual(categoricalColumn(Int32Array.of(1, 0, 1), ['a', 'b']));
    expect((await readXyH5(folder.file('unlabelled.h5'))).obs.columnNames).toEqual([]);
  });

  test('read X in blocks that cut across chunks', async () => {
    const data = await readXyH5(folder.file('chunked.h5'));
    expect(data.X.kind === 'csr' && data.X.nnz).toBe(1000);
    for (const i of [0, 1, 499, 999]) expect(data.X.get(i, 3 * i)).toBe(i + 1);
  });

  test.each(['desk sparse', 'desk dense'])('read the files of scziDesk: %s', async (name) => {
    const data = await readDataset(folder.file(`${name}.h5`));
    expect(data.X).toEqual(X);
    expect(data.obsNames).toEqual(['c1', 'c2', 'c3']);
    expect(data.varNames).toEqual(['w', 'x', 'y', 'z']);
    expect(data.labels('cell_type')).toEqual(categoricalColumn(Int32Array.of(1, 0, 1), ['B', 'T']));
    expect(data.obs.get('n')).toEqual(numericColumn(Float64Array.of(1, 2, 3), 'int64'));
  });

  test.each([
    ['wrong labels', /Y does not label the cells: got 2 values, expected 3/],
    ['flat', /X is not a matrix: got 1 dimensions/],
    ['neither', /no benchmark data set: got Z/],
  ])('refuse %s', async (name, message) => {
    await expect(readXyH5(folder.file(`${name}.h5`))).rejects.toThrow(message);
  });

  test('readDataset names the formats it knows', async () => {
    await expect(readDataset(folder.file('neither.h5'))).rejects.toThrow(
      /cannot be read yet: got an HDF5 file with Z, expected h5ad; loom; 10x .h5; HDF5 with X and Y/,
    );
  });
});

describe('readDataset', () => {
  test.each([
    ['%%MatrixMarket matrix coordinate integer general\n1 2 1\n1 2 5\n'],
    ['cell,a,b\nc,0,5\n'],
    ['cell\ta\tb\nc\t0\t5\n'],
  ])('recognizes %j by its content, plain or gzip', async (text) => {
    for (const bytes of [new TextEncoder().encode(text), gzipSync(text)]) {
      const data = await readDataset(bytes);
      expect(data.X).toEqual(CsrMatrix.fromTriplets(1, 2, [0], [1], [5]));
      expect(await browser.readDataset(new Blob([new Uint8Array(bytes)]))).toEqual(data);
    }
  });

  test('reads a folder of three files, on disk or chosen by a user', async () => {
    const files = {
      'matrix.mtx': '%%MatrixMarket matrix coordinate integer general\n2 1 1\n2 1 5\n',
      'genes.tsv': 'g1\ta\ng2\tb\n',
      'barcodes.tsv': 'c\n',
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(folder.file(name), text);
    const data = await readDataset(folder.file(''));
    expect(data.X).toEqual(CsrMatrix.fromTriplets(1, 2, [0], [1], [5]));
    const chosen = Object.entries(files).map(([name, text]) => new File([text], name));
    expect(await browser.readDataset(chosen)).toEqual(data);
    await expect(browser.readDataset([new File([''], 'notes.txt')])).rejects.toThrow(
      /no folder that can be read: got notes\.txt, expected matrix\.mtx.* or a Zarr store/,
    );
  });

  test('refuses data of R with the lines that convert them', async () => {
    const rds = gzipSync(Uint8Array.of(0x58, 0x0a, 0, 0, 0, 3, 0, 4, 1, 2));
    await expect(readDataset(rds)).rejects.toThrow(/holds data of R.*readRDS.*writeH5AD/);
  });

  test.each([
    [new Uint8Array(0), /the given bytes is empty/],
    [Uint8Array.of(1, 0, 2), /cannot be read yet: got unknown binary content/],
    [Uint8Array.of(0x1f, 0x8b, 1, 2), /cannot be decompressed/],
    [new TextEncoder().encode('hello\n'), /cannot be read yet: got a text file/],
  ])('refuses %j', async (bytes, message) => {
    await expect(readDataset(bytes)).rejects.toThrow(message);
  });
});

describeWithData('readDataset on sample files', () => {
  test.each([
    ['10x_v2_mtx', 12, 343],
    ['10x_v3.h5', 1107, 507],
    ['10x_v2.h5', 12, 343],
    ['SCENIC.loom', 200, 862],
    ['her2st_H1.tsv.gz', 613, 15029],
    ['10x_v3_mtx/matrix.mtx.gz', 507, 1107],
  ])('recognizes %s', async (name, nObs, nVars) => {
    const data = await readDataset(realFile(`readers/${name}`), { reporter: silentReporter });
    expect([data.nObs, data.nVars]).toEqual([nObs, nVars]);
  });

  test('refuses an .Rds file', async () => {
    await expect(readDataset(realFile('readers/sceMouseBrain_mini.Rds'))).rejects.toThrow(/of R/);
  });
});

describe('the browser entry', () => {
  test('reads Blobs and bytes, and refuses paths', async () => {
    const data = AnnData.fromMatrix(DenseMatrix.zeros(2, 3));
    const bytes = await encodeH5ad(data);
    expect(await browser.readH5ad(bytes)).toEqual(data);
    expect(await browser.readDataset(new Blob([new Uint8Array(bytes)]))).toEqual(data);
    await expect(browser.readH5ad('x.h5ad')).rejects.toThrow(/cannot open the path x\.h5ad/);
  });

  test('reads only ranges where Blobs can be read synchronously', async () => {
    const data = AnnData.fromMatrix(DenseMatrix.zeros(300, 300));
    const bytes = await encodeH5ad(data, { compression: null });
    let bytesRead = 0;
    class FileReaderSync {
      readAsArrayBuffer(blob: FakeBlob): ArrayBuffer {
        bytesRead += blob.size;
        return blob.bytes.slice().buffer;
      }
    }
    const host = globalThis as { FileReaderSync?: unknown };
    host.FileReaderSync = FileReaderSync;
    try {
      const file = new FakeBlob(bytes) as unknown as Blob;
      const read = await browser.readH5ad(file, { layers: [] });
      expect(read).toEqual(data);
      expect(bytesRead).toBeLessThan(1.1 * bytes.length);
      bytesRead = 0;
      await expect(browser.readH5ad(file, { memoryBudget: 1000 })).rejects.toThrow(/budget/);
      expect(bytesRead).toBeLessThan(bytes.length / 4);
    } finally {
      delete host.FileReaderSync;
    }
  });

  test('loads no module of Node', () => {
    const seen = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const [, target] of readFileSync(file, 'utf8').matchAll(/from '([^']+)'/g)) {
        expect(target).not.toMatch(/^node:|\.node\.js$/);
        if (target?.startsWith('.')) {
          visit(path.join(path.dirname(file), target.replace(/\.js$/, '.ts')));
        }
      }
    };
    visit(fileURLToPath(new URL('../index.browser.ts', import.meta.url)));
    expect(seen.size).toBeGreaterThan(20);
  });
});

/** The part of a Blob that the reader uses, with its bytes at hand. */
class FakeBlob {
  constructor(readonly bytes: Uint8Array) {}

  get size(): number {
    return this.bytes.length;
  }

  slice(start: number, end: number): FakeBlob {
    return new FakeBlob(this.bytes.subarray(start, end));
  }
}
