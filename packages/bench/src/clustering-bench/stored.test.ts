import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FormatError } from '@dance-ts/core';
import { listDatasets } from '@dance-ts/datasets';
import { readPublished, readResults } from './stored.js';

const PUBLISHED = fileURLToPath(new URL('../../published-clustering.json', import.meta.url));
const NAME = '0123456789abcdef.json';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dance-stored-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('results are told from what else is in their folder', async () => {
  writeFileSync(join(folder, NAME), '{"schema":1,"cell":{}}');
  writeFileSync(join(folder, `~${NAME}.12-1`), '{"sche');
  writeFileSync(join(folder, 'notes.json'), 'none');
  expect(await readResults(folder)).toEqual([{ schema: 1, cell: {} }]);
});

test.each(['{"sche', '{"schema":0}'])('a result of %p is refused by its name', async (text) => {
  writeFileSync(join(folder, NAME), text);
  await expect(readResults(folder)).rejects.toThrow(FormatError);
  await expect(readResults(folder)).rejects.toThrow(NAME);
});

test('published figures: data sets of ours, each figure full or cut', async () => {
  const known = listDatasets().map(({ name }) => name);
  const figures = await readPublished(PUBLISHED);
  expect(figures.length).toBeGreaterThan(0);
  for (const { dataset, ari, marks } of figures) {
    expect(known).toContain(dataset);
    expect(ari).toBeGreaterThan(0);
    expect(ari).toBeLessThanOrEqual(1);
    expect(marks.filter((mark) => mark === 'full' || mark === 'cut')).toHaveLength(1);
  }
});
