import { describe, expect, test } from '@jest/globals';
import { mergeModels, parseModelRows } from './model-rows.js';
import { modelTables, sourcePath } from './model-tables.js';
import { toyModel } from './testing/toy-model.js';

const planned = parseModelRows(
  JSON.stringify([
    {
      id: 'card',
      name: 'CARD',
      task: 'cell-type-deconvo',
      paper: { title: 'Long title', venue: 'Venue', year: 2022 },
      backbone: 'NMF',
      status: 'planned',
    },
  ]),
);
const rows = mergeModels(planned, [toyModel]);

describe('modelTables', () => {
  const short = modelTables(rows, { toRoot: '', heading: '###', titles: false });
  const long = modelTables(rows, { toRoot: '../', heading: '##', titles: true });

  test('counts what is available', () => {
    expect(short.split('\n')[0]).toBe('1 of 2 models available.');
  });

  test('has one table for each of the eight tasks', () => {
    expect(short.match(/^### /gm)).toHaveLength(8);
    expect(short.match(/^\| Model/gm)).toHaveLength(8);
  });

  test('links an available model to its source, its page and the DOI of its paper', () => {
    const source = 'packages/modules/single-modality/clustering/src/graphsc.ts';
    expect(sourcePath({ id: 'graphsc', task: 'clustering' })).toBe(source);
    expect(short).toContain(
      `[Toy](${source}) | [Doe & Roe, Toys 1, 2001](https://doi.org/10.1/toy)`,
    );
    expect(short).toContain('[available](docs/models/graphsc.md)');
    expect(long).toContain(`[Toy](../${source})`);
    expect(long).toContain('[available](../docs/models/graphsc.md)');
  });

  test('names a planned model without a link, its title in the long form only', () => {
    expect(short).toMatch(/\| CARD +\| Venue, 2022 +\| NMF +\| planned +\|/);
    expect(long).toMatch(/\| CARD +\| "Long title", Venue, 2022 \|/);
  });
});
