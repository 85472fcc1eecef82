import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { renderCatalogue } from './render.js';

const PAGE = new URL('../../../../docs/datasets.md', import.meta.url);

// To write the page anew: DANCE_UPDATE_DOCS=1 npx jest packages/datasets/src/catalogue/render
test('docs/datasets.md is what the catalogue says', () => {
  const page = renderCatalogue();
  if (process.env['DANCE_UPDATE_DOCS'] === '1') writeFileSync(PAGE, page);
  expect(readFileSync(PAGE, 'utf8')).toBe(page);
});
