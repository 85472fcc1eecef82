import type { CategoryLabels } from '../data/category-labels.js';

/** Cells sorted by group, and the columns of an image that they share. */
export interface CellColumns {
  /** Cells with a group, group by group, in the order of the data within one. */
  readonly cells: Int32Array;
  /** Column of each of these cells. */
  readonly columnOf: Int32Array;
  readonly nColumns: number;
  /** The columns of each group that has cells. */
  readonly groups: readonly {
    readonly code: number;
    readonly start: number;
    readonly end: number;
  }[];
}

/** A group is at least this wide, so that small ones are seen. */
const LEAST = 2;

/**
 * Columns for cells: one a cell if there is room, else several cells share one; never cells of two
 * groups.
 *
 * @param maxColumns - pixels of the image
 */
export function cellColumns(
  { codes, categories }: CategoryLabels,
  maxColumns: number,
): CellColumns {
  const members: number[][] = categories.map(() => []);
  codes.forEach((code, cell) => members[code]?.push(cell));
  const cells = Int32Array.from(members.flat());
  const factor = Math.min(1, maxColumns / Math.max(1, cells.length));
  const columnOf = new Int32Array(cells.length);
  const groups: { code: number; start: number; end: number }[] = [];
  let nCells = 0;
  let start = 0;
  members.forEach((own, code) => {
    if (own.length === 0) return;
    const wanted = Math.max(LEAST, Math.round(own.length * factor));
    const width = Math.min(own.length, wanted);
    own.forEach((_, i) => {
      columnOf[nCells + i] = start + Math.floor((i * width) / own.length);
    });
    groups.push({ code, start, end: start + width });
    nCells += own.length;
    start += width;
  });
  return { cells, columnOf, nColumns: start, groups };
}
