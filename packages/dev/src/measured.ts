import { describeParams, type ModelSpec } from '@dance-ts/core';
import { modelRows } from './benchmark-report.js';

/** Scores that an example shows, of those in the reports. */
const SCORES = ['ARI', 'NMI', 'accuracy', 'macro F1', 'RMSE', 'deviance'];
const PEER_SCORES = ['peer ARI', 'peer accuracy', 'peer: RMSE', 'peer: deviance'];
const COLUMNS = ['genes', 'epochs', 'seeds', ...SCORES, ...PEER_SCORES];
const HEAD = '\n\nMeasured by the benchmark';
const LINE_WIDTH = 100;

/**
 * The last part of an example's closing comment: what the benchmark measured, and the command lines
 * that measure it again.
 *
 * @param report - Markdown that `npm run bench:... -- render` wrote
 * @param path - of the report, from the root of the repository
 * @returns undefined if the model is not in the report
 */
export function measuredSection(
  report: string,
  path: string,
  { id, fitParams }: ModelSpec,
): string | undefined {
  const tables = new Map<string, string[][]>();
  for (const { header, rows } of modelRows(report, id)) {
    const shown = COLUMNS.filter((title) => header.includes(title));
    if (!shown.some((title) => SCORES.includes(title))) continue;
    const table = tables.get(shown.join('|')) ?? [['data set', ...shown]];
    for (const { dataset, setting, cells } of rows.filter(({ isModel }) => isModel)) {
      const figures = shown.map((title) => plain(cells[header.indexOf(title)] ?? ''));
      table.push([[dataset, ...setting].join(', '), ...figures]);
    }
    tables.set(shown.join('|'), table);
  }
  if (tables.size === 0) return undefined;
  const commands = report
    .split('\n')
    .filter((line) => line.startsWith('    npm ') && ` ${line} `.includes(` --models ${id} `))
    .map((line) => wrapped(line.trim()));
  const selection = describeParams(fitParams).find(({ name }) => name === 'modelSelection');
  const epoch = selection && `, modelSelection "${String(selection.defaultValue)}"`;
  const texts = [...tables.values()].map(textTable);
  const interval = texts.some((text) => text.includes('[')) ? ' [95 % interval]' : '';
  return [
    `${HEAD.trimStart()} (${path}):`,
    `default parameters${epoch ?? ''}, the same on every data set; mean ± deviation over seeds${interval}.`,
    ...texts.map((text) => `\n${text}`),
    '',
    ...commands,
  ].join('\n');
}

/** An example whose closing comment ends with `section` instead of what was measured before. */
export function withMeasured(example: string, section: string | undefined): string {
  const rest = withoutMeasured(example);
  const end = rest.lastIndexOf('\n*/');
  if (section === undefined || end < 0) return rest;
  return `${rest.slice(0, end)}\n\n${section}${rest.slice(end)}`;
}

/** An example without what {@link withMeasured} added. */
export function withoutMeasured(example: string): string {
  const start = example.lastIndexOf(HEAD);
  return start < 0 ? example : example.slice(0, start) + example.slice(example.lastIndexOf('\n*/'));
}

/** Without emphasis and the verdict on the peer. */
function plain(cell: string): string {
  return cell.replace(/, (?:\*\*|ours ).*$/, '').replaceAll('**', '');
}

function textTable(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_, c) => Math.max(...lines.map((line) => line[c]!.length)));
  return lines
    .map((line) => `  ${line.map((cell, c) => cell.padEnd(widths[c]!)).join('  ')}`.trimEnd())
    .join('\n');
}

/** A command line, indented, broken before a flag where it would be too long. */
function wrapped(command: string): string {
  const lines = ['  npm'];
  for (const part of command.replace(/^npm /, '').split(/ (?=--\w)/)) {
    const longer = `${lines.at(-1)} ${part}`;
    if (longer.length + ' \\'.length <= LINE_WIDTH) lines.splice(-1, 1, longer);
    else lines.push(`    ${part}`);
  }
  return lines.join(' \\\n');
}
