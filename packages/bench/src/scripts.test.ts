import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const IMPORT = /^(?:import|export) (?:\{([^}]*)\} from )?'((?:\.|@dance-ts\/)[^']*)';$/gm;

const scripts = readdirSync(PACKAGE, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.mjs') && !path.includes('node_modules'))
  .map((path) => join(PACKAGE, path));

/** Names that are wanted of modules of this repository, by module. */
function importsOf(script: string): (readonly [string, string[]])[] {
  return Array.from(readFileSync(script, 'utf8').matchAll(IMPORT), ([, names = '', from = '']) => [
    from,
    names.split(',').flatMap((name) => name.trim().split(' as ')[0] || []),
  ]);
}

/** Names that are not exported. Scripts are read, as they would do their work when imported. */
async function missing(script: string, from: string, names: readonly string[]): Promise<string[]> {
  const path = from.startsWith('.') ? join(dirname(script), from) : from;
  if (path.endsWith('.mjs')) {
    if (!existsSync(path)) return [from];
    const text = readFileSync(path, 'utf8');
    return names.filter((name) => !new RegExp(`^export .*\\b${name}\\b`, 'm').test(text));
  }
  const exported = (await import(path)) as Record<string, unknown>;
  return names.filter((name) => !(name in exported));
}

describe('scripts of the benchmarks', () => {
  test('import from this repository', () => {
    expect(scripts.flatMap(importsOf).length).toBeGreaterThan(20);
  });

  test.each(scripts.map((script) => [relative(PACKAGE, script), script]))(
    '%s imports what exists',
    async (_, script) => {
      for (const [from, names] of importsOf(script)) {
        expect(await missing(script, from, names)).toEqual([]);
      }
    },
  );
});
