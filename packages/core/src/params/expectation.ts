import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

const TYPES: Readonly<Record<string, string>> = {
  int: 'an integer',
  boolean: 'true or false',
  string: 'a text',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  null: 'null',
};

/**
 * What a schema expected, in the words of this library's messages.
 *
 * @param value - what was found instead
 */
export function expectationOf(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeText(issue.expected, value);
    case 'invalid_value':
      return choicesText(issue.values);
    case 'too_small':
      return limitText(issue.origin, issue.inclusive === false ? '>' : '>=', issue.minimum);
    case 'too_big':
      return limitText(issue.origin, issue.inclusive === false ? '<' : '<=', issue.maximum);
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'invalid_format':
      return issue.pattern === undefined
        ? `a text: ${issue.format}`
        : `a text like ${issue.pattern}`;
    case 'invalid_union':
      return issue.errors
        .flatMap((branch) => branch.slice(0, 1))
        .map((first) => expectationOf(first, value))
        .join(' or ');
    default:
      return issue.message;
  }
}

function typeText(expected: string, value: unknown): string {
  if (expected === 'number') return typeof value === 'number' ? 'a finite number' : 'a number';
  return TYPES[expected] ?? expected;
}

function choicesText(values: readonly unknown[]): string {
  const texts = values.map((value) =>
    typeof value === 'string' ? JSON.stringify(value) : String(value),
  );
  return texts.length === 1 ? (texts[0] ?? '') : `one of ${texts.join(', ')}`;
}

function limitText(origin: string, relation: string, limit: number | bigint): string {
  switch (origin) {
    case 'string':
      return `a text with ${relation} ${limit} characters`;
    case 'array':
      return `a list with ${relation} ${limit} entries`;
    case 'int':
      return `an integer ${relation} ${limit}`;
    default:
      return `a number ${relation} ${limit}`;
  }
}
