import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { generatedDocs, outdatedDocs, writeDocs } from './generated-docs.js';
import { toyModel } from './testing/toy-model.js';

const PAGE = 'docs/models/graphsc.md';
const OLD_PAGE = 'docs/models/gone.md';
const TASK_PAGE = 'docs/tasks/clustering.md';
const EXAMPLE = 'examples/single-modality/clustering/graphsc.ts';
const REPORT = 'docs/benchmarks/clustering.md';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dance-docs-'));
  const region = '# Title\n\n<!-- models:begin -->\n\n<!-- models:end -->\n\nrest\n';
  write('README.md', region);
  write('docs/models.md', region);
  write('docs/models.json', '[]');
  write(TASK_PAGE, '# Task\n\n<!-- benchmark:begin -->\n\n<!-- benchmark:end -->\n');
  write(
    'packages/modules/single-modality/clustering/src/graphsc.ts',
    '/** A toy. */\nexport class Toy {}\n',
  );
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const docs = (): ReturnType<typeof generatedDocs> => generatedDocs(root, [toyModel]);
const outdated = async (): Promise<string[]> => outdatedDocs(root, await docs());

describe('generated documents', () => {
  test('are out of date before the first run and up to date after it', async () => {
    expect(await outdated()).toEqual(['README.md', 'docs/models.md', PAGE, TASK_PAGE]);
    writeDocs(root, await docs());
    expect(await outdated()).toEqual([]);
    expect(read('README.md')).toMatch(/\[Toy\][\s\S]*rest\n$/);
  });

  test('are out of date again when a file is edited by hand', async () => {
    writeDocs(root, await docs());
    write(PAGE, 'edited');
    expect(await outdated()).toEqual([PAGE]);
  });

  test('show the figures of the benchmark once there are any', async () => {
    write(EXAMPLE, 'await runExample({});\n\n/*\nReproduction.\n*/\n');
    writeDocs(root, await docs());
    expect(read(PAGE)).toContain('Not measured yet.');
    expect(read(TASK_PAGE)).toContain('Not measured yet.');
    const table =
      '| method | seeds | ARI |\n| --- | --- | --- |\n| **graphsc** | 5 | 0.500 ± 0.1 |';
    write(REPORT, `# Benchmark\n\n## mice\n\n${table}\n`);
    expect(await outdated()).toEqual([PAGE, EXAMPLE, TASK_PAGE]);
    writeDocs(root, await docs());
    expect(read(PAGE)).toMatch(/\| mice +\| \*\*graphsc\*\* \| 5 +\| 0\.500 ± 0\.1 \|/);
    expect(read(EXAMPLE)).toMatch(/ {2}mice +5 +0\.500 ± 0\.1\n[\s\S]*\*\/\n$/);
    expect(read(PAGE)).not.toContain('Measured by the benchmark');
    expect(read(TASK_PAGE)).toMatch(/\| \[graphsc\]\(\.\.\/models\/graphsc\.md\) \| 0\.500 \|/);
  });

  test('lose the page of a model that is gone', async () => {
    writeDocs(root, await docs());
    write(OLD_PAGE, 'old');
    expect(await outdated()).toEqual([OLD_PAGE]);
    writeDocs(root, await docs());
    expect(existsSync(join(root, OLD_PAGE))).toBe(false);
  });
});
