import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { repositoryRoot } from '../../packages/dev/src/repository.js';
import { documents, proseOf, textOf } from './documents.js';

/** Targets of the links in a document, but for those to other sites. */
function targetsOf(text: string): string[] {
  return Array.from(proseOf(text).matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target).filter(
    (target) => !/^[a-z]+:/.test(target),
  );
}

/** Anchors of the headings of a document, as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of proseOf(text).matchAll(/^#+ (.+)$/gm)) {
    const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll(/[`*]/g, '');
    const anchor = words
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    let unique = anchor;
    for (let n = 1; anchors.has(unique); n++) unique = `${anchor}-${n}`;
    anchors.add(unique);
  }
  return anchors;
}

describe('anchorsOf', () => {
  test('names headings as GitHub does', () => {
    const text = '# A title\n\n## `dance run`: go!\n\n## A title\n\n```sh\n# no heading\n```\n';
    expect([...anchorsOf(text)]).toEqual(['a-title', 'dance-run-go', 'a-title-1']);
  });
});

describe.each(documents())('%s', (path) => {
  const targets = targetsOf(textOf(path));

  test('links to files that exist', () => {
    const missing = targets.filter((target) => {
      const [file = ''] = target.split('#');
      return !existsSync(join(repositoryRoot(), dirname(path), file));
    });
    expect(missing).toEqual([]);
  });

  test('links to headings that exist', () => {
    const missing = targets.filter((target) => {
      const [file = '', anchor] = target.split('#');
      const linked = file === '' ? path : join(dirname(path), file);
      return anchor !== undefined && !anchorsOf(textOf(linked)).has(anchor);
    });
    expect(missing).toEqual([]);
  });
});
