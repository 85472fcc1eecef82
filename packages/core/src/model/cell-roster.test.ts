import { describe, expect, test } from '@jest/globals';
import { MemoryStore } from '../artifacts/artifact-store.js';
import { loadBundle, saveBundle, type Bundle } from '../artifacts/bundle.js';
import { AnnData } from '../data/anndata.js';
import { DataError, FormatError } from '../errors.js';
import { DenseMatrix } from '../matrix/dense-matrix.js';
import { Table } from '../table/table.js';
import { caught } from '../testing/caught.js';
import { CellRoster } from './cell-roster.js';

/** Cells a, b, c, d with totals 1, 2, 3, 4. */
const source = (): AnnData =>
  AnnData.fromMatrix(DenseMatrix.fromRows([[1], [2], [3], [4]]), {
    obsNames: ['a', 'b', 'c', 'd'],
  });

/** Preprocessing kept a, c and d. */
const roster = (): CellRoster => CellRoster.of(source(), source().subset({ obs: [0, 2, 3] }));

async function reloaded(original: CellRoster): Promise<CellRoster> {
  const { facts, tensors } = original.save();
  const store = new MemoryStore();
  await saveBundle(store, 'm', { facts, tensors: new Map(tensors) });
  return CellRoster.load(await loadBundle(store, 'm'));
}

describe('rows of cells among those preprocessing kept', () => {
  test('of the same data, -1 for a cell that was dropped', () => {
    expect(roster().size).toBe(4);
    expect([...roster().rowsOf(source(), 'Toy')]).toEqual([0, -1, 1, 2]);
  });

  test('of some cells in another order', () => {
    const some = source().subset({ obs: [3, 1, 0] });
    expect([...roster().rowsOf(some, 'Toy')]).toEqual([2, -1, 0]);
  });

  test('of no cells', () => {
    expect(roster().rowsOf(source().subset({ obs: [] }), 'Toy')).toHaveLength(0);
  });

  test('after saving and loading', async () => {
    expect([...(await reloaded(roster())).rowsOf(source(), 'Toy')]).toEqual([0, -1, 1, 2]);
  });
});

describe('what was not trained on is refused', () => {
  test('a cell of another name', () => {
    const other = AnnData.fromMatrix(DenseMatrix.fromRows([[1], [9]]), { obsNames: ['a', 'new'] });
    const error = caught(() => roster().rowsOf(other, 'Toy'));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toBe(
      'cell "new" was not among the cells Toy was trained on. ' +
        'Toy is transductive: it labels only the cells given to fit.',
    );
  });

  test('a cell of the same name with other counts', () => {
    const other = source();
    other.X = DenseMatrix.fromRows([[1], [2], [30], [4]]);
    const error = caught(() => roster().rowsOf(other, 'Toy'));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(
      'cell "c" is not the cell Toy was trained on: got total count 30',
    );
  });

  test('but prepared data, whose totals differ by nature, are not', () => {
    const prepared = source();
    prepared.X = DenseMatrix.zeros(4, 1);
    prepared.channels = { feature: [{ slot: 'X' }] };
    expect([...roster().rowsOf(prepared, 'Toy')]).toEqual([0, -1, 1, 2]);
  });

  test('nor are data without X', () => {
    const bare = new AnnData({ obs: source().obs, var: source().var });
    expect([...roster().rowsOf(bare, 'Toy')]).toEqual([0, -1, 1, 2]);
  });
});

describe('names that occur twice', () => {
  const twins = (): AnnData =>
    AnnData.fromMatrix(DenseMatrix.fromRows([[1], [2], [3]]), { obsNames: ['a', 'x', 'x'] });

  test('do no harm where the data are the same', () => {
    const of = CellRoster.of(twins(), twins().subset({ obs: [1, 2] }));
    expect([...of.rowsOf(twins(), 'Toy')]).toEqual([-1, 0, 1]);
  });

  test('are refused where one of the two was dropped, for nobody knows which', () => {
    const error = caught(() => CellRoster.of(twins(), twins().subset({ obs: [0, 2] })));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain('got "x" twice, one of them dropped');
  });

  test('cannot be looked up in other data', () => {
    const of = CellRoster.of(twins(), twins());
    const error = caught(() => of.rowsOf(twins().subset({ obs: [1] }), 'Toy'));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain('cell names are not unique');
  });
});

test.each([
  ['renamed cells', ['a', 'z']],
  ['another order', ['c', 'a']],
])('preprocessing with %s is refused', (_, names) => {
  const prepared = new AnnData({ obs: new Table(names), var: source().var });
  const error = caught(() => CellRoster.of(source(), prepared));
  expect(error).toBeInstanceOf(DataError);
  expect(error.message).toContain('changed the order or the names of the cells');
});

describe('saving', () => {
  test('works for data without X', async () => {
    const bare = new AnnData({ obs: source().obs, var: source().var });
    const again = await reloaded(CellRoster.of(bare, bare));
    expect([...again.rowsOf(source(), 'Toy')]).toEqual([0, 1, 2, 3]);
  });

  test.each<[string, (parts: { facts: Bundle['facts']; tensors: Map<string, never> }) => Bundle]>([
    ['no names', ({ tensors }) => ({ facts: {}, tensors })],
    ['names that are numbers', ({ tensors }) => ({ facts: { cellNames: [1, 2, 3, 4] }, tensors })],
    ['too few names', ({ tensors }) => ({ facts: { cellNames: ['a'] }, tensors })],
    ['no arrays', ({ facts }) => ({ facts, tensors: new Map() })],
  ])('a file with %s is refused', (_, damage) => {
    const { facts, tensors } = roster().save();
    const bundle = damage({ facts, tensors: new Map(tensors) as unknown as Map<string, never> });
    expect(caught(() => CellRoster.load(bundle))).toBeInstanceOf(FormatError);
  });
});
