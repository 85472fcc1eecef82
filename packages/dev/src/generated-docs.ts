import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RegisteredModel } from '@dance-ts/core';
import { replaceRegion } from './markdown.js';
import { mergeModels, parseModelRows } from './model-rows.js';
import { modelTables, parameterPagePath } from './model-tables.js';
import { parameterPage } from './parameter-page.js';

const PARAMETER_PAGES = 'docs/parameters';

/** Path from the root of the repository, and the content the file should have; none if obsolete. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string | undefined;
}

/** Every generated document as it should be, for the models that are registered. */
export function generatedDocs(
  root: string,
  registered: readonly RegisteredModel[],
): GeneratedFile[] {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const rows = mergeModels(parseModelRows(read('docs/models.json')), registered);
  const pages = registered.map((entry) => ({
    path: parameterPagePath(entry.spec),
    content: parameterPage(entry),
  }));
  const obsolete = parameterPagesIn(root)
    .filter((path) => !pages.some((page) => page.path === path))
    .map((path) => ({ path, content: undefined }));
  const inReadme = modelTables(rows, { toRoot: '', heading: '###', titles: false });
  const inDocs = modelTables(rows, { toRoot: '../', heading: '##', titles: true });
  return [
    { path: 'README.md', content: replaceRegion(read('README.md'), 'models', inReadme) },
    { path: 'docs/models.md', content: replaceRegion(read('docs/models.md'), 'models', inDocs) },
    ...pages,
    ...obsolete,
  ];
}

/** Paths of the documents that are not up to date. */
export function outdatedDocs(root: string, files: readonly GeneratedFile[]): string[] {
  return files.filter(({ path, content }) => content !== current(root, path)).map((f) => f.path);
}

/** Brings the documents up to date. */
export function writeDocs(root: string, files: readonly GeneratedFile[]): void {
  for (const { path, content } of files) {
    const target = join(root, path);
    if (content === undefined) {
      rmSync(target);
    } else {
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, content);
    }
  }
}

function current(root: string, path: string): string | undefined {
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function parameterPagesIn(root: string): string[] {
  const folder = join(root, PARAMETER_PAGES);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `${PARAMETER_PAGES}/${name}`);
}
