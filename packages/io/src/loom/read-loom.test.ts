import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { CsrMatrix, DenseMatrix, numericColumn, silentReporter, toCsr } from '@dance-ts/core';
import { FileStorage } from '../storage/file-storage.node.js';
import { describeWithPython, python, temporaryFolder } from '../testing/python.node.js';
import { describeWithData, realFile } from '../testing/real-data.node.js';
import { readLoomSource, type LoomOptions } from './read-loom.js';

const MAKE = `
X = np.array([[0, 1], [2, 0], [0, 3]], dtype='f4')
def loom(name, X=X, cells=2, layer=X * 2):
    with h5py.File(os.path.join(sys.argv[1], name + '.loom'), 'w') as f:
        f['matrix'] = X; f['layers/spliced'] = layer
        f['row_attrs/Gene'] = np.array([b'a', b'b', b'c']); f['row_attrs/length'] = np.array([5, 6, 7])
        f['col_attrs/CellID'] = np.array([b'x', b'y', b'z'][:cells]); f['col_attrs/batch'] = np.array([b'p', b'q', b'p'][:cells])
        f['col_attrs/umap'] = np.arange(2. * cells).reshape(cells, 2)
        f['col_graphs/knn/a'] = np.array([0]); f['col_graphs/knn/b'] = np.array([1]); f['col_graphs/knn/w'] = np.array([.5])
loom('good'); loom('wrong names', cells=3); loom('wrong layer', layer=X.T)
`;

const folder = temporaryFolder();
afterAll(folder.remove);
const read = (file: string, options: LoomOptions = {}) =>
  readLoomSource(FileStorage.open(file), { reporter: silentReporter, ...options });

describeWithPython('readLoomSource', () => {
  beforeAll(() => {
    python(MAKE, folder.file(''));
  });

  test('turns genes x cells into cells x genes, with layers, attributes and graphs', async () => {
    const data = await read(folder.file('good.loom'));
    const X = CsrMatrix.fromTriplets(2, 3, [0, 1, 1], [1, 0, 2], [2, 1, 3]);
    expect(data.X).toEqual(X);
    expect(data.layers.get('spliced')).toEqual(X.mapData((value) => 2 * value));
    expect(data.obsNames).toEqual(['x', 'y']);
    expect(data.varNames).toEqual(['a', 'b', 'c']);
    expect(data.labels('batch').categories).toEqual(['p', 'q']);
    expect(data.var.get('length')).toEqual(numericColumn(Float64Array.of(5, 6, 7), 'int64'));
    expect(data.obsm.get('umap')).toEqual(new DenseMatrix(2, 2, Float32Array.of(0, 1, 2, 3)));
    expect(data.obsp.get('knn')).toEqual(CsrMatrix.fromTriplets(2, 2, [0], [1], [0.5]));
  });

  test('reads the layers and names asked for', async () => {
    const options = { layers: [], obsNamesKey: 'batch' };
    const data = await read(folder.file('good.loom'), options);
    expect(data.layers.size).toBe(0);
    expect(data.obsNames).toEqual(['p', 'q']);
  });

  test.each([
    ['wrong names', /col_attrs\/batch does not fit the matrix: got 3 values, expected 2/],
    ['wrong layer', /layers\/spliced does not have the shape.*: got 2 x 3, expected 3 x 2/],
  ])('refuses %s', async (name, message) => {
    await expect(read(folder.file(`${name}.loom`))).rejects.toThrow(message);
  });
});

describeWithData('loom files', () => {
  test.each([
    ['SCENIC.loom', [200, 862], 33625, 126583, 509, 'Arhgap18', '1772066100_D04'],
    ['osmFISH_SScortex_mouse_all_cells.loom', [6471, 33], 146550, 1248106, 390, 'Gad2', '778'],
    ['loompy_test.loom', [200, 20], 0, 0, 0, 'A', '0'],
  ])('reads %s', async (name, shape, nnz, sum, firstCell, gene, cell) => {
    const data = await read(realFile(`readers/${name}`));
    const X = toCsr(data.X);
    const sums = X.rowSums();
    expect(X.shape).toEqual(shape);
    expect(X.data.filter((value) => value !== 0)).toHaveLength(nnz);
    expect(sums.reduce((total, value) => total + value, 0)).toBeCloseTo(sum, 3);
    expect(sums[0]).toBeCloseTo(firstCell, 3);
    expect([data.varNames[0], data.obsNames[0]]).toEqual([gene, cell]);
  });
});
