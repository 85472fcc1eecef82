import { columnLength, columnValue, Table, type Column } from '@dance-ts/core';
import type { DecodedCompound } from '../hdf5/decode.js';
import { UnsupportedElementError } from '../hdf5/h5-errors.js';
import type { ReadContext } from './element.js';
import { toColumn } from './read-column.js';
import { orSkip, readElement } from './read-element.js';
import { readTexts, type StoredArray, type StoredGroup } from '../storage/stored-node.js';

/** A data frame stored as a group of columns (anndata 0.7 and later). */
export async function readFrame(context: ReadContext, group: StoredGroup): Promise<Table> {
  const indexName = group.text('_index') ?? '_index';
  const index = await readIndex(context, group, indexName);
  const columns: [string, Column][] = [];
  for (const name of frameColumns(group)) {
    const column = await orSkip(context, () => readElement(context, group.get(name), 'column'));
    if (column === undefined) continue;
    if (columnLength(column) !== index.length) {
      throw group.get(name).invalid('does not fit its table', {
        got: `${columnLength(column)} values`,
        expected: String(index.length),
      });
    }
    columns.push([name, column]);
  }
  return new Table(index, columns, indexName);
}

/** Names of the columns in order; a frame without columns has an empty array of any type. */
export function frameColumns(group: StoredGroup): readonly string[] {
  const order = group.attribute('column-order');
  if (Array.isArray(order)) return order.map(String);
  throw group.invalid('has no "column-order"', { expected: 'the names of the columns' });
}

/**
 * Records as a table: one of the members names the rows, or they are numbered. Numbered rows have
 * an index without a name, from which the writer knows that the table was a list of records.
 */
export async function readRecords(_context: ReadContext, dataset: StoredArray): Promise<Table> {
  const data = await dataset.read();
  if (data.kind !== 'compound' || dataset.shape?.length !== 1) {
    throw new UnsupportedElementError(`${dataset.file.name}: ${dataset.label} is not a table`);
  }
  return recordsToTable(dataset, data);
}

function recordsToTable(dataset: StoredArray, data: DecodedCompound): Table {
  const indexMember = data.members.find(({ name }) => name === 'index' || name === '_index');
  const index =
    indexMember?.data.kind === 'string'
      ? indexMember.data.values
      : Array.from({ length: dataset.length }, (_, i) => String(i));
  const columns = data.members
    .filter((member) => member !== indexMember)
    .map(({ name, itemShape, data: values }): [string, Column] => {
      if (itemShape.length > 0) {
        throw new UnsupportedElementError(
          `${dataset.file.name}: ${dataset.label} holds arrays in its member "${name}"`,
        );
      }
      return [name, toColumn(dataset, values)];
    });
  return new Table(index, columns, indexMember?.name ?? '');
}

async function readIndex(
  context: ReadContext,
  group: StoredGroup,
  name: string,
): Promise<readonly string[]> {
  const node = group.get(name);
  if (node.kind === 'dataset') return readTexts(node);
  const column = await readElement(context, node, 'column');
  return Array.from({ length: columnLength(column) }, (_, i) =>
    String(columnValue(column, i) ?? ''),
  );
}
