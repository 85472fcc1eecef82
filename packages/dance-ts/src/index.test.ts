import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import * as all from './index.js';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  dependencies: Record<string, string>;
};
const packages = Object.keys(manifest.dependencies);
/** `@dance-ts/cell-type-annotation` -\> `cellTypeAnnotation` */
const namespaceOf = (name: string): string =>
  name
    .replace('@dance-ts/', '')
    .replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

describe('dance-ts', () => {
  test('has a namespace for each package it depends on, and no other', () => {
    expect(Object.keys(all).sort()).toEqual(packages.map(namespaceOf).sort());
  });

  test.each(packages)('holds all that %s exports', async (name) => {
    const own: unknown = await import(name);
    const namespace = new Map(Object.entries(all)).get(namespaceOf(name));
    expect(namespace).toBe(own);
    expect(Object.keys(namespace ?? {}).length).toBeGreaterThan(0);
  });
});
