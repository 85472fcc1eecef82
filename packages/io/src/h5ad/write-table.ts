import { DataError, type Table } from '@dance-ts/core';
import type { ElementWriter } from '../storage/element-writer.js';
import { assertElementName } from './element-names.js';
import { writeColumn, writeStrings } from './write-column.js';
import { writeGroup } from './write-matrix.js';

/** The list of column names must fit into one HDF5 message of 64 KiB. */
const MAX_COLUMNS = 4000;

/** Writes a table as a `dataframe` element. */
export async function writeTable(writer: ElementWriter, path: string, table: Table): Promise<void> {
  const { columnNames } = table;
  const where = path.slice(1);
  for (const name of columnNames) assertElementName(name, `${where}: a column`);
  assertColumnCount(columnNames.length, where);
  const isTaken = table.indexName === '' || table.has(table.indexName);
  const indexName = isTaken ? '_index' : table.indexName;
  assertElementName(indexName, `${where}: the index`);
  if (table.has(indexName)) {
    throw new DataError(`${where} has a column with the name of its index`, {
      got: indexName,
      remedy: 'Rename the column.',
    });
  }
  writeGroup(writer, path, 'dataframe', '0.2.0');
  writer.setAttribute(path, '_index', indexName);
  writer.setAttribute(path, 'column-order', columnNames);
  await writeStrings(writer, `${path}/${indexName}`, table.index);
  for (const [name, column] of table.entries()) {
    await writeColumn(writer, `${path}/${name}`, column);
  }
}

/** @throws DataError if a table has more columns than a file can list */
export function assertColumnCount(count: number, where: string): void {
  if (count <= MAX_COLUMNS) return;
  throw new DataError(`${where} has too many columns`, {
    got: String(count),
    expected: `at most ${MAX_COLUMNS}`,
    remedy: 'Keep numbers in obsm or varm instead.',
  });
}
