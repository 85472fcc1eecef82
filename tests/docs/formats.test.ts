import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AnnData, CsrMatrix } from '@dance-ts/core';
import { readDataset, writeCsv, writeH5ad } from '@dance-ts/io';
import { transformSync } from '@swc/core';
import { refuseRds } from '../../packages/io/src/readers/refuse-rds.js';
import { MemorySource } from '../../packages/io/src/storage/byte-storage.js';
import { repositoryRoot } from '../../packages/dev/src/repository.js';
import { blocksOf as blocksIn, textOf } from './documents.js';

const TIME_LIMIT_MS = 120_000;
const DANCE = join(repositoryRoot(), 'packages/cli/dist/dance.js');
const blocks = blocksIn(textOf('docs/formats.md'));

function blocksOf(language: string): string[] {
  return blocks.filter((block) => block.language === language).map(({ code }) => code);
}

/** Within the repository, so that scripts find its packages. */
const cache = join(repositoryRoot(), 'node_modules', '.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'formats-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function run(script: string, args: readonly string[] = []): void {
  const { status, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: TIME_LIMIT_MS,
  });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
}

describe('docs/formats.md', () => {
  const data = AnnData.fromMatrix(CsrMatrix.fromTriplets(3, 4, [0, 1, 2], [1, 0, 3], [1, 2, 3]));

  beforeAll(async () => {
    await writeH5ad(join(folder, 'cells.h5ad'), data);
    // A name tells nothing: what is within counts.
    cpSync(join(folder, 'cells.h5ad'), join(folder, 'filtered_feature_bc_matrix.h5'));
    const genes = AnnData.fromMatrix(data.X.toDense().transpose());
    await writeCsv(join(folder, 'genes-by-cells.csv'), genes);
  });

  test(
    'shows commands that run',
    async () => {
      const commands = blocksOf('sh').flatMap((block) => block.trim().split('\n'));
      expect(commands.length).toBeGreaterThan(3);
      rmSync(join(folder, 'cells.h5ad'));
      for (const command of commands) {
        const [program, ...args] = command.split(' ');
        expect(program).toBe('dance');
        run(DANCE, args);
        expect((await readDataset(join(folder, 'cells.h5ad'))).X).toEqual(data.X);
      }
      for (const name of ['cells.zarr', 'cells.csv.gz', 'tenx-folder', 'by-cells.h5ad']) {
        expect((await readDataset(join(folder, name))).X.toDense()).toEqual(data.X.toDense());
      }
    },
    TIME_LIMIT_MS,
  );

  test(
    'shows code that runs',
    () => {
      const programs = blocksOf('ts');
      expect(programs).toHaveLength(2);
      programs.forEach((block, b) => {
        const path = join(folder, `block-${b}.mjs`);
        const { code } = transformSync(block, {
          jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        });
        writeFileSync(path, code);
        run(path);
      });
    },
    TIME_LIMIT_MS,
  );

  test('shows the lines of R that the error names', async () => {
    const source = new MemorySource('cells.rds', new Uint8Array(0));
    const message = await refuseRds(source).catch(String);
    for (const block of blocksOf('r')) expect(message).toContain(block.trim().replace('\n', '; '));
  });
});
