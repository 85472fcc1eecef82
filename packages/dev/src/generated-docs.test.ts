import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { generatedDocs, outdatedDocs, writeDocs } from './generated-docs.js';
import { toyModel } from './testing/toy-model.js';

const PAGE = 'docs/parameters/graphsc.md';
const OLD_PAGE = 'docs/parameters/gone.md';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dance-docs-'));
  mkdirSync(join(root, 'docs'));
  const region = '# Title\n\n<!-- models:begin -->\n\n<!-- models:end -->\n\nrest\n';
  writeFileSync(join(root, 'README.md'), region);
  writeFileSync(join(root, 'docs', 'models.md'), region);
  writeFileSync(join(root, 'docs', 'models.json'), '[]');
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

const outdated = (): string[] => outdatedDocs(root, generatedDocs(root, [toyModel]));

describe('generated documents', () => {
  test('are out of date before the first run and up to date after it', () => {
    expect(outdated()).toEqual(['README.md', 'docs/models.md', PAGE]);
    writeDocs(root, generatedDocs(root, [toyModel]));
    expect(outdated()).toEqual([]);
    expect(readFileSync(join(root, 'README.md'), 'utf8')).toMatch(/\[Toy\][\s\S]*rest\n$/);
  });

  test('are out of date again when a file is edited by hand', () => {
    writeDocs(root, generatedDocs(root, [toyModel]));
    writeFileSync(join(root, PAGE), 'edited');
    expect(outdated()).toEqual([PAGE]);
  });

  test('lose the page of a model that is gone', () => {
    writeDocs(root, generatedDocs(root, [toyModel]));
    writeFileSync(join(root, OLD_PAGE), 'old');
    expect(outdated()).toEqual([OLD_PAGE]);
    writeDocs(root, generatedDocs(root, [toyModel]));
    expect(existsSync(join(root, OLD_PAGE))).toBe(false);
  });
});
