import { AnnData, columnValue, DenseMatrix, ParamError, stringColumn, Table } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { Compose } from '../../compose.js';
import { snapshot, testContext } from '../../testing/data.js';
import { expectClose } from '../../testing/matchers.js';
import { CellGiottoTopicProfile } from '../pseudobulk/cell-giotto-topic-profile.js';
import { CellTopicProfile } from '../pseudobulk/cell-topic-profile.js';
import { CellTypeNums } from '../pseudobulk/cell-type-nums.js';
import { FilterGenesMarkerGini } from './filter-genes-marker-gini.js';
import { FilterGenesMarker } from './filter-genes-marker.js';

const context = testContext();

/**
 * Three types, the first of two cells. Means of the genes by type:
 *   ubiquitous 8 8 8; a 6 1 1; b 0 4 0; weak 3 1 1; ab 5 5 0.1
 */
const data = AnnData.fromMatrix(
  DenseMatrix.fromRows([
    [8, 7, 0, 3, 4],
    [8, 5, 0, 3, 6],
    [8, 1, 4, 1, 5],
    [8, 1, 0, 1, 0.1],
  ]),
  { varNames: ['ubiquitous', 'a', 'b', 'weak', 'ab'] },
);
data.obs.set('cellType', stringColumn(['A', 'A', 'B', 'C']));

function marks(table: unknown, type: string): unknown[] {
  if (!(table instanceof Table)) throw new Error('no table');
  return table.index.filter((_, g) => columnValue(table.get(type), g) === true);
}

describe('FilterGenesMarker', () => {
  const profile = new CellTopicProfile({ method: 'mean' });

  test('genes 3.5 times the mean of the other types', async () => {
    const steps = new Compose([profile, new FilterGenesMarker({ subset: false, label: 'marker' })]);
    const before = snapshot(data);
    const found = await steps.apply(data, context);
    const table = found.varm.get('FilterGenesMarker');
    // ln(6 / 1) = 1.79; ln 3 = 1.10 is too little; ab: 5 / 2.55 in A and B.
    expect(marks(table, 'A')).toEqual(['a']);
    expect(marks(table, 'B')).toEqual(['b']);
    expect(marks(table, 'C')).toEqual([]);
    expect(found.varNames.map((_, g) => columnValue(found.var.get('marker'), g))).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
    expect(snapshot(data)).toEqual(before);
  });

  test('a lower threshold keeps more, and the others are dropped', async () => {
    const steps = new Compose([profile, new FilterGenesMarker({ threshold: 1 })]);
    expect((await steps.apply(data, context)).varNames).toEqual(['a', 'b', 'weak']);
    const none = new Compose([profile, new FilterGenesMarker({ threshold: 50 })]);
    await expect(none.apply(data, context)).rejects.toThrow(/leaves no gene/);
  });

  test('profiles must be there', async () => {
    await expect(new FilterGenesMarker().apply(data, context)).rejects.toThrow(
      /no table "CellTopicProfile".*Run CellTopicProfile/,
    );
    expect(() => new FilterGenesMarker({ eps: 0 })).toThrow(ParamError);
  });
});

describe('FilterGenesMarkerGini', () => {
  const profiles = [
    new CellGiottoTopicProfile(),
    new CellGiottoTopicProfile({ detectionThreshold: 2, out: 'CellGiottoDetectionTopicProfile' }),
    new CellTypeNums(),
  ];
  const kept = async (input: ConstructorParameters<typeof FilterGenesMarkerGini>[0]) =>
    new Compose([...profiles, new FilterGenesMarkerGini(input)]).apply(data, context);

  // Shares above 2: ubiquitous 1 1 1; a 1 0 0; b 0 1 0; weak 1 0 0; ab 1 1 0.
  test('types ahead of the others by their Gini coefficients', async () => {
    const found = await kept({ minGenes: 0 });
    // Gini of expression: a in A (6 - 1) / 14 = 0.36; b in B 0.5; weak in A (3 - 1) / 8 = 0.25.
    // ab in A: others 2.55, Gini 2.45 / 15.1 = 0.16, too little.
    expect(found.varNames).toEqual(['a', 'b', 'weak']);
    const table = found.uns.get('FilterGenesMarkerGini') as Table;
    const column = (name: string) => table.index.map((_, i) => columnValue(table.get(name), i));
    expect(table.index).toEqual(['a', 'weak', 'b']);
    expect(column('cell_type')).toEqual(['A', 'A', 'B']);
    expectClose(column('expression_gini').map(Number), [5 / 14, 0.25, 0.5], 1e-6);
    expectClose(column('detection_gini').map(Number), [0.5, 0.5, 0.5], 1e-6);
    expectClose(column('score').map(Number), [5 / 28, 0.125, 0.25], 1e-6);
    expect(column('rank')).toEqual([1, 2, 1]);
  });

  test('others are weighted by their numbers of cells', async () => {
    const found = await kept({ minGenes: 5, subset: false, label: 'marker' });
    const table = found.uns.get('FilterGenesMarkerGini') as Table;
    expect(table.nRows).toBe(15);
    // ab in B: others (2 * 5 + 0.1) / 3; Gini of the pair.
    const row = 5 + 4;
    expect(table.index[row]).toBe('ab');
    const others = 10.1 / 3;
    const expected = (5 - others) / (2 * (5 + others));
    expect(columnValue(table.get('expression_gini'), row)).toBeCloseTo(expected, 6);
    expect(found.var.has('marker')).toBe(true);
    expect(found.nVars).toBe(5);
  });

  test('compat dance compares levels: every widely expressed gene is a marker', async () => {
    const found = await kept({ minGenes: 0, compat: 'dance' });
    expect(found.varNames).toEqual(['ubiquitous', 'a', 'b', 'weak', 'ab']);
  });

  test('what it reads must be there and agree', async () => {
    const step = new FilterGenesMarkerGini();
    await expect(step.apply(data, context)).rejects.toThrow(/no table/);
    const uncounted = new Compose([...profiles.slice(0, 2), step]);
    await expect(uncounted.apply(data, context)).rejects.toThrow(/Run CellTypeNums/);
    const other = new CellTypeNums({ ctSelect: ['A'] });
    const partly = new Compose([...profiles.slice(0, 2), other, step]);
    await expect(partly.apply(data, context)).rejects.toThrow(/lacks type "B"/);
    const single = new Compose([
      new CellGiottoTopicProfile({ ctSelect: ['A'] }),
      ...profiles.slice(1),
      step,
    ]);
    await expect(single.apply(data, context)).rejects.toThrow(/the same two or more types/);
  });
});
