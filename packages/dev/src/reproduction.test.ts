import { describe, expect, test } from '@jest/globals';
import { reproductionOf } from './reproduction.js';

const EXAMPLE = `await runExample({ model: Toy });

/*
Reproduction. Default settings.

toys:

  npm run example -- toy --dataset toys \\
    --seed 0
  npm run example -- toy

             ARI
  toy       0.50

That is all.
*/
`;

describe('reproductionOf', () => {
  test('shows commands and tables of the closing comment as blocks', () => {
    expect(reproductionOf(EXAMPLE)).toBe(
      [
        'Default settings.',
        'toys:',
        '```sh\nnpm run example -- toy --dataset toys \\\n  --seed 0\nnpm run example -- toy\n```',
        '```text\n           ARI\ntoy       0.50\n```',
        'That is all.',
      ].join('\n\n'),
    );
  });

  test('has nothing to show of an example without the comment', () => {
    expect(reproductionOf('/* Settings */\nawait runExample({});\n')).toBeUndefined();
  });
});
