import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TASKS, type RegisteredModel } from '@dance-ts/core';
import { format, resolveConfig } from 'prettier';
import { replaceRegion } from './markdown.js';
import { measuredSection, withMeasured } from './measured.js';
import { modelPage } from './model-page.js';
import { mergeModels, parseModelRows } from './model-rows.js';
import { examplePath, modelPagePath, modelTables, sourcePath } from './model-tables.js';
import { packageReadme } from './package-readme.js';
import { benchmarkOverview, benchmarkPath } from './task-pages.js';
import { publicPackages } from './workspace.js';

const MODEL_PAGES = 'docs/models';

/** Path from the root of the repository, and the content the file should have; none if obsolete. */
export interface GeneratedFile {
  readonly path: string;
  readonly content: string | undefined;
}

/** A document that is there. */
interface Page extends GeneratedFile {
  readonly content: string;
}

/**
 * Every generated document as it should be, for the models that are registered.
 *
 * @throws FormatError if a model has no documentation, or a document lacks its region
 */
export async function generatedDocs(
  root: string,
  registered: readonly RegisteredModel[],
): Promise<GeneratedFile[]> {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8');
  const rows = mergeModels(parseModelRows(read('docs/models.json')), registered);
  const pages = registered.map(({ spec }) => modelPagePath(spec));
  const inReadme = modelTables(rows, { toRoot: '', heading: '###', titles: false });
  const inDocs = modelTables(rows, { toRoot: '../', heading: '##', titles: true });
  const files: Page[] = [
    { path: 'README.md', content: replaceRegion(read('README.md'), 'models', inReadme) },
    { path: 'docs/models.md', content: replaceRegion(read('docs/models.md'), 'models', inDocs) },
    ...registered.map((entry) => pageOf(root, entry)),
    ...examples(root, registered),
    ...taskPages(root),
    ...packageReadmes(root, registered),
  ];
  return [
    ...(await Promise.all(files.map((file) => formatted(root, file)))),
    ...pagesIn(root)
      .filter((path) => !pages.includes(path))
      .map((path) => ({ path, content: undefined })),
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

function pageOf(root: string, entry: RegisteredModel): Page {
  const { spec } = entry;
  const content = modelPage(entry, {
    source: current(root, sourcePath(spec)) ?? '',
    example: current(root, examplePath(spec)) ?? '',
    report: current(root, benchmarkPath(spec.task)),
  });
  return { path: modelPagePath(spec), content };
}

/** Examples are written by hand but for what the benchmark measured. */
function examples(root: string, registered: readonly RegisteredModel[]): Page[] {
  return registered.flatMap(({ spec }) => {
    const path = examplePath(spec);
    const example = current(root, path);
    if (example === undefined) return [];
    const reportPath = benchmarkPath(spec.task);
    const report = current(root, reportPath) ?? '';
    return [{ path, content: withMeasured(example, measuredSection(report, reportPath, spec)) }];
  });
}

/** Task pages are written by hand but for the figures of the benchmark. */
function taskPages(root: string): Page[] {
  return TASKS.flatMap((task) => {
    const path = `docs/tasks/${task}.md`;
    const page = current(root, path);
    if (page === undefined) return [];
    const overview = benchmarkOverview(task, current(root, benchmarkPath(task)));
    return [{ path, content: replaceRegion(page, 'benchmark', overview) }];
  });
}

function packageReadmes(root: string, registered: readonly RegisteredModel[]): Page[] {
  return publicPackages(root).map((one) => {
    const index = current(root, `${one.folder}/src/index.ts`) ?? '';
    return { path: `${one.folder}/README.md`, content: packageReadme(one, index, registered) };
  });
}

async function formatted(root: string, file: Page): Promise<GeneratedFile> {
  if (!file.path.endsWith('.md')) return file;
  const config = await resolveConfig(join(root, file.path));
  return { ...file, content: await format(file.content, { ...config, parser: 'markdown' }) };
}

function current(root: string, path: string): string | undefined {
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function pagesIn(root: string): string[] {
  const folder = join(root, MODEL_PAGES);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `${MODEL_PAGES}/${name}`);
}
