/**
 * `npm run new-model -- --task clustering --name MyModel --paper "Title" --year 2024`: writes the
 * skeleton of a model, its test and its example, and says what to do next.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { errorMessage, IoError, ParamError } from '@dance-ts/core';
import { repositoryRoot } from './repository.js';
import { runCommand } from './run-command.js';
import { modelSkeleton, type Skeleton, type SkeletonOptions } from './skeleton.js';

const USAGE =
  'npm run new-model -- --task clustering --name MyModel --paper "Title" --year 2024 ' +
  '[--authors "..."] [--venue "..."] [--backbone GNN]';

runCommand(async () => {
  const skeleton = modelSkeleton(readFlags());
  const root = repositoryRoot();
  const existing = skeleton.files.filter(({ path }) => existsSync(join(root, path)));
  if (existing.length > 0) {
    throw new IoError(`${existing.map(({ path }) => path).join(', ')} exists already`, {
      remedy: 'Choose another name, or remove the file first.',
    });
  }
  for (const { path, content } of skeleton.files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content, { flag: 'wx' });
  }
  process.stdout.write(report(skeleton));
  return Promise.resolve();
});

function readFlags(): SkeletonOptions {
  const text = { type: 'string' } as const;
  const { task, name, paper, year, ...rest } = parse({
    task: text,
    name: text,
    paper: text,
    year: text,
    authors: text,
    venue: text,
    backbone: text,
  });
  if (task === undefined || name === undefined || paper === undefined || year === undefined) {
    throw new ParamError('--task, --name, --paper and --year are needed', {
      remedy: `Usage: ${USAGE}`,
    });
  }
  return { task, name, paper, year: Number(year), ...rest };
}

function parse<Name extends string>(
  options: Record<Name, { type: 'string' }>,
): Partial<Record<Name, string>> {
  try {
    return parseArgs({ options }).values;
  } catch (cause) {
    throw new ParamError(errorMessage(cause), { remedy: `Usage: ${USAGE}`, cause });
  }
}

function report({ files, registration, contract }: Skeleton): string {
  return [
    ...files.map(({ path }) => `wrote ${path}`),
    ...[registration, contract].flatMap(({ path, lines }) => [
      '',
      `Now add to ${path}:`,
      '',
      ...lines,
    ]),
    '',
    'Then: npm run format, npm run readme, npm test. CONTRIBUTING.md has the six steps.',
    '',
  ].join('\n');
}
