import {
  categoricalColumn,
  DenseMatrix,
  type Aligned,
  type Category,
  type Table,
  type UnsDict,
} from '@dance-ts/core';
import { UnsupportedElementError } from '../hdf5/h5-errors.js';
import type { StoredArray } from '../storage/stored-node.js';

/** End of the names under which old files keep the categories of a column in `uns`. */
export const CATEGORIES_SUFFIX = '_categories';

/**
 * Turns the code columns of an old table into categoricals, whose categories old files keep in
 * `uns["<column>_categories"]`.
 *
 * @returns the columns that were changed
 */
export function attachCategories(table: Table, uns: UnsDict): string[] {
  const changed: string[] = [];
  for (const name of table.columnNames) {
    const column = table.get(name);
    const categories = categoriesOf(uns.get(name + CATEGORIES_SUFFIX));
    if (column.kind !== 'numeric' || categories === undefined) continue;
    // The other axis may have a column of that name which does not hold codes.
    const isCode = (value: number): boolean =>
      Number.isInteger(value) && value >= -1 && value < categories.length;
    if (!column.values.every(isCode)) continue;
    table.set(name, categoricalColumn(Int32Array.from(column.values), categories));
    changed.push(name);
  }
  return changed;
}

/** obsm or varm of an old file: a table whose members are arrays of equal length. */
export async function readCompoundMatrices(dataset: StoredArray): Promise<[string, Aligned][]> {
  const data = await dataset.read();
  if (data.kind !== 'compound') {
    throw new UnsupportedElementError(`${dataset.file.name}: ${dataset.label} is no mapping`);
  }
  return data.members.map(({ name, itemShape, data: values }) => {
    if (values.kind !== 'number' || itemShape.length > 1) {
      throw new UnsupportedElementError(
        `${dataset.file.name}: ${dataset.label} holds no matrix in its member "${name}"`,
      );
    }
    const [nCols = 1] = itemShape;
    return [name, new DenseMatrix(dataset.length, nCols, Float32Array.from(values.values))];
  });
}

/** One category was stored as a single text. */
function categoriesOf(value: ReturnType<UnsDict['get']>): readonly Category[] | undefined {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value as string[];
  return ArrayBuffer.isView(value) ? Array.from(value) : undefined;
}
