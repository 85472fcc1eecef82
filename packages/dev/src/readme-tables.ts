/**
 * `node packages/dev/dist/readme-tables.js [--check]`: writes the model tables, the pages of
 * models, the figures of task pages and examples, the READMEs of packages and the page of transforms
 * from `docs/models.json`, the registries, the sources, the examples and the benchmark reports; with
 * `--check`, only says whether they are up to date.
 */
import '@dance-ts/cell-type-annotation';
import '@dance-ts/clustering';
import '@dance-ts/imputation';
import { parseArgs } from 'node:util';
import { DataError, listModels } from '@dance-ts/core';
import { generatedDocs, outdatedDocs, writeDocs } from './generated-docs.js';
import { repositoryRoot } from './repository.js';
import { runCommand } from './run-command.js';
import { transformsPage } from './transforms-page.js';

runCommand(async () => {
  const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
  const root = repositoryRoot();
  const files = [...(await generatedDocs(root, listModels())), transformsPage()];
  const outdated = outdatedDocs(root, files);
  if (values.check && outdated.length > 0) {
    throw new DataError(`not up to date: ${outdated.join(', ')}`, {
      remedy: 'Run npm run readme and commit the result.',
    });
  }
  writeDocs(
    root,
    files.filter(({ path }) => outdated.includes(path)),
  );
  for (const path of outdated) process.stdout.write(`wrote ${path}\n`);
});
