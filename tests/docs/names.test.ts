import '@dance-ts/cell-type-annotation';
import '@dance-ts/clustering';
import '@dance-ts/imputation';
import { describe, expect, test } from '@jest/globals';
import { parseRunFlags } from '@dance-ts/cli';
import { listModels } from '@dance-ts/core';
import { textOf } from './documents.js';

const PAGES = ['docs/coming-from-scanpy.md', 'docs/coming-from-dance.md'];

/** Rows of the tables of a page by the titles of their columns. */
function rowsOf(page: string): Map<string, string>[] {
  let header: string[] | undefined;
  const rows: Map<string, string>[] = [];
  for (const line of textOf(page).split('\n')) {
    const cells = line.split('|').slice(1, -1);
    if (!line.startsWith('|')) header = undefined;
    else if (header === undefined) header = cells.map((cell) => cell.trim());
    else if (!line.startsWith('| --')) {
      const titles = header;
      rows.push(new Map(cells.map((cell, c) => [titles[c] ?? '', cell.trim()])));
    }
  }
  return rows;
}

const namesIn = (cell = ''): string[] =>
  Array.from(cell.matchAll(/`([^`]+)`/g), ([, name = '']) => name);

/** Whether a package exports the name, or for `Class.member` whether its class has the member. */
async function isExported(name: string, packages: readonly string[]): Promise<boolean> {
  const [first = '', member] = name.split('.');
  for (const one of packages) {
    const exported = (await import(`@dance-ts/${one}`)) as Record<string, unknown>;
    const value = exported[first];
    if (value === undefined) continue;
    if (member === undefined) return true;
    if (typeof value === 'function') {
      return member in value || member in (value as { prototype: object }).prototype;
    }
  }
  return false;
}

describe.each(PAGES)('%s', (page) => {
  const functions = rowsOf(page).filter((row) => row.has('Here'));

  test('has tables', () => {
    expect(functions.length).toBeGreaterThan(20);
    for (const row of functions) expect(namesIn(row.get('Here'))).not.toEqual([]);
  });

  test('names what is exported', async () => {
    const missing: string[] = [];
    for (const row of functions) {
      const packages = (row.get('Package') ?? '').split(', ');
      for (const name of namesIn(row.get('Here'))) {
        if (!(await isExported(name, packages))) missing.push(`${name} of ${packages.join()}`);
      }
    }
    expect(missing).toEqual([]);
  });

  test('names flags that runs have', () => {
    const rows = rowsOf(page).filter((row) => row.has('Flag here'));
    if (page.includes('dance')) expect(rows.length).toBeGreaterThan(5);
    for (const row of rows) {
      for (const flag of namesIn(row.get('Flag here'))) expect(isKnown(flag)).toBe(true);
    }
  });
});

/** Whether the runs of any model know a flag: its value is another matter. */
function isKnown(flag: string): boolean {
  return listModels().some(({ spec }) => {
    try {
      parseRunFlags(spec, [flag, '1'], { dataset: 'sim' });
      return true;
    } catch (error) {
      return !String(error).includes('unknown option');
    }
  });
}

describe('isExported', () => {
  test('tells names that are not there', async () => {
    expect(await isExported('AnnData.subset', ['core'])).toBe(true);
    expect(await isExported('AnnData.none', ['core'])).toBe(false);
    expect(await isExported('none', ['core'])).toBe(false);
    expect(isKnown('--no-such-flag')).toBe(false);
  });
});
