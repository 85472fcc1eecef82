import { readFileSync } from 'node:fs';

/** Matrix of a golden file; `null` is NaN. */
export type GoldenRows = readonly (readonly (number | null)[])[];

/** Parsed golden file of that topic, to be narrowed to its type. */
export function readGolden(topic: string): unknown {
  const url = new URL(`../../../../tests/golden/${topic}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'));
}

/** The case of that name. */
export function goldenCase<T extends { readonly name: string }>(
  cases: readonly T[],
  name: string,
): T {
  const found = cases.find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`no golden case ${name}`);
  return found;
}
