import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DataError, FormatError } from '@dance-ts/core';
import { readQueryLabelMap } from './label-map.node.js';

const TYPES = new Set(['T cell', 'CD4 T cell', 'B cell']);
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dance-labels-'));
});

afterAll(() => rm(folder, { recursive: true }));

async function mapOf(text: string): Promise<Map<string, string[]>> {
  const path = join(folder, 'map.csv');
  await writeFile(path, text);
  return readQueryLabelMap(path, TYPES);
}

test('several lines of a label are several right answers; lines that lack one are left out', async () => {
  const map = await mapOf(
    'query,reference\nmemory,T cell\nplasma,B cell\nmemory,CD4 T cell\nmemory,T cell\nodd,\n',
  );
  expect([...map]).toEqual([
    ['memory', ['T cell', 'CD4 T cell']],
    ['plasma', ['B cell']],
  ]);
});

test('a type that the reference lacks is refused, with the name that was meant', async () => {
  const reading = mapOf('query,reference\nmemory,CD4 T cel\n');
  await expect(reading).rejects.toThrow(DataError);
  await expect(reading).rejects.toThrow(/"CD4 T cel", expected "CD4 T cell"/);
});

test('without its columns it is no map', async () => {
  const reading = mapOf('label,type\nmemory,T cell\n');
  await expect(reading).rejects.toThrow(FormatError);
  await expect(reading).rejects.toThrow(/lacks the column query and reference: got label, type/);
});
