import {
  AnnData,
  columnValue,
  CsrMatrix,
  DataError,
  DenseMatrix,
  ParamError,
  stringColumn,
  type ParamInput,
} from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { bothKinds, rowsOf, snapshot, testContext } from '../../testing/data.js';
import { PseudoMixture } from './pseudo-mixture.js';

type Params = ParamInput<typeof PseudoMixture.spec.params>;

const TYPES = ['b', 'a', 'a', 'c', 'b', 'a', null, 'c'];
/** Cell i has 2^i in gene 0, so that a sum names its cells, and 3 in the gene of its own. */
const ROWS = TYPES.map((_, i) => Array.from({ length: 9 }, (__, g) => (g === 0 ? 2 ** i : 0)));
ROWS.forEach((row, i) => {
  row[i + 1] = 3;
});

function labelled(data: AnnData, types: readonly (string | null)[] = TYPES): AnnData {
  const view = data.view();
  view.obs.set('cellType', stringColumn(types));
  return view;
}

async function mixed(data: AnnData, input: Params, seed = 0): Promise<AnnData> {
  return new PseudoMixture(input).apply(data, testContext(seed));
}

function numbers(data: AnnData, key: string): number[] {
  return data.obsNames.map((_, i) => Number(columnValue(data.obs.get(key), i)));
}

function shares(data: AnnData, key = 'cell_type_portion'): number[][] {
  return rowsOf(data.obsm.get(key) as DenseMatrix);
}

describe.each(bothKinds(ROWS))('%s', (_, unlabelled) => {
  const data = labelled(unlabelled);

  test('each pseudo-spot is the sum of different labelled cells, with their proportions', async () => {
    const before = snapshot(data);
    const found = await mixed(data, { nPseudo: 60, ncMin: 2, ncMax: 5 });
    expect(found.X.kind).toBe('csr');
    expect(found.varNames).toEqual(data.varNames);
    expect(found.obsNames.slice(0, 2)).toEqual(['ps_mix_1', 'ps_mix_2']);
    expect(found.uns.get('proportion_names')).toEqual(['a', 'b', 'c']);
    rowsOf(found.X).forEach((row, i) => {
      const cells = [...TYPES.keys()].filter((cell) => (row[0]! >> cell) & 1);
      const expected = ROWS[0]!.map((__, g) => cells.reduce((sum, c) => sum + ROWS[c]![g]!, 0));
      expect(row).toEqual(expected);
      expect(cells).not.toContain(6);
      expect(numbers(found, 'cell_count')[i]).toBe(cells.length);
      expect(numbers(found, 'total_umi_count')[i]).toBe(row.reduce((sum, value) => sum + value));
      expect(shares(found)[i]).toEqual(
        ['a', 'b', 'c'].map((type) =>
          Math.fround(cells.filter((cell) => TYPES[cell] === type).length / cells.length),
        ),
      );
    });
    expect(snapshot(data)).toEqual(before);
  });
});

const data = labelled(AnnData.fromMatrix(DenseMatrix.fromRows(ROWS)));

test('sizes are uniform, and every labelled cell is drawn equally often', async () => {
  const found = await mixed(data, { nPseudo: 4000, ncMin: 2, ncMax: 5 });
  const sizes = numbers(found, 'cell_count');
  for (const size of [2, 3, 4, 5]) {
    // 1000 expected, standard deviation 27
    expect(Math.abs(sizes.filter((n) => n === size).length - 1000)).toBeLessThan(120);
  }
  const drawn = rowsOf(found.X).map((row) => row.slice(1).map((value) => value / 3));
  for (const cell of [0, 1, 2, 3, 4, 5, 7]) {
    // a cell is in a pseudo-spot with probability 3.5 / 7: 2000 expected, standard deviation 32
    const times = drawn.reduce((sum, row) => sum + row[cell]!, 0);
    expect(Math.abs(times - 2000)).toBeLessThan(140);
  }
});

test('with maxTypes, cells come from few types, with replacement', async () => {
  const found = await mixed(data, { nPseudo: 3000, ncMin: 8, ncMax: 12, maxTypes: 2 });
  const nTypes = shares(found).map((row) => row.filter((share) => share > 0).length);
  expect(Math.max(...nTypes)).toBe(2);
  // 1 type is drawn in half of the cases; that of 2 only one shows has probability below 2^-7
  expect(Math.abs(nTypes.filter((n) => n === 1).length - 1500)).toBeLessThan(140);
  expect(Math.min(...numbers(found, 'cell_count'))).toBe(8);
  // 8 cells and more of 3 types with at most 3 cells each: some must repeat
  const repeated = rowsOf(found.X).every((row) => Math.max(...row.slice(1)) > 3);
  expect(repeated).toBe(true);
});

test('types and splits narrow the cells down', async () => {
  const few = data.view();
  few.splits = { ...few.splits, train: Int32Array.of(0, 3, 4, 7) };
  const found = await mixed(few, { nPseudo: 50, ncMax: 2, splitName: 'train', ctSelect: ['c'] });
  expect(found.uns.get('proportion_names')).toEqual(['c']);
  for (const row of rowsOf(found.X)) expect(row[0]).toBe(8 + 128);
});

describe('thinning', () => {
  const types = ['a', 'b'];
  const deep = labelled(
    AnnData.fromMatrix(DenseMatrix.fromRows([Array(50).fill(400), Array(50).fill(600)])),
    types,
  );

  test('leaves thinTo counts on average, only above thinAbove', async () => {
    const found = await mixed(deep, { nPseudo: 40, ncMin: 2, ncMax: 2 });
    // 50,000 counts are kept with probability 0.4: 20,000, standard deviation 110
    for (const total of numbers(found, 'total_umi_count')) {
      expect(Math.abs(total - 20_000)).toBeLessThan(600);
    }
    expect(found.X.data.every(Number.isInteger)).toBe(true);
    const kept = await mixed(deep, { nPseudo: 5, ncMin: 2, ncMax: 2, thinAbove: 50_000 });
    expect(numbers(kept, 'total_umi_count')).toEqual(Array(5).fill(50_000));
    const all = await mixed(deep, { nPseudo: 5, ncMin: 2, ncMax: 2, thinAbove: null });
    expect(numbers(all, 'total_umi_count')).toEqual(Array(5).fill(50_000));
  });

  test('refuses what is no count', async () => {
    const X = (deep.X as DenseMatrix).mapData((value) => value + 0.25);
    const wrong = labelled(AnnData.fromMatrix(X), types);
    await expect(mixed(wrong, { ncMin: 2, ncMax: 2 })).rejects.toThrow(DataError);
    const found = await mixed(wrong, { nPseudo: 1, ncMin: 2, ncMax: 2, thinAbove: null });
    expect(numbers(found, 'total_umi_count')).toEqual([50_025]);
  });
});

test('the same seed gives the same pseudo-spots, another seed others', async () => {
  const first = (await mixed(data, { nPseudo: 30, ncMax: 7 })).X as CsrMatrix;
  expect(rowsOf((await mixed(data, { nPseudo: 30, ncMax: 7 })).X)).toEqual(rowsOf(first));
  expect(rowsOf((await mixed(data, { nPseudo: 30, ncMax: 7 }, 1)).X)).not.toEqual(rowsOf(first));
});

test('refuses what cannot be done', async () => {
  expect(() => new PseudoMixture({ ncMin: 5, ncMax: 4 })).toThrow(ParamError);
  expect(() => new PseudoMixture({ thinAbove: 100, thinTo: 200 })).toThrow(ParamError);
  await expect(mixed(data, { ncMax: 8 })).rejects.toThrow(/too few cells/);
  await expect(mixed(data, { ctKey: 'nothing' })).rejects.toThrow(DataError);
  await expect(mixed(data, { ctSelect: ['z'] })).rejects.toThrow(DataError);
});
