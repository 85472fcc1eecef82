import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { listTransforms } from '@dance-ts/transforms';
import { outdatedDocs } from './generated-docs.js';
import { parseModelRows } from './model-rows.js';
import { repositoryRoot } from './repository.js';
import { transformsPage } from './transforms-page.js';

const page = transformsPage();
const lines = (page.content ?? '').split('\n');

describe('the page of transforms', () => {
  test('is up to date; npm run readme writes it', () => {
    expect(outdatedDocs(repositoryRoot(), [page])).toEqual([]);
  });

  test.each(listTransforms().map(({ spec }) => [spec.name, spec] as const))(
    '%s has a line with its users, or says that it has none',
    (name, spec) => {
      const own = lines.filter((line) => new RegExp(`^\\| \`${name}\``).test(line));
      expect(own).toHaveLength(1);
      const users = own[0]
        ?.split(' | ')
        .at(-1)
        ?.replace(/\s*\|$/, '')
        .trim();
      expect(users).toBe(spec.usedBy.length > 0 ? spec.usedBy.join(', ') : 'none');
      expect(own[0]).toContain(spec.source.replaceAll('|', '\\|'));
    },
  );

  test('names users as the list of models does', () => {
    const json = readFileSync(join(repositoryRoot(), 'docs/models.json'), 'utf8');
    const models = new Set(parseModelRows(json).map(({ name }) => name));
    const users = listTransforms().flatMap(({ spec }) => spec.usedBy);
    expect(users.length).toBeGreaterThan(50);
    expect(users.filter((name) => !models.has(name))).toEqual([]);
  });

  test('shows defaults, formulas with bars, and no group without transforms', () => {
    const [row] =
      transformsPage([
        {
          ...{ name: 'Toy', group: 'graph', summary: 'Does it.', source: 'A book', usedBy: [] },
          formula: '|a| > b',
          params: [
            {
              name: 'k',
              type: 'integer',
              defaultValue: 5,
              nullable: false,
              description: 'Neighbors',
            },
            {
              name: 'key',
              type: 'string',
              defaultValue: undefined,
              nullable: false,
              description: '',
            },
          ],
        },
      ])
        .content?.split('\n')
        .slice(-2) ?? [];
    expect(row).toMatch(
      /^\| `Toy`: k `5`, key +\| Does it\. +\| `\\\|a\\\| > b` \| A book \| none +\|$/,
    );
    expect(lines.filter((line) => line.startsWith('## ')).length).toBeGreaterThan(4);
  });
});
