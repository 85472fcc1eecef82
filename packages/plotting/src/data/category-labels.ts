import {
  asCategorical,
  DataError,
  numericColumn,
  stringColumn,
  type Category,
  type Column,
} from '@dance-ts/core';

/** More groups than this are no groups. */
const MAX_CATEGORIES = 1000;

/** Labels of cells: codes into names, -1 where a label is missing. */
export interface CategoryLabels {
  readonly codes: Int32Array;
  readonly categories: readonly string[];
}

/** Labels as callers have them: a column of a table, or one value a cell. */
export type LabelInput = Column | ArrayLike<Category | null>;

/**
 * Labels as codes and names. Empty categories are kept: they have a place among the colors.
 *
 * @param name - for messages
 * @throws DataError if there are more than 1,000 categories
 */
export function categoryLabels(labels: LabelInput, name: string): CategoryLabels {
  const { codes, categories } = asCategorical(columnOf(labels));
  if (categories.length > MAX_CATEGORIES) {
    throw new DataError(`"${name}" has too many categories for a picture`, {
      got: String(categories.length),
      expected: `at most ${MAX_CATEGORIES}`,
      remedy: 'Name a column of labels, or draw numbers as continuous.',
    });
  }
  return { codes, categories: categories.map(String) };
}

/** Names of the categories of a column. */
export function categoriesOf(labels: LabelInput, name: string): readonly string[] {
  return categoryLabels(labels, name).categories;
}

/** Number of cells of each category, and of those without. */
export function countCategories({ codes, categories }: CategoryLabels): {
  counts: Int32Array;
  missing: number;
} {
  const counts = new Int32Array(categories.length);
  let missing = 0;
  for (const code of codes) {
    if (code < 0) missing += 1;
    else counts[code]! += 1;
  }
  return { counts, missing };
}

function columnOf(labels: LabelInput): Column {
  if ('kind' in labels) return labels;
  const values = Array.from(labels);
  return values.every((value) => typeof value === 'number')
    ? numericColumn(Float64Array.from(values))
    : stringColumn(values.map((value) => (value === null ? null : String(value))));
}
