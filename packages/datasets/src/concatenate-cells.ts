import {
  AnnData,
  columnLength,
  columnValue,
  DataError,
  stackRows,
  Table,
  toCsr,
  type Column,
} from '@dance-ts/core';

/**
 * The cells of several data sets below each other, on the genes that all of them have, in the order
 * of the first. Of a gene name that occurs twice in a data set the first column is taken. X is
 * sparse; of obs only the columns named are kept, of var those of the first data set.
 *
 * @param parts - at least one; one alone keeps its X as it is
 * @param columns - columns of obs, which become text; null where a part lacks a value
 * @throws DataError if no gene is common to all, or a part lacks a column
 */
export function concatenateCells(parts: readonly AnnData[], columns: readonly string[]): AnnData {
  const [first] = parts;
  if (first === undefined) throw new DataError('there are no data to concatenate');
  const obs = new Table(parts.flatMap(({ obsNames }) => [...obsNames]));
  for (const name of columns) {
    const values = parts.flatMap((part) => textValues(part.obs.get(name)));
    obs.set(name, { kind: 'string', values });
  }
  if (parts.length === 1) return new AnnData({ X: first.X, obs, var: first.var });
  const places = parts.map(({ varNames }) => firstPlaces(varNames));
  const genes = [...places[0]!.keys()].filter((gene) => places.every((place) => place.has(gene)));
  if (genes.length === 0) {
    throw new DataError('the data sets share no gene', {
      got: parts.map(({ varNames }) => varNames.slice(0, 3).join(', ')).join(' ... and '),
      remedy: 'Name the genes of all files alike.',
    });
  }
  const columnsOf = places.map((place) => genes.map((gene) => place.get(gene) ?? 0));
  return new AnnData({
    X: stackRows(parts.map(({ X }, p) => toCsr(X).selectColumns(columnsOf[p]!))),
    obs,
    var: first.var.selectRows(columnsOf[0]!),
  });
}

/** The values of a column as texts; null where one is missing. */
export function textValues(column: Column): (string | null)[] {
  return Array.from({ length: columnLength(column) }, (_, i) => {
    const value = columnValue(column, i);
    return value === null || Number.isNaN(value) ? null : String(value);
  });
}

function firstPlaces(names: readonly string[]): Map<string, number> {
  const places = new Map<string, number>();
  names.forEach((name, place) => {
    if (!places.has(name)) places.set(name, place);
  });
  return places;
}
