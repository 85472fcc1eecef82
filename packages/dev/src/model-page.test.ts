import { describe, expect, test } from '@jest/globals';
import { modelPage } from './model-page.js';
import { toyModel } from './testing/toy-model.js';

const source = `/**
 * Toy: learns nothing.
 *
 * Memory: none.
 *
 * Departures from the paper: it learned.
 *
 * Source: Doe & Roe.
 */
export class Toy {}
`;
const report = '## mice\n\n| method | seeds | ARI |\n| - | - | - |\n| **graphsc** | 5 | 0.500 |\n';

const sectionOf = (page: string, title: string): string | undefined =>
  page
    .split(/^## /m)
    .find((section) => section.startsWith(`${title}\n`))
    ?.slice(title.length)
    .trim();

describe('modelPage', () => {
  const page = modelPage(toyModel, {
    ...{ source, report },
    example: 'await run();\n\n/*\nReproduction. One seed:\n\n  npm start\n*/\n',
  });

  test('has what the class documents', () => {
    expect(page).toContain('[Doe & Roe, "A toy", Toys 1, 2001](https://doi.org/10.1/toy).');
    expect(sectionOf(page, 'What it does')).toBe('Toy: learns nothing.\n\nEquations: Doe & Roe.');
    expect(sectionOf(page, 'Memory and time')).toBe('None.');
    expect(sectionOf(page, 'Departures')).toBe('Departures from the paper: it learned.');
    expect(page).toContain('- Data sets of its example: toys\n');
  });

  test('has code, parameters, reproduction and figures', () => {
    expect(sectionOf(page, 'In code')).toContain('const model = new Toy({ seed: 0 });');
    expect(sectionOf(page, 'Parameters')).toContain('| `nClusters` |');
    expect(sectionOf(page, 'Reproduction')).toBe('One seed:\n\n```sh\nnpm start\n```');
    expect(sectionOf(page, 'Benchmark')).toContain('| mice     | **graphsc** | 5     | 0.500 |');
  });

  test('says what is missing', () => {
    const bare = modelPage(toyModel, {
      ...{ source: '/** A toy. */\nexport class Toy {}', example: '', report: '## mice\n' },
    });
    expect(sectionOf(bare, 'Memory and time')).toBeUndefined();
    expect(sectionOf(bare, 'Departures')).toBe('The model lists none.');
    expect(sectionOf(bare, 'Reproduction')).toBe('Its example has no reproduction lines yet.');
    expect(sectionOf(bare, 'Benchmark')).toBe('Not measured yet.');
  });
});
