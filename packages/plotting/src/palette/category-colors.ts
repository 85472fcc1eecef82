import { DataError, type AnnData, type UnsValue } from '@dance-ts/core';
import { parseColor } from './color.js';
import { categoriesOf } from '../data/category-labels.js';
import { defaultColors } from './palettes.js';
import { obsColumn } from '../data/lookup.js';

/**
 * Colors of the categories of an obs column, as scanpy keeps them: `uns['<column>_colors']`, one a
 * category, in their order. Where there is none, or it has too few, the default palette is stored
 * there, so that the next picture and the next file have the same colors.
 *
 * @param data - `uns` may be added to
 * @param column - categorical, text or boolean column of obs
 * @param palette - colors to store in place of those there are
 * @returns CSS colors in the order of the categories
 * @throws DataError if there is no such column, or it holds numbers; if the palette is too short
 * @throws ParamError if the palette holds something that is not a color
 */
export function categoryColors(
  data: AnnData,
  column: string,
  palette?: readonly string[],
): readonly string[] {
  const categories = categoriesOf(obsColumn(data, column), column);
  const colors = colorsFor(data, column, categories.length, palette);
  data.uns.set(`${column}_colors`, colors);
  return colors;
}

/** As `categoryColors`, for a picture: leaves the data as they are. */
export function colorsFor(
  data: AnnData,
  column: string,
  nCategories: number,
  palette?: readonly string[],
): readonly string[] {
  if (palette !== undefined) {
    for (const color of palette) parseColor(color);
    if (palette.length >= nCategories) return palette.slice(0, nCategories);
    throw new DataError(`the palette is too short for "${column}"`, {
      got: `${palette.length} colors`,
      expected: `${nCategories}, one a category`,
    });
  }
  const stored = storedColors(data.uns.get(`${column}_colors`));
  return stored.length >= nCategories && nCategories > 0
    ? stored.slice(0, nCategories)
    : defaultColors(nCategories);
}

/** Stored colors, or none if one of them cannot be read. */
function storedColors(value: UnsValue | undefined): readonly string[] {
  if (!Array.isArray(value)) return [];
  const colors = value as readonly string[];
  try {
    for (const color of colors) parseColor(color);
    return colors;
  } catch {
    return [];
  }
}
