import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { exampleFile, listExamples } from './examples.js';

const root = mkdtempSync(join(tmpdir(), 'dance-examples-'));
const folder = join(root, 'examples', 'dist', 'spatial', 'spatial-domain');
mkdirSync(folder, { recursive: true });
for (const name of ['stagate.js', 'louvain.js', 'louvain.d.ts']) {
  writeFileSync(join(folder, name), '');
}
writeFileSync(join(root, 'secret.js'), '');

afterAll(() => {
  rmSync(root, { recursive: true });
});

describe('examples', () => {
  test('are listed by name without folder and ending', () => {
    expect(listExamples(root)).toEqual([
      'spatial/spatial-domain/louvain',
      'spatial/spatial-domain/stagate',
    ]);
  });

  test('resolve to the built file', () => {
    expect(exampleFile(root, 'spatial/spatial-domain/stagate')).toBe(join(folder, 'stagate.js'));
  });

  test.each([['spatial/spatial-domain/none'], ['../../secret'], [undefined]])(
    'refuse %p and name those there are',
    (name) => {
      expect(() => exampleFile(root, name)).toThrow(/one of spatial\/spatial-domain\/louvain, /);
    },
  );

  test('ask for a build where there is none', () => {
    expect(() => exampleFile(join(root, 'examples', 'dist'), 'x')).toThrow(/npm run build/);
  });
});
