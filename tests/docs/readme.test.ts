import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { transformSync } from '@swc/core';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const TIME_LIMIT_MS = 120_000;

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The first TypeScript block after a marker. */
function snippetAfter(marker: string): string {
  const block = /```ts\n([\s\S]*?)```/.exec(readme.slice(readme.indexOf(marker)));
  if (!readme.includes(marker) || block?.[1] === undefined) {
    throw new Error(`README.md has no TypeScript block after ${marker}`);
  }
  return block[1];
}

/** Runs TypeScript as a user's script would run, inside the repository so that imports resolve. */
function runScript(source: string): Outcome {
  const { code } = transformSync(source, {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  });
  const cache = join(ROOT, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'readme-'));
  try {
    const file = join(folder, 'snippet.mjs');
    writeFileSync(file, code);
    return spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: TIME_LIMIT_MS });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('README.md', () => {
  test(
    'shows code that runs and finds the simulated clusters',
    () => {
      const { status, stdout, stderr } = runScript(snippetAfter('<!-- usage -->'));
      expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
      const [, cells, ari] = /^(\d+) cells, ARI (\d\.\d\d)\n$/.exec(stdout) ?? [];
      expect(Number(cells)).toBeGreaterThan(100);
      expect(Number(ari)).toBeGreaterThan(0.5);
    },
    TIME_LIMIT_MS,
  );

  test('names commands that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = Array.from(readme.matchAll(/npm run ([a-z:-]+)/g), (match) => match[1] ?? '');
    expect(named).toEqual(expect.arrayContaining(['example', 'docs', 'new-model']));
    for (const name of [...named, 'start', 'test']) expect(Object.keys(scripts)).toContain(name);
  });
});
