import { join } from 'node:path';
import { FormatError } from '@dance-ts/core';
import { readTable } from '@dance-ts/io';
import { textValues } from '../concatenate-cells.js';
import { isFile } from './checksum.node.js';
import { readXlsx } from './xlsx.node.js';

/** Columns of the map: tissue, label, and a type of the reference that it may be called. */
const COLUMNS = ['Tissue', 'Celltype', 'Training dataset cell type'];

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
  const answers = new Map<string, string[]>();
  for (const [where, label, answer] of await mapRows(folder)) {
    if (where !== tissue || !label || !answer || !types.has(answer)) continue;
    const known = answers.get(label);
    if (known === undefined) answers.set(label, [answer]);
    else if (!known.includes(answer)) known.push(answer);
  }
  return answers;
}

/** Tissue, label and answer of each line. */
async function mapRows(folder: string): Promise<(string | null | undefined)[][]> {
  const csv = join(folder, 'map.csv');
  if (await isFile(csv)) {
    const table = await readTable(csv, { header: true, rowNames: false });
    checkColumns(csv, table.columnNames);
    const columns = COLUMNS.map((name) => textValues(table.get(name)));
    return table.index.map((_, row) => columns.map((values) => values[row]));
  }
  const xlsx = join(folder, 'map.xlsx');
  if (!(await isFile(xlsx))) return [];
  const [header = [], ...rows] = await readXlsx(xlsx);
  const names = header.map((name) => name.trim());
  checkColumns(xlsx, names);
  const places = COLUMNS.map((name) => names.indexOf(name));
  return rows.map((row) => places.map((place) => row[place]?.trim()));
}

function checkColumns(path: string, names: readonly string[]): void {
  const missing = COLUMNS.filter((name) => !names.includes(name));
  if (missing.length === 0) return;
  throw new FormatError(`${path} lacks the column ${missing.join(' and ')}`, {
    got: names.join(', ') || 'no columns',
    expected: COLUMNS.join(', '),
  });
}
