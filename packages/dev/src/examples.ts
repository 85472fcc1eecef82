import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ParamError } from '@dance-ts/core';

/** Names of the built examples (`single-modality/clustering/graphsc`), sorted. */
export function listExamples(root: string): string[] {
  const folder = join(root, 'examples', 'dist');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.js'))
    .map((path) => path.slice(0, -'.js'.length))
    .sort();
}

/**
 * File of a built example.
 *
 * @throws ParamError naming the examples there are
 */
export function exampleFile(root: string, name: string | undefined): string {
  const examples = listExamples(root);
  if (name !== undefined && examples.includes(name)) {
    return join(root, 'examples', 'dist', `${name}.js`);
  }
  throw new ParamError(name === undefined ? 'no example named' : `there is no example "${name}"`, {
    expected: examples.length === 0 ? 'a built example' : `one of ${examples.join(', ')}`,
    ...(examples.length === 0 ? { remedy: 'Run npm run build first.' } : {}),
  });
}
