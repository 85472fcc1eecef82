import { FormatError } from '@dance-ts/core';

/** A Markdown table in the layout the formatter of this repository keeps. */
export function markdownTable(header: readonly string[], rows: readonly string[][]): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = header.map((_, c) => Math.max(3, ...cells.map((row) => lengthOf(row[c] ?? ''))));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, c) => pad(row[c] ?? '', width)).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  const [head = [], ...body] = cells;
  return [line(head), rule, ...body.map(line)].join('\n');
}

/**
 * Replaces what stands between `<!-- name:begin -->` and `<!-- name:end -->`.
 *
 * @throws FormatError if the markers are missing or out of order
 */
export function replaceRegion(text: string, name: string, content: string): string {
  const begin = `<!-- ${name}:begin -->`;
  const end = `<!-- ${name}:end -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) {
    throw new FormatError(`the text has no region "${name}"`, {
      expected: `the lines ${begin} and ${end}`,
    });
  }
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}

function pad(cell: string, width: number): string {
  return cell + ' '.repeat(width - lengthOf(cell));
}

function lengthOf(cell: string): number {
  return Array.from(cell).length;
}
