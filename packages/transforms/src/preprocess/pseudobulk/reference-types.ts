import { DataError, type AnnData } from '@dance-ts/core';
import { z } from 'zod';

/** Parameters by which a transform finds the cells of a reference and their types. */
export const referenceParams = {
  ctSelect: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Types to use; all that have cells if left out'),
  ctKey: z.string().min(1).default('cellType').describe('Column of obs with the cell types'),
  splitName: z
    .enum(['train', 'val', 'test'])
    .optional()
    .describe('Split to read the cells from; all cells if left out'),
} as const;

/** Values of {@link referenceParams}. */
export interface ReferenceOptions {
  readonly ctSelect?: readonly string[] | undefined;
  readonly ctKey: string;
  readonly splitName?: 'train' | 'val' | 'test' | undefined;
}

/** The cells of one type. */
export interface ReferenceType {
  readonly name: string;
  readonly cells: Int32Array;
}

/**
 * The cells of each type, types sorted as the categories are; cells without a type are left out.
 *
 * @param owner - name of the transform, for messages
 * @throws DataError without the column, if a type asked for has no cells, or if no cell has a type
 */
export function referenceTypes(
  data: AnnData,
  { ctSelect, ctKey, splitName }: ReferenceOptions,
  owner: string,
): ReferenceType[] {
  const { codes, categories } = data.labels(ctKey);
  const byType = categories.map((): number[] => []);
  const cells = splitName === undefined ? codes.keys() : data.splits[splitName];
  for (const cell of cells) {
    const code = codes[cell]!;
    if (code >= 0) byType[code]!.push(cell);
  }
  const present = categories.flatMap((category, c) =>
    byType[c]!.length === 0 ? [] : [{ name: String(category), cells: Int32Array.from(byType[c]!) }],
  );
  const names = present.map((type) => type.name);
  const missing = ctSelect?.find((name) => !names.includes(name));
  if (missing !== undefined || present.length === 0) {
    throw new DataError(
      missing === undefined ? `${owner}: no cell has a type` : `${owner}: type "${missing}"`,
      {
        got: `types with cells: ${names.join(', ') || '(none)'}`,
        remedy: `Check obs["${ctKey}"] and the parameters "ctSelect" and "splitName".`,
      },
    );
  }
  return ctSelect === undefined ? present : present.filter(({ name }) => ctSelect.includes(name));
}
