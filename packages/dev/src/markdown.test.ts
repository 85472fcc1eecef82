import { describe, expect, test } from '@jest/globals';
import { FormatError } from '@dance-ts/core';
import { format } from 'prettier';
import { markdownTable, replaceRegion } from './markdown.js';

describe('markdownTable', () => {
  const table = markdownTable(
    ['a', 'longer'],
    [
      ['scSAG²E', 'x|y'],
      ['b', ''],
    ],
  );

  test('pads the columns and escapes bars', () => {
    expect(table.split('\n')).toEqual([
      '| a       | longer |',
      '| ------- | ------ |',
      '| scSAG²E | x\\|y   |',
      '| b       |        |',
    ]);
  });

  test('is what the formatter would write', async () => {
    expect(await format(table, { parser: 'markdown' })).toBe(`${table}\n`);
  });
});

describe('replaceRegion', () => {
  const text = 'before\n<!-- x:begin -->\nold\n<!-- x:end -->\nafter';

  test('replaces what stands between the markers, and only that', () => {
    const replaced = replaceRegion(text, 'x', 'new');
    expect(replaced).toBe('before\n<!-- x:begin -->\n\nnew\n\n<!-- x:end -->\nafter');
    expect(replaceRegion(replaced, 'x', 'new')).toBe(replaced);
  });

  test('refuses a text without the markers, or with the end first', () => {
    expect(() => replaceRegion('nothing', 'x', 'new')).toThrow(FormatError);
    expect(() => replaceRegion('<!-- x:end --><!-- x:begin -->', 'x', 'new')).toThrow(FormatError);
  });
});
