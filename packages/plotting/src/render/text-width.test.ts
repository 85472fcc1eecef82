import { describe, expect, test } from '@jest/globals';
import { textWidth } from './text-width.js';

describe('textWidth', () => {
  test('adds the advances of the font: T 1128, c 981, e 1150, l 517, l 517 of 2048', () => {
    expect(textWidth('Tcell', 12)).toBeCloseTo((12 * (1128 + 981 + 1150 + 517 + 517)) / 2048, 10);
  });

  test('is wider in bold, and for other scripts about as wide as their letters', () => {
    expect(textWidth('abc', 10, 600)).toBeCloseTo(textWidth('abc', 10, 400) * 1.04, 10);
    expect(textWidth('abc', 10, 'bold')).toBe(textWidth('abc', 10, 700));
    expect(textWidth('β', 2048)).toBe(1250);
    expect(textWidth('細胞', 10)).toBe(20);
    expect(textWidth('', 10)).toBe(0);
  });
});
