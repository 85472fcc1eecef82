import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const GENERATED_ELSEWHERE = 'docs/api/';

function documents(): string[] {
  const inDocs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((path) => `docs/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.md') && !path.startsWith(GENERATED_ELSEWHERE));
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...inDocs];
}

describe.each(documents())('%s', (path) => {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const targets = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), (match) => match[1] ?? '').filter(
    (target) => !target.startsWith('http') && !target.startsWith('#'),
  );

  test('links to files that exist', () => {
    const missing = targets.filter(
      (target) => !existsSync(join(ROOT, dirname(path), target.replace(/#.*$/, ''))),
    );
    expect(missing).toEqual([]);
  });
});
