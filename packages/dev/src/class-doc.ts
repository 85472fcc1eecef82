import { FormatError } from '@dance-ts/core';

/** The comment of a model's class, cut into the parts that a page shows one by one. Markdown. */
export interface ClassDoc {
  /** What it does, and how. */
  readonly description: string;
  /** Memory law, and that of time where it is stated. */
  readonly memory: string | undefined;
  /** Departures from paper, authors' code or DANCE; empty if none are listed. */
  readonly departures: string;
  /** Where the equations are from. */
  readonly source: string | undefined;
}

type Part = keyof ClassDoc;

/** First words of a paragraph that belongs to a part of its own. */
const PARTS: readonly (readonly [RegExp, Part])[] = [
  [/^Memory: /, 'memory'],
  [/^Departures? from /, 'departures'],
  [/^Source: /, 'source'],
];

/**
 * Reads the comment in front of `export class <name>`.
 *
 * @throws FormatError if there is no such class or no comment
 */
export function classDoc(source: string, name: string): ClassDoc {
  const parts: Record<Part, string[]> = {
    ...{ description: [], memory: [], departures: [], source: [] },
  };
  for (const paragraph of commentOf(source, name).split(/\n\n+/)) {
    const [start, part] = PARTS.find(([words]) => words.test(paragraph)) ?? [/^/, 'description'];
    const text = part === 'departures' ? paragraph : paragraph.replace(start, '');
    parts[part].push(markdownOf(text));
  }
  const text = (part: Part): string => parts[part].join('\n\n');
  return {
    description: text('description'),
    memory: capitalized(text('memory')) || undefined,
    departures: text('departures'),
    source: text('source') || undefined,
  };
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Text of the comment in front of a class. */
function commentOf(source: string, name: string): string {
  const end = source.search(new RegExp(`^export class ${name}\\b`, 'm'));
  const begin = source.lastIndexOf('/**', end);
  const comment = end < 0 || begin < 0 ? undefined : source.slice(begin, end).trimEnd();
  if (comment?.indexOf('*/') !== (comment?.length ?? 0) - 2) {
    throw new FormatError(`class ${name} has no documentation`, {
      expected: `a comment in front of "export class ${name}"`,
    });
  }
  return commentText(comment);
}

/** Text of a documentation comment, without its stars. */
export function commentText(comment: string): string {
  return comment
    .slice('/**'.length, -'*/'.length)
    .split('\n')
    .map((line) => line.replace(/^ ?\* ?/, '').trimEnd())
    .join('\n')
    .trim();
}

/** Markdown in which no line of a formula or sentence is taken for a list, heading or link. */
function markdownOf(paragraph: string): string {
  const plain = paragraph
    .replace(/\{@link ([^}|]+)(?:\|[^}]*)?\}/g, (_, name: string) => `\`${name.trim()}\``)
    .replace(/<(?=[A-Za-z/!?])/g, '\\<');
  if (/^(- |\d+\. )/.test(plain)) return plain;
  return plain
    .split('\n')
    .map((line) => line.trimStart().replace(/^([+*-]|#+)(?= )/, '\\$1'))
    .join('\n');
}
