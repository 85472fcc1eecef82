import { join, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { repositoryRoot } from '../../packages/dev/src/repository.js';
import { typeErrors } from '../../packages/dev/src/testing/type-errors.js';
import { blocksOf, documents, programOf, textOf } from './documents.js';

const TIME_LIMIT_MS = 240_000;
/** Blocks that are type-checked, run, or shown to be commands by these tests; and plain text. */
const LANGUAGES = ['ts', 'sh', 'r', 'python', 'text', ''];

describe('code in documents', () => {
  const programs = documents()
    .map((path) => [join(repositoryRoot(), `${path}.ts`), programOf(textOf(path))] as const)
    .filter(([, program]) => program !== '');

  test('is in the README, the guides, the pages of tasks and those of models', () => {
    const paths = programs.map(([path]) => relative(repositoryRoot(), path));
    for (const folder of ['README', 'docs/getting-started', 'docs/tasks/', 'docs/models/']) {
      expect(paths.filter((path) => path.startsWith(folder))).not.toEqual([]);
    }
  });

  test(
    'has the right types',
    () => {
      expect(typeErrors(new Map(programs))).toEqual([]);
    },
    TIME_LIMIT_MS,
  );

  test.each(documents())('is of a kind that is checked: %s', (path) => {
    const unknown = blocksOf(textOf(path)).filter(({ language }) => !LANGUAGES.includes(language));
    expect(unknown).toEqual([]);
  });
});
