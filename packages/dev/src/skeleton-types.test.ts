import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { repositoryRoot } from './repository.js';
import { modelSkeleton } from './skeleton.js';
import { typeErrors } from './testing/type-errors.js';

const TIME_LIMIT_MS = 120_000;
const root = repositoryRoot();

// A name nobody gives to a model of this repository.
const NAME = 'SkeletonProbe';

describe('a new model', () => {
  const { files, registration } = modelSkeleton({
    task: 'clustering',
    name: NAME,
    paper: 'A title',
    year: 2024,
  });
  const index = join(root, registration.path);
  const sources = new Map(files.map(({ path, content }) => [join(root, path), content]));
  sources.set(index, `${readFileSync(index, 'utf8')}\n${registration.lines.join('\n')}\n`);
  // The example imports the model from the package, whose built index does not know it yet.
  const paths = { '@dance-ts/clustering': [index] };

  test(
    'has the right types, in the model, its test, its example and the registry',
    () => {
      expect(typeErrors(sources, paths)).toEqual([]);
    },
    TIME_LIMIT_MS,
  );

  test(
    'is really checked',
    () => {
      const [path = ''] = sources.keys();
      const broken = new Map(sources);
      broken.set(path, `${sources.get(path) ?? ''}\nexport const x: string = 1;\n`);
      expect(typeErrors(broken, paths)).toHaveLength(1);
    },
    TIME_LIMIT_MS,
  );
});
