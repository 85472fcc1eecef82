import { expect, test } from '@jest/globals';
import { decodeLabels, encodeLabels } from './labels.js';

test('labels are a letter each, and come back', () => {
  const labels = Int32Array.of(0, 9, 10, 35, 36, 61, -1, 0);
  expect(encodeLabels(labels)).toBe('09AZaz.0');
  expect(decodeLabels('09AZaz.0')).toEqual(labels);
});

test('a label without a letter: no text', () => {
  expect(encodeLabels(Int32Array.of(0, 62))).toBeNull();
});
