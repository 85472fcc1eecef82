import { expect, test } from '@jest/globals';
import { toCsr } from '@dance-ts/core';
import { listDatasets } from '../catalogue/catalogue.js';
import { loadDataset } from '../load-dataset.node.js';

const EMBEDDED = listDatasets().filter(({ file }) => file === null);

test('there is one for every kind of data', () => {
  const tasks = EMBEDDED.flatMap(({ task, alsoFor = [] }) => [task, ...alsoFor]);
  expect(new Set(tasks).size).toBe(8);
});

/** Halves of pairs and sets are tested where these are put together. */
const WHOLE = EMBEDDED.filter(({ name }) => !name.includes('_'));

test.each(WHOLE)('$name is what the catalogue says', async (entry) => {
  const data = await loadDataset(entry.name);
  expect([data.nObs, data.nVars]).toEqual([entry.nObs, entry.nVars]);
  expect(toCsr(data.X).data.every((value) => Number.isInteger(value) && value > 0)).toBe(true);
  if (entry.labelKey === undefined) return;
  const { codes } = data.labels(entry.labelKey);
  expect(new Set(codes).size).toBe(entry.nClasses);
  expect(data.channels.label).toEqual({ slot: 'obs', key: entry.labelKey });
});
