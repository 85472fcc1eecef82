import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AnnData, CsrMatrix, DenseMatrix, numericColumn, Rng, type Matrix } from '@dance-ts/core';
import { encodeH5ad, openH5ad, readH5ad } from '../index.js';
import { MemorySource } from '../storage/byte-storage.js';
import { describeWithPython, python, temporaryFolder } from '../testing/python.node.js';
import { BackedH5ad } from './backed-h5ad.js';

const folder = temporaryFolder();
afterAll(folder.remove);

const [N_OBS, N_VARS] = [500, 60];

function sample(): AnnData {
  const rng = Rng.fromSeed(3);
  const triplets = Array.from({ length: 4000 }, () => [
    rng.int(N_OBS),
    rng.int(N_VARS),
    rng.int(9),
  ]);
  const column = (k: number): number[] => triplets.map((triplet) => triplet[k]!);
  const X = CsrMatrix.fromTriplets(N_OBS, N_VARS, column(0), column(1), column(2));
  const data = AnnData.fromMatrix(X);
  data.obs.set('n', numericColumn(Float64Array.from(X.rowSums())));
  data.layers.set(
    'scaled',
    X.mapData((value) => value / 2),
  );
  data.layers.set('dense', X.toDense());
  data.uns.set('seed', 3);
  return data;
}

const data = sample();
let bytes: Uint8Array;
let backed: BackedH5ad;

beforeAll(async () => {
  bytes = await encodeH5ad(data);
  writeFileSync(folder.file('sample.h5ad'), bytes);
  backed = await openH5ad(folder.file('sample.h5ad'));
});
afterAll(() => {
  backed.close();
});

function layerOf(name: string | undefined): Matrix {
  const layer = name === undefined ? data.X : data.layers.get(name);
  if (layer === undefined) throw new Error(`no layer ${name ?? ''}`);
  return layer;
}

describe('a file that stays open', () => {
  test('has its annotation at once', () => {
    expect([backed.nObs, backed.nVars, backed.layers]).toEqual([
      N_OBS,
      N_VARS,
      ['dense', 'scaled'],
    ]);
    expect(backed.obs).toEqual(data.obs);
    expect(backed.var).toEqual(data.var);
    expect(backed.uns).toEqual(data.uns);
  });

  describe.each([[undefined], ['scaled'], ['dense']])('gives from layer %s', (layer) => {
    test.each([
      [0, N_OBS],
      [0, 1],
      [17, 140],
      [N_OBS - 1, N_OBS],
      [250, 250],
    ])('rows %d to %d', async (start, end) => {
      const indices = Array.from({ length: end - start }, (_, i) => start + i);
      expect(await backed.rows(start, end, { layer })).toEqual(layerOf(layer).selectRows(indices));
    });

    test.each([[[]], [[3]], [[499, 0, 250, 3, 3, 0]], [[1, 2, 3, 10, 11, 400]]])(
      'the rows %j',
      async (indices) => {
        const found = await backed.selectRows(indices, { layer });
        expect(found).toEqual(layerOf(layer).selectRows(indices));
      },
    );

    test('all rows in blocks', async () => {
      const starts: number[] = [];
      for await (const { start, end, matrix } of backed.blocks({ layer, rows: 192 })) {
        starts.push(start);
        const indices = Array.from({ length: end - start }, (_, i) => start + i);
        expect(matrix).toEqual(layerOf(layer).selectRows(indices));
      }
      expect(starts).toEqual([0, 192, 384]);
    });
  });

  test('reads several things at a time', async () => {
    const starts = [0, 100, 200, 300];
    const parts = await Promise.all(starts.map((start) => backed.rows(start, start + 100)));
    for (const [k, start] of starts.entries()) {
      const indices = Array.from({ length: 100 }, (_, i) => start + i);
      expect(parts[k]).toEqual(data.X.selectRows(indices));
    }
  });

  test.each([
    [-1, 3],
    [3, 2],
    [0, N_OBS + 1],
    [0.5, 2],
    [NaN, 2],
  ])('refuses rows %p to %p', async (start, end) => {
    await expect(backed.rows(start, end)).rejects.toThrow(/no such rows.*within 0 to 500/);
  });

  test('refuses what is not there', async () => {
    await expect(backed.selectRows([500])).rejects.toThrow(/no such row: got 500.*from 0 to 499/);
    await expect(backed.rows(0, 1, { layer: 'none' })).rejects.toThrow(/no layer "none".*"dense"/);
    await expect(backed.blocks({ rows: 0 }).next()).rejects.toThrow(/blocks need rows/);
    const signal = AbortSignal.abort();
    await expect(backed.rows(0, 9, { signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test('closes its source once, and says so afterwards', async () => {
    let closed = 0;
    const source = new MemorySource('bytes', bytes);
    source.close = () => (closed += 1);
    const other = await BackedH5ad.open(source);
    await other.rows(0, 3);
    other.close();
    other.close();
    expect(closed).toBe(1);
    await expect(other.rows(0, 3)).rejects.toMatchObject({ code: 'IO' });
    await expect(other.rows(0, 3)).rejects.toThrow('bytes was closed. Open it again.');
    // The library goes on reading other files.
    expect((await backed.rows(0, 3)).nRows).toBe(3);
  });

  test('closes its source if it cannot be opened', async () => {
    let closed = 0;
    const source = new MemorySource('bytes', bytes.subarray(0, 5000));
    source.close = () => (closed += 1);
    await expect(BackedH5ad.open(source)).rejects.toMatchObject({ code: 'FORMAT' });
    expect(closed).toBe(1);
  });

  test('opens bytes and a Blob alike', async () => {
    for (const source of [bytes, new Blob([bytes])]) {
      const other = await openH5ad(source);
      expect(await other.rows(5, 9)).toEqual(data.X.selectRows([5, 6, 7, 8]));
      other.close();
    }
  });

  test('reads only the chunks it needs, and forgets them', async () => {
    const counter = { bytes: 0 };
    const plain = await encodeH5ad(data, { compression: null });
    const source = new MemorySource('bytes', plain);
    const read = source.read.bind(source);
    source.read = (target, position) => {
      const count = read(target, position);
      counter.bytes += count;
      return count;
    };
    const other = await BackedH5ad.open(source, { memoryBudget: 100_000 });
    await other.rows(0, 1);
    counter.bytes = 0;
    await other.rows(490, N_OBS);
    expect(counter.bytes).toBeLessThan(plain.length / 4);
    // The budget is that of one call: reading everything in turn never exceeds it.
    for (let round = 0; round < 6; round++) {
      for await (const { matrix } of other.blocks({ rows: 50 })) expect(matrix.nRows).toBe(50);
    }
    await expect(other.rows(0, N_OBS, { layer: 'dense' })).rejects.toThrow(/memory budget/);
    other.close();
  });
});

const ODD = `
folder = sys.argv[1] + '/'
X = sp.random(50, 20, 0.3, 'csr', 'f8', np.random.default_rng(0))
anndata.AnnData(X.tocsc(), dtype='float64').write_h5ad(folder + 'csc.h5ad')
anndata.AnnData(X, dtype='float64').write_h5ad(folder + 'csr.h5ad', compression='gzip')
def change(name, key, values):
    anndata.AnnData(X, dtype='float64').write_h5ad(folder + name + '.h5ad')
    with h5py.File(folder + name + '.h5ad', 'a') as f:
        old = f['X'][key][...]
        del f['X'][key]
        f['X'][key] = values(old)
change('indptr', 'indptr', lambda p: p[::-1])
change('index', 'indices', lambda i: i + 1)
change('short', 'data', lambda d: d[:-1])
# More than 4 GiB, of which the file system holds a few chunks only.
with h5py.File(folder + 'large.h5ad', 'w', libver='latest') as f:
    f.attrs['encoding-type'] = 'anndata'; f.attrs['encoding-version'] = '0.1.0'
    for axis, n in [('obs', 4), ('var', 10)]:
        g = f.create_group(axis)
        g.attrs.update({'encoding-type': 'dataframe', 'encoding-version': '0.2.0', '_index': '_index'})
        g.attrs['column-order'] = np.array([], 'f8')
        g['_index'] = np.array([str(i) for i in range(n)], dtype=object)
    n = 1_400_000_000
    g = f.create_group('X')
    g.attrs.update({'encoding-type': 'csr_matrix', 'encoding-version': '0.1.0', 'shape': [4, 10]})
    for key in ['data', 'indices']:
        d = g.create_dataset(key, shape=(n,), dtype='f4' if key == 'data' else 'i4')
        d[n - 3:] = [7, 8, 9]
    g['indptr'] = np.array([0, 0, n - 3, n - 1, n])
`;

describeWithPython('files of Python', () => {
  beforeAll(() => {
    python(ODD, folder.file(''));
  });

  test('the rows that reading at once gives', async () => {
    const whole = await readH5ad(folder.file('csr.h5ad'));
    const other = await openH5ad(folder.file('csr.h5ad'));
    expect(await other.selectRows([49, 7, 8])).toEqual(whole.X.selectRows([49, 7, 8]));
    other.close();
  });

  test.each([
    ['csc', /X cannot be read by rows: got csc_matrix.*dance convert in\.h5ad out\.h5ad/],
    ['indptr', /X\/indptr does not describe the rows/],
    ['index', /X is no valid sparse matrix/],
    ['short', /X\/indices has the wrong length/],
  ])('%s is refused', async (name, message) => {
    const other = await openH5ad(folder.file(`${name}.h5ad`));
    await expect(other.rows(0, 50)).rejects.toThrow(message);
    other.close();
  });

  test('rows at the end of a file of 10 GiB', async () => {
    const other = await openH5ad(folder.file('large.h5ad'));
    expect(await other.rows(2, 4)).toEqual(
      new CsrMatrix(
        2,
        10,
        Int32Array.of(0, 2, 3),
        Int32Array.of(7, 8, 9),
        Float32Array.of(7, 8, 9),
      ),
    );
    await expect(other.rows(0, 2)).rejects.toThrow(/larger than the memory budget/);
    other.close();
  });
});

test('a dense file gives dense rows', async () => {
  const dense = AnnData.fromMatrix(new DenseMatrix(3, 2, Float32Array.of(1, 2, 3, 4, 5, 6)));
  const other = await openH5ad(await encodeH5ad(dense));
  expect(await other.rows(1, 3)).toEqual(new DenseMatrix(2, 2, Float32Array.of(3, 4, 5, 6)));
  other.close();
});
