import { readFileSync } from 'node:fs';

/** A file of reference values. */
export function golden(topic: string): unknown {
  const file = new URL(`../../../../tests/golden/${topic}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** The cases of a file of reference values. */
export function goldenCases(topic: string): unknown {
  return (golden(topic) as { cases: unknown }).cases;
}
