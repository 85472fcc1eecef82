import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../packages/dev/src/repository.js';
import { publicPackages } from '../../packages/dev/src/workspace.js';

const GENERATED_ELSEWHERE = 'docs/api/';
const FENCE = /^( *)```([a-z]*)\n([\s\S]*?)^ *```$/gm;

/** A block of code in a document. */
export interface Block {
  readonly language: string;
  readonly code: string;
}

/** Every Markdown file a reader of the repository gets to see, by path from the root. */
export function documents(): string[] {
  const inDocs = readdirSync(join(repositoryRoot(), 'docs'), { recursive: true, encoding: 'utf8' })
    .map((path) => `docs/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.md') && !path.startsWith(GENERATED_ELSEWHERE));
  const ofPackages = publicPackages(repositoryRoot()).map(({ folder }) => `${folder}/README.md`);
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...inDocs.sort(), ...ofPackages];
}

export function textOf(path: string): string {
  return readFileSync(join(repositoryRoot(), path), 'utf8');
}

/** The blocks of a document in their order, without the indentation of lists. */
export function blocksOf(text: string): Block[] {
  return Array.from(text.matchAll(FENCE), ([, indent = '', language = '', code = '']) => ({
    language,
    code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

/** A document without its blocks. */
export function proseOf(text: string): string {
  return text.replaceAll(FENCE, '');
}

/** The TypeScript blocks of a document as one program: each goes on from those before it. */
export function programOf(text: string): string {
  const lines = blocksOf(text)
    .filter(({ language }) => language === 'ts')
    .flatMap(({ code }) => code.split('\n'));
  // A block repeats the imports it needs, so that it can be read alone.
  return lines
    .filter((line, i) => !line.startsWith('import ') || lines.indexOf(line) === i)
    .join('\n');
}
