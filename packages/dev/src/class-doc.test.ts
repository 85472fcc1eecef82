import { describe, expect, test } from '@jest/globals';
import { FormatError } from '@dance-ts/core';
import { classDoc } from './class-doc.js';

const SOURCE = `/** Another one. */
const other = 1;

/**
 * Toy: learns nothing.
 *
 * Minimizes a
 * + b + c (see {@link other}), not <b>.
 *
 * - an item
 *   of two lines
 *
 * Memory: eight bytes a cell.
 *
 * Departures from the paper: none. Departures from DANCE: all.
 *
 * Source: Doe & Roe, A toy, 2001.
 */
export class Toy extends Base {
  /** Not this. */
  id = 'toy';
}

export class Bare {}
`;

describe('classDoc', () => {
  test('cuts the comment of the class into its parts', () => {
    expect(classDoc(SOURCE, 'Toy')).toEqual({
      description: [
        'Toy: learns nothing.',
        'Minimizes a\n\\+ b + c (see `other`), not \\<b>.',
        '- an item\n  of two lines',
      ].join('\n\n'),
      memory: 'Eight bytes a cell.',
      departures: 'Departures from the paper: none. Departures from DANCE: all.',
      source: 'Doe & Roe, A toy, 2001.',
    });
  });

  test('refuses a class without comment, and one that is not there', () => {
    expect(() => classDoc(SOURCE, 'Bare')).toThrow(FormatError);
    expect(() => classDoc(SOURCE, 'None')).toThrow('class None has no documentation');
  });
});
