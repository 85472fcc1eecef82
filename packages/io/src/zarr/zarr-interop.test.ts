import { afterAll, expect, test } from '@jest/globals';
import { stringColumn, Table } from '@dance-ts/core';
import { readDataset, readH5ad, readZarr, writeZarr } from '../index.js';
import { describeWithPython, python, temporaryFolder } from '../testing/python.node.js';
import { clearMissing } from '../testing/sources.js';

const folder = temporaryFolder();
afterAll(folder.remove);

const WRITE = `
import zarr
rng = np.random.default_rng(0)
X = sp.random(300, 40, 0.2, 'csr', 'f4', rng)
a = anndata.AnnData(X, dtype='float32')
a.obs['label'] = pd.Categorical(rng.choice(['x', 'y', 'z'], 300))
a.obs['text'] = [f'zelle {i} ü' for i in range(300)]
a.obs['maybe'] = pd.array([None if i % 7 == 0 else i for i in range(300)], dtype='Int64')
a.layers['columns'] = X.tocsc()
a.layers['dense'] = X.toarray()
a.obsm['X_pca'] = rng.normal(size=(300, 5))
a.raw = a
a.uns = {'t': 'ü', 'i': 5, 'list': np.array(['p', 'q'], dtype=object), 'deep': {'er': {'k': 1.5}},
         'ints': pd.array([1, None, 3], dtype='Int16'), 'flags': pd.array([None, True], dtype='boolean'),
         'levels': pd.Categorical(['b', None, 'a'], categories=['b', 'a'], ordered=True)}
folder = sys.argv[1] + '/'
a.write_h5ad(folder + 'a.h5ad')
a.write_zarr(folder + 'a.zarr')
a.write_zarr(folder + 'chunked.zarr', chunks=(70, 9))
store = zarr.ZipStore(folder + 'a.zarr.zip', mode='w')
a.write_zarr(store)
store.close()
`;

describeWithPython(
  'a Zarr store of Python',
  () => {
    test('holds what the .h5ad file of the same data holds', async () => {
      python(WRITE, folder.file(''));
      const expected = await readH5ad(folder.file('a.h5ad'));
      expect(await readZarr(folder.file('a.zarr'))).toEqual(expected);
      expect(await readDataset(folder.file('chunked.zarr'))).toEqual(expected);
      expect(await readDataset(folder.file('a.zarr.zip'))).toEqual(expected);
    });

    test('is what we write, too', async () => {
      const data = await readH5ad(folder.file('a.h5ad'));
      clearMissing(data, 'maybe');
      data.uns.set(
        'records',
        new Table(
          ['0'],
          [
            ['s', stringColumn(['hé'])],
            ['t', stringColumn(['g'])],
          ],
          '',
        ),
      );
      data.uns.set('yes', true);
      data.uns.set('half', 0.5);
      data.uns.set('none', []);
      await writeZarr(folder.file('ours.zarr'), data);
      python(
        'import zarr; p = sys.argv[1]; anndata.read_zarr(p + "/ours.zarr").write_h5ad(p + "/back.h5ad")',
        folder.file(''),
      );
      expect(await readH5ad(folder.file('back.h5ad'))).toEqual(data);
    });
  },
  'zarr',
);
