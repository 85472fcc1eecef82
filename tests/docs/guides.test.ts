import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { repositoryRoot } from '../../packages/dev/src/repository.js';
import { typeErrors } from '../../packages/dev/src/testing/type-errors.js';

const TIME_LIMIT_MS = 120_000;
const folder = join(repositoryRoot(), 'docs');

/** The TypeScript blocks of a guide as one program: each goes on from those before it. */
function programOf(guide: string): string {
  const text = readFileSync(join(folder, guide), 'utf8');
  const lines = Array.from(text.matchAll(/```ts\n([\s\S]*?)```/g), (match) => match[1] ?? '')
    .join('\n')
    .split('\n');
  // A block repeats the imports it needs, so that it can be read alone.
  return lines
    .filter((line, i) => !line.startsWith('import ') || lines.indexOf(line) === i)
    .join('\n');
}

const guides = readdirSync(folder).filter((name) => name.endsWith('.md'));

describe('the guides', () => {
  const programs = guides
    .map((name) => [join(folder, `${name}.ts`), programOf(name)] as const)
    .filter(([, program]) => program !== '');

  test('show code', () => {
    expect(programs.length).toBeGreaterThan(0);
  });

  test(
    'show code with the right types',
    () => {
      expect(typeErrors(new Map(programs))).toEqual([]);
    },
    TIME_LIMIT_MS,
  );
});
