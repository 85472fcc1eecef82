import { join } from 'node:path';
import { DataError, FormatError, nearNames } from '@dance-ts/core';
import { readTable } from '@dance-ts/io';
import { textValues } from '../concatenate-cells.js';
import { isFile } from './checksum.node.js';
import { readXlsx } from './xlsx.node.js';

/** Columns of DANCE's map: tissue, label, and a type of the reference that it may be called. */
const DANCE_COLUMNS = ['Tissue', 'Celltype', 'Training dataset cell type'];

/** Columns of a map of the user's: label of a query, and a type of the reference. */
const COLUMNS = ['query', 'reference'];

/**
 * What other labels of a tissue may be called: `map.csv` in a folder, else `map.xlsx`, else nothing.
 * Several lines of a label are several right answers.
 *
 * @param types - types of the reference; answers that are none of them are left out
 * @returns labels with at least one right answer, answers in the order of the file
 * @throws FormatError if a column is missing or the file is damaged
 */
export async function readLabelMap(
  folder: string,
  tissue: string,
  types: ReadonlySet<string>,
): Promise<Map<string, string[]>> {
  const rows = (await mapRows(folder)).filter(([where]) => where === tissue);
  return answersOf(rows.map(([, label, answer]) => [label, answer && types.has(answer) && answer]));
}

/**
 * What labels of a query may be called: a CSV or TSV with the columns `query` and `reference`.
 * Several lines of a label are several right answers.
 *
 * @param types - types of the reference
 * @returns labels in the order of the file
 * @throws FormatError if a column is missing; DataError for an answer that is no type
 */
export async function readQueryLabelMap(
  path: string,
  types: ReadonlySet<string>,
): Promise<Map<string, string[]>> {
  const rows = await csvRows(path, COLUMNS);
  const unknown = rows.map(([, answer]) => answer).find((name) => name && !types.has(name));
  if (!unknown) return answersOf(rows);
  const near = nearNames(unknown, types).map((name) => `"${name}"`);
  throw new DataError(`${path} names a type that the reference does not have`, {
    got: `"${unknown}"`,
    expected: near.length > 0 ? near.join(' or ') : `one of ${[...types].join(', ')}`,
  });
}

/** Right answers of each label; lines that lack one of both are left out. */
function answersOf(
  rows: readonly (readonly (string | false | null | undefined)[])[],
): Map<string, string[]> {
  const answers = new Map<string, string[]>();
  for (const [label, answer] of rows) {
    if (!label || !answer) continue;
    const known = answers.get(label);
    if (known === undefined) answers.set(label, [answer]);
    else if (!known.includes(answer)) known.push(answer);
  }
  return answers;
}

/** Tissue, label and answer of each line. */
async function mapRows(folder: string): Promise<(string | null | undefined)[][]> {
  const csv = join(folder, 'map.csv');
  if (await isFile(csv)) return csvRows(csv, DANCE_COLUMNS);
  const xlsx = join(folder, 'map.xlsx');
  if (!(await isFile(xlsx))) return [];
  const [header = [], ...rows] = await readXlsx(xlsx);
  const names = header.map((name) => name.trim());
  checkColumns(xlsx, names, DANCE_COLUMNS);
  const places = DANCE_COLUMNS.map((name) => names.indexOf(name));
  return rows.map((row) => places.map((place) => row[place]?.trim()));
}

async function csvRows(
  path: string,
  columns: readonly string[],
): Promise<(string | null | undefined)[][]> {
  const table = await readTable(path, { header: true, rowNames: false });
  checkColumns(path, table.columnNames, columns);
  const texts = columns.map((name) => textValues(table.get(name)));
  return table.index.map((_, row) => texts.map((values) => values[row]));
}

function checkColumns(path: string, names: readonly string[], columns: readonly string[]): void {
  const missing = columns.filter((name) => !names.includes(name));
  if (missing.length === 0) return;
  throw new FormatError(`${path} lacks the column ${missing.join(' and ')}`, {
    got: names.join(', ') || 'no columns',
    expected: columns.join(', '),
  });
}
