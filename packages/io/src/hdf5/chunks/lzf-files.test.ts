import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MemorySource } from '../../storage/byte-storage.js';
import { describeWithPython, python, temporaryFolder } from '../../testing/python.node.js';
import type { Decoded } from '../decode.js';
import { withH5File } from '../h5-file.js';
import { H5Group } from '../h5-node.js';
import { readFloat32Range } from '../read-values.js';

const folder = temporaryFolder();
afterAll(folder.remove);

/** Each dataset is written twice: with LZF in one file, without any filter in the other. */
const DATASETS = `
rng = np.random.RandomState(0)
text = h5py.string_dtype()
def words(*shape): return np.array(['', 'a', 'ß', 'word' * 9, 'x\\u4e2d'], dtype=object)[rng.randint(5, size=shape)]
def small(*shape): return rng.randint(4, size=shape)
record = np.dtype([('n', 'i2'), ('t', text), ('f', '>f8'), ('s', 'S3'), ('u', text, (2,)), ('v', '>i4', (2,))])
records = np.zeros(11, record)
records['n'], records['f'], records['s'] = small(11), small(11) / 3, b'ab'
records['v'] = small(11, 2)
records['t'], records['u'] = words(11), words(11, 2)
DATASETS = {
  'plain': (small(1000).astype('f4'), {}),
  'one chunk': (small(10).astype('i8'), {'chunks': (10,)}),
  'edges': (small(37, 23).astype('f4'), {'chunks': (8, 5)}),
  'cube': (small(7, 5, 6).astype('i2'), {'chunks': (2, 3, 4)}),
  'wide chunk': (small(5, 4).astype('f8'), {'chunks': (8, 8), 'maxshape': (8, 8)}),
  'noise': (rng.rand(300).astype('f4'), {'chunks': (64,)}),
  'shuffled': (np.arange(5000).astype('i4'), {'chunks': (999,), 'shuffle': True}),
  'checked': (small(5000).astype('i4'), {'chunks': (999,), 'fletcher32': True}),
  'odd bytes': (small(777).astype('u1'), {'chunks': (99,), 'fletcher32': True, 'shuffle': True}),
  'both': (small(70, 9).astype('i4'), {'chunks': (16, 4), 'fletcher32': True, 'shuffle': True}),
  'growing': (small(3000).astype('i4'), {'chunks': (10,), 'maxshape': (None,)}),
  'rows grow': (small(40, 9).astype('i4'), {'chunks': (3, 4), 'maxshape': (None, 30)}),
  'columns grow': (small(9, 40).astype('i4'), {'chunks': (4, 3), 'maxshape': (30, None)}),
  'limits': (small(19, 12).astype('i4'), {'chunks': (4, 3), 'maxshape': (30, 40)}),
  'many chunks': (small(2500).astype('i4'), {'chunks': (1,)}),
  'texts': (words(100), {'chunks': (7,), 'dtype': text}),
  'text table': (words(9, 4), {'chunks': (2, 3), 'dtype': text}),
  'fixed texts': (np.array([b'abc', b'', b'x'] * 9), {}),
  'truth': (small(50) > 1, {'chunks': (8,)}),
  'high byte first': (small(50, 3).astype('>f8'), {'chunks': (8, 2)}),
  'records': (records, {'chunks': (4,)}),
}
def write(path, libver, **filters):
    with h5py.File(path, 'w', libver=libver) as f:
        for name, (data, options) in DATASETS.items():
            if not filters: options = {k: v for k, v in options.items() if k == 'dtype'}
            f.create_dataset(name, data=data, **{**options, **filters})
        holes = f.create_dataset('holes', (50, 6), 'f4', chunks=(4, 4), fillvalue=2.5, **filters)
        holes[20:23, 5] = 7
        f.create_dataset('empty', (0, 4), 'f4', maxshape=(None, 4), chunks=(3, 3), **filters)
        f.create_dataset('nothing', (9,), 'f4', chunks=(3,), **filters)
        scattered = f.create_dataset('scattered', (60, 40), 'i4', chunks=(3, 3), **filters)
        for k in np.random.RandomState(1).permutation(280)[:250]:
            i, j = k // 14 * 3, k % 14 * 3
            scattered[i:i + 3, j:j + 3] = k
        blank = f.create_dataset('blank', (9,), text, chunks=(2,), **filters)
        blank[4] = 'here'
        shrunk = f.create_dataset('shrunk', data=np.arange(100), chunks=(3,), maxshape=(None,), **filters)
        shrunk.resize((50,)); shrunk.resize((60,))
for libver in ['earliest', 'latest']:
    write(os.path.join(sys.argv[1], libver + '.h5'), libver, compression='lzf')
write(os.path.join(sys.argv[1], 'plain.h5'), 'earliest')
`;

function load(name: string): Uint8Array {
  return readFileSync(folder.file(name));
}

/** All datasets of a file, each with its filters. */
function readAll(bytes: Uint8Array): Promise<Map<string, { shape: unknown; data: Decoded }>> {
  return withH5File(new MemorySource('the file', bytes), {}, async (file) => {
    const found = new Map<string, { shape: unknown; data: Decoded }>();
    const root = new H5Group(file, '/');
    for (const name of root.keys()) {
      const dataset = root.dataset(name);
      found.set(name, { shape: dataset.shape, data: await dataset.read() });
    }
    return found;
  });
}

describeWithPython('datasets with LZF', () => {
  beforeAll(() => {
    python(DATASETS, folder.file(''));
  });

  test.each(['earliest', 'latest'])(
    'have the values of those without, written by HDF5 for its %s version',
    async (libver) => {
      const found = await readAll(load(`${libver}.h5`));
      const expected = await readAll(load('plain.h5'));
      expect([...found.keys()]).toEqual([...expected.keys()]);
      expect(found.size).toBe(27);
      for (const [name, content] of expected) {
        expect([name, found.get(name)]).toEqual([name, content]);
      }
    },
  );

  test('whose highest byte comes first have the values of Python, with and without it', async () => {
    const program = `
f = h5py.File(sys.argv[1] + '/plain.h5')
r = f['records'][()]
print(json.dumps([v.ravel().tolist() for v in [f['high byte first'][()], r['n'], r['f'], r['v']]]))`;
    const expected = JSON.parse(python(program, folder.file(''))) as number[][];
    for (const file of ['plain', 'earliest', 'latest']) {
      const found = await readAll(load(`${file}.h5`));
      const records = found.get('records')?.data;
      const members = records?.kind === 'compound' ? records.members : [];
      const parts = [
        found.get('high byte first')?.data,
        ...['n', 'f', 'v'].map((name) => members.find((member) => member.name === name)?.data),
      ];
      expect(parts.map((part) => (part?.kind === 'number' ? [...part.values] : part))).toEqual(
        expected,
      );
    }
  });

  describe.each(['earliest', 'latest'])('rows of them (%s)', (libver) => {
    test.each(['edges', 'cube', 'holes', 'growing', 'columns grow'])('%s', async (name) => {
      const rows = (file: string): Promise<number[][]> =>
        withH5File(new MemorySource(file, load(file)), {}, async (open) => {
          const dataset = new H5Group(open, '/').dataset(name);
          const nRows = dataset.shape?.[0] ?? 0;
          const found: number[][] = [];
          for (const [start, end] of [
            [0, 1],
            [3, 5],
            [nRows - 3, nRows],
            [2, nRows - 1],
            [4, 4],
          ] as const) {
            found.push([...(await readFloat32Range(dataset, start, end))]);
          }
          return found;
        });
      expect(await rows(`${libver}.h5`)).toEqual(await rows('plain.h5'));
    });
  });
});
