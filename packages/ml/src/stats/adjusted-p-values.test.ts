import { expect, test } from '@jest/globals';
import { expectClose } from '../testing/expect-close.js';
import { benjaminiHochberg, bonferroni } from './adjusted-p-values.js';

test('Benjamini and Hochberg: sorted values times n / rank, made monotone from the largest', () => {
  const adjusted = benjaminiHochberg([0.9, 0.001, 0.03, 0.029, 0.03]);
  expectClose(adjusted, [0.9, 0.005, 0.0375, 0.0375, 0.0375], 1e-15);
  expect(benjaminiHochberg([])).toHaveLength(0);
});

test('Bonferroni: times their number, at most 1', () => {
  expect(Array.from(bonferroni([0.25, 0.5, 0.125]))).toEqual([0.75, 1, 0.375]);
});
