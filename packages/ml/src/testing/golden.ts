import { readFileSync } from 'node:fs';

/** The cases of a file of reference values. */
export function goldenCases(topic: string): unknown {
  const file = new URL(`../../../../tests/golden/${topic}.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { cases: unknown }).cases;
}
