import { expect, test } from '@jest/globals';
import { silentReporter, stringColumn, Table, type UnsDict, type UnsValue } from '@dance-ts/core';
import { rankGenesGroups } from './rank-genes-groups.js';
import { readRankedGenes } from './rank-genes-read.js';
import { referenceData, scanpyReference } from './testing/scanpy-reference.js';

const data = referenceData(scanpyReference());
const options = { groupby: 'batch', nGenes: 9, reporter: silentReporter };

test('what was written is read, scores in float32', async () => {
  const view = data.view();
  const written = await rankGenesGroups(view, { ...options, pts: true, keyAdded: 'markers' });
  const read = readRankedGenes(view, 'markers');
  expect(read.groups).toEqual(written.groups);
  read.byGroup.forEach((group, g) => {
    const expected = written.byGroup[g]!;
    expect(group).toEqual({
      ...expected,
      scores: Float64Array.from(Float32Array.from(expected.scores)),
      logFoldChanges: Float64Array.from(Float32Array.from(expected.logFoldChanges)),
    });
  });
});

test('what is not there is NaN; missing names are left out', async () => {
  const view = data.view();
  await rankGenesGroups(view, options);
  const dict = view.uns.get('rank_genes_groups') as UnsDict;
  dict.delete('pvals');
  const names = (dict.get('names') as Table).columnNames.map(
    (group) => [group, stringColumn(['a', null, 'nan', 'b', 'c', 'd', 'e', 'f', 'g'])] as const,
  );
  const index = Array.from({ length: 9 }, (_, rank) => String(rank));
  dict.set('names', new Table(index, names, ''));
  const [first] = readRankedGenes(view).byGroup;
  expect(first).toMatchObject({
    names: ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
    pvals: new Float64Array(7).fill(NaN),
    fractionIn: new Float64Array(7).fill(NaN),
  });
  expect(first?.scores).toHaveLength(7);
  expect(first?.scores[1]).toBeLessThan(first?.scores[0] ?? NaN);
});

test('nothing there: the keys there are', () => {
  const view = data.view();
  view.uns.set('other', new Map<string, UnsValue>());
  expect(() => readRankedGenes(view)).toThrow(/"rank_genes_groups".*keys of uns: .*other/);
  expect(() => readRankedGenes(view, 'other')).toThrow(/"other". holds no ranked genes/);
});
