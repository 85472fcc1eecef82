import { readFileSync } from 'node:fs';

/** One named case of a golden file, read with its types checked. */
export class GoldenCase {
  constructor(private readonly fields: Readonly<Record<string, unknown>>) {}

  /** A number. */
  number(key: string): number {
    const value = this.fields[key];
    if (typeof value !== 'number') throw new Error(`golden field "${key}" is not a number`);
    return value;
  }

  /** A list of numbers, or a matrix row by row. */
  numbers(key: string): number[] {
    return this.list(key).flat().map(Number);
  }

  /** The rows of a matrix. */
  rows(key: string): number[][] {
    return this.list(key).map((row) => (Array.isArray(row) ? row.map(Number) : [Number(row)]));
  }

  /** The case inside a field. */
  inner(key: string): GoldenCase {
    return new GoldenCase(this.fields[key] as Readonly<Record<string, unknown>>);
  }

  /** The number, or undefined if there is no such field. */
  optional(key: string): number | undefined {
    return this.fields[key] === undefined ? undefined : this.number(key);
  }

  private list(key: string): unknown[] {
    const value = this.fields[key];
    if (!Array.isArray(value)) throw new Error(`golden field "${key}" is not a list`);
    return value as unknown[];
  }
}

/** A block of `tests/golden/<topic>.json` beside its cases. */
export function goldenField(topic: string, key: string): GoldenCase {
  return new GoldenCase(goldenFile(topic)).inner(key);
}

/** A case of `tests/golden/<topic>.json`. */
export function goldenCase(topic: string, name: string): GoldenCase {
  const { cases } = goldenFile(topic);
  const found = cases.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no golden case "${name}" in ${topic}.json`);
  return new GoldenCase({ ...found });
}

function goldenFile(topic: string): { cases: { name: string }[] } & Record<string, unknown> {
  const file = new URL(`../../../../tests/golden/${topic}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as { cases: { name: string }[] };
}
