/**
 * `node packages/dev/dist/pack-packages.js FOLDER`: packs all published packages into a folder, so
 * that `npm install FOLDER/*.tgz` installs them elsewhere.
 */
import { ParamError } from '@dance-ts/core';
import { packPackages } from './pack.js';
import { repositoryRoot } from './repository.js';
import { runCommand } from './run-command.js';

runCommand(async () => {
  const [folder, ...others] = process.argv.slice(2);
  if (folder === undefined || folder.startsWith('-') || others.length > 0) {
    throw new ParamError('no folder named', {
      remedy: 'Usage: node packages/dev/dist/pack-packages.js FOLDER',
    });
  }
  for (const { filename } of packPackages(repositoryRoot(), folder)) {
    process.stdout.write(`${filename}\n`);
  }
  return Promise.resolve();
});
