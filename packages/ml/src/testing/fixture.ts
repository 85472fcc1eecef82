import { readFileSync } from 'node:fs';

/** Reference values that stand in a file of `testing/fixtures`. */
export function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'));
}
