import { columnValue, type AnnData } from '@dance-ts/core';
import { z } from 'zod';

/** Schema of the parameter `whitelistIndicators`. */
export const whitelistIndicators = z
  .array(z.string().min(1))
  .default([])
  .describe('Columns of var with truth values: genes true in any of them are kept whatever else');

/**
 * Marks, in `keep`, the genes that are true in any of the columns.
 *
 * @throws DataError if there is no such column
 */
export function keepWhitelisted(data: AnnData, columns: readonly string[], keep: Uint8Array): void {
  for (const name of columns) {
    const column = data.var.get(name);
    for (let g = 0; g < keep.length; g++) if (columnValue(column, g)) keep[g] = 1;
  }
}
