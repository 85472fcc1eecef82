import { describe, expect, test } from '@jest/globals';
import { parameterTables } from './parameter-tables.js';
import { toyModel } from './testing/toy-model.js';

describe('parameterTables', () => {
  const page = parameterTables(toyModel);
  const cells = page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

  test('shows type, default, range and meaning of every parameter', () => {
    expect(cells).toEqual([
      ['`nClusters`', 'integer', '`3`', '2 to 9', 'Number of a\\|b groups'],
      ['`shape`', 'string', '`"flat"`', '`"round"`, `"flat"`', 'Shape'],
      ['`parts`', 'integer', '`"auto"`', 'from 2, or `"auto"`', 'Parts'],
      ['`note`', 'string', 'none', '', 'Free text'],
      ['`rate`', 'number or null', '`null`', 'from 0.5', 'Rate'],
      ['`step`', 'number', '`1`', 'above 0', 'Step'],
    ]);
  });

  test('says so where there are none', () => {
    expect(page).toContain('### `model.preprocess(data, params)`\n\nNo parameters.');
  });
});
