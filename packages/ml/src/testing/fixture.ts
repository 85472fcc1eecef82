import { readFileSync } from 'node:fs';

/** Reference values that stand in a file of `testing/fixtures`. */
export function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'));
}

/** The case of a name; fails if there is none. */
export function named<T extends { name: string }>(cases: readonly T[], name: string): T {
  const found = cases.find((c) => c.name === name);
  if (found === undefined) throw new Error(`no case "${name}"`);
  return found;
}
