import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  AnnData,
  booleanColumn,
  categoricalColumn,
  CsrMatrix,
  DenseMatrix,
  numericColumn,
  silentReporter,
  stringColumn,
  Table,
  type UnsDict,
  type UnsValue,
} from '@dance-ts/core';
import {
  annotateH5ad,
  annotateH5adBytes,
  encodeH5ad,
  readH5ad,
  writeH5ad,
  type Additions,
} from '../index.js';
import { describeWithPython, python, temporaryFolder } from '../testing/python.node.js';

const folder = temporaryFolder();
afterAll(folder.remove);

const X = CsrMatrix.fromTriplets(3, 4, [0, 0, 1, 2], [1, 3, 0, 2], [1, 2.5, 3, 0.5]);
const labels = categoricalColumn(Int32Array.of(1, -1, 0), ['β', 'a'], true);

function original(): AnnData {
  return new AnnData({
    X,
    obs: new Table(['a', 'b', 'c'], [['n', numericColumn(Int16Array.of(1, 2, 3))]]),
    var: new Table(['w', 'x', 'y', 'z']),
    obsm: [['X_pca', DenseMatrix.zeros(3, 2)]],
    uns: new Map<string, UnsValue>([
      ['seed', 5],
      ['dance', new Map([['first', 1]])],
    ]),
  });
}

const ADDITIONS: Additions = {
  obs: [
    ['model', labels],
    ['sure', booleanColumn([true, false, true])],
    ['text', stringColumn(['x', null, 'y'])],
    ['score', numericColumn(Float32Array.of(0.5, 1, 2))],
  ],
  var: [['kept', booleanColumn([true, true, false, true])]],
  obsm: [['X_model', new DenseMatrix(3, 1, Float32Array.of(1, 2, 3))]],
  layers: [
    ['sparse', X],
    ['imputed', new DenseMatrix(3, 4, new Float32Array(12).fill(0.5))],
  ],
  uns: [
    [['dance', 'second', 'params'], new Map<string, UnsValue>([['seed', 0]])],
    [['title'], 'ü'],
  ],
};

function expectAdditions(data: AnnData): void {
  expect(data.obs.get('model')).toEqual(labels);
  expect(data.obs.get('sure')).toEqual(booleanColumn([true, false, true]));
  expect(data.obs.get('text')).toEqual(categoricalColumn(Int32Array.of(0, -1, 1), ['x', 'y']));
  expect(data.obs.get('score')).toEqual(numericColumn(Float32Array.of(0.5, 1, 2)));
  expect(data.var.get('kept')).toEqual(booleanColumn([true, true, false, true]));
  expect(data.layers.get('sparse')).toEqual(X);
  expect(data.layers.get('imputed')).toEqual(new DenseMatrix(3, 4, new Float32Array(12).fill(0.5)));
  expect(data.obsm.get('X_model')).toEqual(new DenseMatrix(3, 1, Float32Array.of(1, 2, 3)));
  const dance = data.uns.get('dance') as UnsDict;
  expect(dance.get('second')).toEqual(new Map([['params', new Map([['seed', 0]])]]));
  expect(data.uns.get('title')).toBe('ü');
}

describe('annotateH5adBytes', () => {
  test('adds elements and keeps the others', async () => {
    const bytes = await encodeH5ad(original());
    const data = await readH5ad(await annotateH5adBytes(bytes, ADDITIONS));
    expectAdditions(data);
    expect(data.obs.columnNames).toEqual(['n', 'model', 'sure', 'text', 'score']);
    for (const [name] of ADDITIONS.obs ?? []) data.obs.delete(name);
    data.var.delete('kept');
    data.obsm.delete('X_model');
    for (const [name] of ADDITIONS.layers ?? []) data.layers.delete(name);
    data.uns.delete('title');
    (data.uns.get('dance') as UnsDict).delete('second');
    expect(data).toEqual(original());
    expect(await readH5ad(bytes)).toEqual(original());
  });

  test('replaces elements of the same name, whatever their kind', async () => {
    const once = await annotateH5adBytes(await encodeH5ad(original()), ADDITIONS);
    const twice = await annotateH5adBytes(once, {
      obs: [
        ['model', numericColumn(Float64Array.of(1, 2, 3))],
        ['n', labels],
      ],
      var: [['kept', numericColumn(Int32Array.of(1, 2, 3, 4))]],
      layers: [
        ['sparse', DenseMatrix.zeros(3, 4)],
        ['imputed', X],
      ],
      obsm: [
        ['X_pca', DenseMatrix.zeros(3, 5)],
        ['X_model', DenseMatrix.zeros(3, 7)],
      ],
      uns: [
        [['dance'], 'gone'],
        [['seed'], new Map([['a', 1]])],
      ],
    });
    const data = await readH5ad(twice);
    expect(data.obs.columnNames).toEqual(['n', 'model', 'sure', 'text', 'score']);
    expect(data.obs.get('model')).toEqual(numericColumn(Float64Array.of(1, 2, 3)));
    expect(data.obs.get('n')).toEqual(labels);
    expect(data.var.get('kept')).toEqual(numericColumn(Int32Array.of(1, 2, 3, 4)));
    expect(data.layers.get('sparse')).toEqual(DenseMatrix.zeros(3, 4));
    expect(data.layers.get('imputed')).toEqual(X);
    expect(data.obsm.get('X_pca')).toEqual(DenseMatrix.zeros(3, 5));
    expect(data.obsm.get('X_model')).toEqual(DenseMatrix.zeros(3, 7));
    expect(data.uns.get('dance')).toBe('gone');
    expect(data.uns.get('seed')).toEqual(new Map([['a', 1]]));
  });

  test('replaces again and again, in groups of many names', async () => {
    const data = original();
    const columnNames = Array.from({ length: 60 }, (_, i) => `column ${i}`);
    for (const name of columnNames) data.obs.set(name, booleanColumn([true, false, true]));
    let bytes = await encodeH5ad(data);
    for (const [round, name] of [...columnNames.slice(20, 30), 'column 0', 'n'].entries()) {
      const values = numericColumn(Int32Array.of(round, round, round));
      bytes = await annotateH5adBytes(bytes, { obs: [[name, values]] });
      data.obs.set(name, values);
    }
    expect(await readH5ad(bytes)).toEqual(data);
  });

  test.each<[string, Additions, RegExp]>([
    ['a column', { obs: [['x', booleanColumn([true])]] }, /column "x" does not fit.*got 1 values/],
    ['a matrix', { obsm: [['x', DenseMatrix.zeros(4, 1)]] }, /obsm\["x"\] does not fit.*got 4/],
    ['a layer', { layers: [['x', DenseMatrix.zeros(3, 5)]] }, /layers\["x"\].*got 3 x 5.*3 x 4/],
    ['a column of var', { var: [['x', labels]] }, /column "x" does not fit.*got 3 values/],
    ['a name', { obs: [['a/b', labels]] }, /obs: a column has a name.*"a\/b"/],
    ['a key', { uns: [[['a', ''], 1]] }, /uns has a name/],
    ['no key', { uns: [[[], 1]] }, /a value of uns needs a key/],
    ['the index', { obs: [['_index', labels]] }, /obs cannot have a column "_index"/],
    ['a value as a dictionary', { uns: [[['seed', 'x'], 1]] }, /uns\/seed is not a dictionary/],
  ])('refuses %s that does not fit', async (_what, additions, message) => {
    const bytes = await encodeH5ad(original());
    await expect(annotateH5adBytes(bytes, additions)).rejects.toThrow(message);
  });
});

describe('annotateH5ad', () => {
  test('writes a copy, or into the input itself', async () => {
    const [input, output] = [folder.file('in.h5ad'), folder.file('out.h5ad')];
    await writeH5ad(input, original());
    const bytes = readFileSync(input);
    await annotateH5ad(input, output, ADDITIONS);
    expect(Buffer.compare(readFileSync(input), bytes)).toBe(0);
    expectAdditions(await readH5ad(output));
    await annotateH5ad(input, input, ADDITIONS);
    expectAdditions(await readH5ad(input));
  });

  test('leaves input, output and folder as they were when it fails', async () => {
    const file = folder.file('kept.h5ad');
    await writeH5ad(file, original());
    const bytes = readFileSync(file);
    const names = readdirSync(path.dirname(file));
    const additions: Additions = { obs: [['short', booleanColumn([true])]] };
    await expect(annotateH5ad(file, file, additions)).rejects.toMatchObject({ code: 'DATA' });
    await expect(annotateH5ad(file, folder.file('no/x'), {})).rejects.toMatchObject({ code: 'IO' });
    await expect(annotateH5ad(folder.file('none'), file, {})).rejects.toThrow(/none: it does not/);
    expect(Buffer.compare(readFileSync(file), bytes)).toBe(0);
    expect(readdirSync(path.dirname(file))).toEqual(names);
  });
});

/** One file in each layout that occurs, made by Python. */
const LAYOUTS = `
path = lambda name: os.path.join(sys.argv[1], name + '.h5ad')
texts = lambda values: np.array(values, dtype=object)
X = sp.csr_matrix(np.array([[0, 1, 0, 2], [3, 0, 0, 0], [0, 0, 4, 5]], dtype='i8'))
a = anndata.AnnData(X, obs=pd.DataFrame(index=list('abc')), var=pd.DataFrame(index=list('wxyz')), dtype='int64')
a.obs['label'] = pd.Categorical(['p', None, 'q'], ordered=True)
a.layers['half'] = np.ones((3, 4), 'f2'); a.raw = a; a.uns = {'dance': {'old': 1}, 'c': np.array([1j])}
a.write_h5ad(path('plain'), compression='gzip')
def copy(source, target, **options):
    for k, v in source.attrs.items(): target.attrs[k] = v
    for k, v in source.items():
        if isinstance(v, h5py.Group): copy(v, target.create_group(k, **options), **options)
        else: source.copy(k, target)
for name, options, group in [
        ('latest', dict(libver='latest'), {}), ('user block', dict(userblock_size=512), {}),
        ('tracked', dict(track_order=True), dict(track_order=True)),
        ('v108', dict(libver=('v108', 'v108')), {})]:
    with h5py.File(path('plain')) as s, h5py.File(path(name), 'w', **options) as t: copy(s, t, **group)
with h5py.File(path('0.7'), 'w') as f:
    f['X'] = X.toarray()
    for axis, names in [('obs', list('abc')), ('var', list('wxyz'))]:
        g = f.create_group(axis); g['_index'] = texts(names)
        g.attrs.update({'_index': '_index', 'encoding-type': 'dataframe', 'encoding-version': '0.1.0'})
        g.attrs['column-order'] = texts(['label']) if axis == 'obs' else np.array([])
    f['obs/label'] = np.array([0, -1, 1], 'i1')
    f['obs/__categories/label'] = texts(['p', 'q'])
    f['obs/__categories/label'].attrs['ordered'] = True
    f['obs/label'].attrs['categories'] = f['obs/__categories/label'].ref
    f.create_group('uns')
with h5py.File(path('0.5'), 'w') as f:
    f['X'] = X.toarray().astype('f4')
    f['obs'] = np.array([(b'a', 0, 1.5), (b'b', -1, 2), (b'c', 1, 3)],
                        dtype=[('index', 'S1'), ('label', 'i1'), ('n', 'f4')])
    f['var'] = np.array([(b'w',), (b'x',), (b'y',), (b'z',)], dtype=[('index', 'S1')])
    f['obsm'] = np.array([([.1, .2],), ([.3, .4],), ([.5, .6],)], dtype=[('X_umap', 'f8', (2,))])
    f['uns/label_categories'] = np.array([b'p', b'q'])
`;

/** Compares every object of two files: values, attributes, and where the bytes lie. */
const COMPARE = `
def same(x, y):
    x, y = np.asarray(x), np.asarray(y)
    return x.dtype == y.dtype and x.shape == y.shape and (x.dtype.kind == 'O' and
        bool((x == y).all()) or x.dtype.kind != 'O' and x.tobytes() == y.tobytes())
def places(d):
    if d.chunks is None: return d.id.get_offset()
    return [(c.byte_offset, c.size) for c in map(d.id.get_chunk_info, range(d.id.get_num_chunks()))]
def changes(before, after):
    changed = []
    def visit(name, old):
        new = after.get(name)
        if type(old) != type(new): changed.append(name); return
        for k in set(old.attrs) | set(new.attrs):
            if isinstance(old.attrs.get(k), h5py.Reference): continue
            if k not in old.attrs or k not in new.attrs or not same(old.attrs[k], new.attrs[k]):
                changed.append(name + '@' + k)
        if isinstance(old, h5py.Dataset):
            if places(old) != places(new) or not same(old[()], new[()]): changed.append(name)
    before.visititems(visit)
    return sorted(changed)
def additions(before, after):
    added = set()
    def visit(name):
        if name not in before and '/' in name: added.add('/'.join(name.split('/')[:2]))
    after.visit(visit)
    return sorted(added)
def report(before, after, a):
    texts = lambda c: [None if pd.isna(v) else v for v in a.obs[c]]
    model = after['obs/model']
    owner = model if 'ordered' in model.attrs else after[model.attrs['categories']]
    return {
        'changed': changes(before, after), 'added': additions(before, after),
        'model': texts('model'), 'text': texts('text'), 'label': texts('label'),
        'ordered': [str(type(owner.attrs['ordered'])), a.obs.model.cat.ordered],
        'sure': [str(a.obs.sure.dtype), a.obs.sure.tolist()], 'score': a.obs.score.tolist(),
        'columns': list(a.obs.columns), 'X': [str(a.X.dtype), sp.csr_matrix(a.X).toarray().tolist()],
        'obsm': {k: v.tolist() for k, v in a.obsm.items()},
        'kept': a.var.kept.tolist(), 'imputed': np.unique(a.layers['imputed']).tolist(),
        'sparse': sp.csr_matrix(a.layers['sparse']).toarray().tolist(),
        'title': a.uns['title'], 'second': a.uns['dance']['second'],
    }
reports = {}
for name in sys.argv[2:]:
    files = [os.path.join(sys.argv[1], name + end) for end in ['.h5ad', '.out.h5ad']]
    with h5py.File(files[0]) as before, h5py.File(files[1]) as after:
        reports[name] = report(before, after, anndata.read_h5ad(files[1]))
print(json.dumps(reports, default=lambda o: o.item()))`;

describeWithPython('annotated files, read by Python', () => {
  const layouts = ['plain', 'latest', 'v108', 'user block', 'tracked', '0.7', '0.5'];
  let reports: Record<string, Record<string, unknown>>;
  beforeAll(async () => {
    python(LAYOUTS, folder.file(''));
    for (const name of layouts) {
      const output = folder.file(`${name}.out.h5ad`);
      await annotateH5ad(folder.file(`${name}.h5ad`), output, ADDITIONS);
      // Once more: everything that was added is replaced.
      await annotateH5ad(output, output, ADDITIONS);
    }
    reports = JSON.parse(python(COMPARE, folder.file(''), ...layouts)) as typeof reports;
  });

  test.each(layouts)('hold every byte of the original and the additions: %s', (name) => {
    const isOld = name === '0.5';
    const columns = isOld ? ['label', 'n'] : ['label'];
    const added = [
      ...['obs/model', 'obs/score', 'obs/sure', 'obs/text', 'var/kept'],
      ...['layers/imputed', 'layers/sparse', 'obsm/X_model', 'uns/title'],
    ];
    expect(reports[name]).toMatchObject({
      changed: isOld
        ? ['obs', 'obsm', 'uns/label_categories', 'var']
        : ['obs@column-order', 'var@column-order'],
      added: expect.arrayContaining(added) as unknown,
      model: ['a', null, 'β'],
      text: ['x', null, 'y'],
      label: ['p', null, 'q'],
      ordered: ["<class 'numpy.bool_'>", true],
      sure: ['bool', [true, false, true]],
      score: [0.5, 1, 2],
      columns: [...columns, 'model', 'sure', 'text', 'score'],
      X: [
        isOld ? 'float32' : 'int64',
        [
          [0, 1, 0, 2],
          [3, 0, 0, 0],
          [0, 0, 4, 5],
        ],
      ],
      obsm: { X_model: [[1], [2], [3]] },
      kept: [true, true, false, true],
      imputed: [0.5],
      sparse: [
        [0, 1, 0, 2.5],
        [3, 0, 0, 0],
        [0, 0, 0.5, 0],
      ],
      title: 'ü',
      second: { params: { seed: 0 } },
    });
  });

  test('of 0.5 keep the precision of their embeddings', () => {
    expect(reports['0.5']).toMatchObject({
      obsm: {
        X_umap: [
          [0.1, 0.2],
          [0.3, 0.4],
          [0.5, 0.6],
        ],
      },
    });
  });

  test('are sound also where the last name of a group was taken out', async () => {
    const file = folder.file('emptied.h5ad');
    copyFileSync(folder.file('0.7.h5ad'), file);
    // The only entry of __categories goes, and nothing takes its place.
    await annotateH5ad(file, file, {
      obs: [['label', numericColumn(Float32Array.of(1, 2, 3))]],
    });
    const seen = python(
      `
with h5py.File(sys.argv[1], 'a') as f:
    g = f['obs/__categories']; n = len(g)
    for k in ['zz', 'aa']: g[k] = 1
    del g['aa']; names = list(g)
a = anndata.read_h5ad(sys.argv[1])
print(json.dumps([n, names, a.obs.label.tolist()]))`,
      file,
    );
    expect(JSON.parse(seen)).toEqual([0, ['zz'], [1, 2, 3]]);
  });

  test('with very many names in new-style groups are refused when a name must go', async () => {
    const file = folder.file('dense.h5ad');
    python(
      `
with h5py.File(sys.argv[1]) as s, h5py.File(sys.argv[2], 'w', libver='latest') as f:
    for k in s:
        if k != 'uns': s.copy(k, f)
    f.create_group('uns').attrs['encoding-type'] = 'dict'; f['uns'].attrs['encoding-version'] = '0.1.0'
    for i in range(30): f['uns'][f'k{i}'] = i`,
      folder.file('plain.h5ad'),
      file,
    );
    await annotateH5ad(file, file, { uns: [[['new'], 1]] });
    expect((await readH5ad(file, { reporter: silentReporter })).uns.get('new')).toBe(1);
    await expect(annotateH5ad(file, file, { uns: [[['k3'], 1]] })).rejects.toThrow(
      /cannot replace "k3" in uns.*choose another name/,
    );
  });
});
