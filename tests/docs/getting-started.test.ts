import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readH5ad } from '@dance-ts/io';
import { repositoryRoot } from '../../packages/dev/src/repository.js';
import { commandsOf } from './command-lines.js';
import { blocksOf, programOf, textOf } from './documents.js';

const TIME_LIMIT_MS = 300_000;
const DANCE = join(repositoryRoot(), 'packages/cli/dist/dance.js');
const PNG = [0x89, 0x50, 0x4e, 0x47];
const page = textOf('docs/getting-started.md');
/** Installing the packed packages is tested in `tests/package`. */
const commands = commandsOf(page).filter((words) => {
  return words.includes('-e') || (words[0] === 'npx' && words[1] === 'dance');
});

/** Within the repository, so that programs find its packages as if they were installed. */
const cache = join(repositoryRoot(), 'node_modules', '.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'getting-started-'));
const at = (path: string): string => join(folder, path);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function node(args: readonly string[]): string {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => name !== 'NODE_OPTIONS'),
  );
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    ...{ cwd: folder, encoding: 'utf8', timeout: TIME_LIMIT_MS, env },
  });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

describe('docs/getting-started.md, followed in an empty folder', () => {
  beforeAll(() => {
    expect(commands.map((words) => words.slice(0, 3).join(' '))).toEqual([
      'node --input-type=module -e',
      'npx dance run',
      'npx dance plot',
    ]);
    for (const [program, ...words] of commands) {
      node(program === 'npx' ? [DANCE, ...words.slice(1)] : words);
    }
  }, TIME_LIMIT_MS);

  test('the command writes the pictures the page names', () => {
    const named = Array.from(page.matchAll(/`(pictures\/[^`]+\.png)`/g), ([, name = '']) => name);
    expect(named.length).toBeGreaterThan(3);
    for (const name of [...named, 'gene.png']) {
      expect([...readFileSync(at(name)).subarray(0, 4)]).toEqual(PNG);
      if (name !== 'gene.png') expect(existsSync(at(name.replace('.png', '.svg')))).toBe(true);
    }
  });

  test('and the results where the page says, beside what the input held', async () => {
    const data = await readH5ad(at('clustered.h5ad'));
    expect([data.nObs, data.nVars]).toEqual([600, 1000]);
    for (const [, place = '', key = ''] of page.matchAll(/`(obs|obsm|uns)\['(\w+)'\]`/g)) {
      const part = { obs: data.obs, obsm: data.obsm, uns: data.uns }[place];
      expect([place, key, part?.has(key)]).toEqual([place, key, true]);
    }
    expect(data.labels('graphsc').categories.length).toBeGreaterThan(2);
  });

  test(
    'the blocks of code are a program of plain JavaScript that does the same',
    async () => {
      writeFileSync(at('cells.mjs'), programOf(page));
      const lines = node(['cells.mjs']).trim().split('\n');
      const data = await readH5ad(at('from-code.h5ad'));
      expect(data.nObs).toBeGreaterThan(500);
      const { categories } = data.labels('graphsc');
      expect(lines.map((line) => line.split(' ')[0])).toEqual([...categories]);
      for (const name of ['umap.png', 'markers.png']) {
        expect([...readFileSync(at(name)).subarray(0, 4)]).toEqual(PNG);
      }
    },
    TIME_LIMIT_MS,
  );

  test('its Python is well-formed', () => {
    const blocks = blocksOf(page).filter(({ language }) => language === 'python');
    expect(blocks).toHaveLength(1);
    const parse = ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'];
    const { status, error } = spawnSync('python3', parse, { input: blocks[0]?.code ?? '' });
    if (error === undefined) expect(status).toBe(0);
    else console.warn('no python3: the Python of docs/getting-started.md was not parsed');
  });
});
