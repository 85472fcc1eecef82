import { readFileSync } from 'node:fs';

/** A file of reference values, parsed. */
export function golden(topic: string): unknown {
  const file = new URL(`../../../../tests/golden/${topic}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Whether a value is the expected one to a tolerance relative to max(1, |expected|); null is NaN. */
export function isClose(value: number, expected: number | null, tolerance: number): boolean {
  if (expected === null) return Number.isNaN(value);
  return Math.abs(value - expected) <= tolerance * Math.max(1, Math.abs(expected));
}
