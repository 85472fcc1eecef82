import { DataError, type AnnData, type Splits } from '@dance-ts/core';

/** Cells that belong together, by number. */
export interface CellGroup {
  readonly name: string;
  readonly cells: Int32Array;
}

/**
 * The cells of each value of a column of `obs`, in the order of the sorted values; values without
 * cells are left out, and cells without a value belong to no group.
 *
 * @throws DataError if there is no such column
 */
export function cellsByColumn(data: AnnData, column: string): CellGroup[] {
  const { codes, categories } = data.labels(column);
  const groups: number[][] = categories.map(() => []);
  codes.forEach((code, cell) => {
    if (code >= 0) groups[code]!.push(cell);
  });
  return groups.flatMap((cells, code) =>
    cells.length === 0 ? [] : [{ name: String(categories[code]), cells: Int32Array.from(cells) }],
  );
}

/**
 * The cells of each split named.
 *
 * @param owner - name of the transform, for messages
 * @throws DataError if a split has no cells
 */
export function cellsBySplit(
  data: AnnData,
  names: readonly (keyof Splits)[],
  owner: string,
): CellGroup[] {
  return names.map((name) => {
    const cells = data.splits[name];
    if (cells.length === 0) {
      throw new DataError(`${owner}: the split "${name}" has no cells`, {
        remedy: 'Set data.splits before, or name other splits.',
      });
    }
    return { name, cells };
  });
}
