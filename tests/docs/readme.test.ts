import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { repositoryRoot } from '../../packages/dev/src/repository.js';
import { runScript } from '../../packages/dev/src/testing/run-script.js';

const TIME_LIMIT_MS = 120_000;
const read = (name: string): string => readFileSync(join(repositoryRoot(), name), 'utf8');
const readme = read('README.md');

/** The first TypeScript block after a marker. */
function snippetAfter(marker: string): string {
  const block = /```ts\n([\s\S]*?)```/.exec(readme.slice(readme.indexOf(marker)));
  if (!readme.includes(marker) || block?.[1] === undefined) {
    throw new Error(`README.md has no TypeScript block after ${marker}`);
  }
  return block[1];
}

describe('README.md', () => {
  test(
    'shows code that runs and finds the simulated clusters',
    () => {
      const snippet = snippetAfter('<!-- usage -->');
      const { status, stdout, stderr } = runScript({ snippet }, TIME_LIMIT_MS);
      expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
      const [, cells, ari] = /^(\d+) cells, ARI (\d\.\d\d)\n$/.exec(stdout) ?? [];
      expect(Number(cells)).toBeGreaterThan(100);
      expect(Number(ari)).toBeGreaterThan(0.5);
    },
    TIME_LIMIT_MS,
  );
});
