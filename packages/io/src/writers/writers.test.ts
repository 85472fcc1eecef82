import { gunzipSync } from 'node:zlib';
import { afterAll, expect, test } from '@jest/globals';
import {
  AnnData,
  CsrMatrix,
  numericColumn,
  stringColumn,
  Table,
  type CategoricalColumn,
} from '@dance-ts/core';
import {
  encodeCsv,
  encodeTenxMtx,
  readDataset,
  readDelimitedMatrix,
  readTable,
  readTenxMtx,
  writeCsv,
  writeTenxMtx,
} from '../index.js';
import { describeWithPython, python, temporaryFolder } from '../testing/python.node.js';

const folder = temporaryFolder();
afterAll(folder.remove);

const data = (): AnnData =>
  new AnnData({
    X: CsrMatrix.fromTriplets(2, 3, [0, 1, 1], [2, 0, 1], [1, 0.1, 1e-9]),
    obs: new Table(['a', 'b,"c"']),
    var: new Table(['g1', 'g2', 'g3'], [['gene_ids', stringColumn(['i1', 'i2', 'i3'])]]),
  });
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

test('a Matrix Market folder is read again as it was written', async () => {
  const target = folder.file('mtx/deep');
  await writeTenxMtx(target, data());
  const read = await readTenxMtx(target);
  expect(read.X).toEqual(data().X);
  expect([read.obsNames, read.varNames]).toEqual([data().obsNames, data().varNames]);
  expect(read.var.get('gene_ids')).toEqual(data().var.get('gene_ids'));
  expect((read.var.get('feature_types') as CategoricalColumn).categories).toEqual([
    'Gene Expression',
  ]);
});

test('its files are plain on request, with whole numbers as integers', async () => {
  const counts = AnnData.fromMatrix(CsrMatrix.fromTriplets(1, 2, [0], [1], [5]));
  const files = await encodeTenxMtx(counts, { gzip: false });
  expect([...files].map(([name, bytes]) => [name, text(bytes)])).toEqual([
    ['matrix.mtx', '%%MatrixMarket matrix coordinate integer general\n2 1 1\n2 1 5\n'],
    [
      'features.tsv',
      'gene_00000\tgene_00000\tGene Expression\ngene_00001\tgene_00001\tGene Expression\n',
    ],
    ['barcodes.tsv', 'cell_00000\n'],
  ]);
});

test('names and values that the files cannot hold are refused', async () => {
  const named = AnnData.fromMatrix(data().X, { obsNames: ['a', 'b\tc'] });
  await expect(encodeTenxMtx(named)).rejects.toThrow(/a name cannot stand in a \.tsv file/);
  const infinite = AnnData.fromMatrix(data().X.mapData(() => Infinity));
  await expect(encodeTenxMtx(infinite)).rejects.toThrow(/X holds values that a Matrix Market/);
});

test('CSV of a matrix and of a table is read again as it was written', async () => {
  const bytes = await encodeCsv(data());
  expect(text(bytes).split('\n')[0]).toBe(',g1,g2,g3');
  expect((await readDataset(bytes)).X).toEqual(data().X);
  expect((await readDelimitedMatrix(bytes)).obsNames).toEqual(data().obsNames);
  expect(text(gunzipSync(await encodeCsv(data(), { gzip: true })))).toBe(text(bytes));
  const table = new Table(
    ['a', 'b'],
    [
      ['n', numericColumn(Float64Array.of(1, NaN))],
      ['t', stringColumn([null, 'x;"y"'])],
    ],
    'id',
  );
  await writeCsv(folder.file('t.csv'), table, { delimiter: ';' });
  expect(await readTable(folder.file('t.csv'))).toEqual(table);
});

describeWithPython('files for Python', () => {
  test('scipy and pandas read the same values', async () => {
    await writeTenxMtx(folder.file('py'), data());
    await writeCsv(folder.file('m.csv'), data());
    const program =
      'import scipy.io as s\n' +
      'm = s.mmread(sys.argv[1] + "/py/matrix.mtx.gz").toarray()\n' +
      'c = pd.read_csv(sys.argv[1] + "/m.csv", index_col=0)\n' +
      'print(json.dumps([m.shape, bool(np.array_equal(np.float32(m.T), np.float32(c.values))), list(c.index), list(c.columns), np.float32(m).sum().item()]))';
    const [shape, isSame, index, columns, sum] = JSON.parse(
      python(program, folder.file('')),
    ) as unknown[];
    expect([shape, isSame, index, columns]).toEqual([
      [3, 2],
      true,
      ['a', 'b,"c"'],
      ['g1', 'g2', 'g3'],
    ]);
    expect(sum).toBeCloseTo(1.1, 6);
  });
});
