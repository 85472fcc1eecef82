import { DataError, numericColumn, Table, type AnnData } from '@dance-ts/core';

/** Profiles by type, one value a gene each, as a table for `varm` (genes x types). */
export function profileTable(
  data: AnnData,
  names: readonly string[],
  profiles: readonly Float64Array[],
): Table {
  return new Table(
    data.varNames,
    names.map((name, t) => [name, numericColumn(profiles[t]!)] as const),
  );
}

/**
 * Profiles that {@link profileTable} made.
 *
 * @param owner - name of the transform that reads, for messages
 * @throws DataError if `varm` has no such table of numbers
 */
export function readProfileTable(
  data: AnnData,
  key: string,
  owner: string,
): { names: readonly string[]; profiles: Float64Array[] } {
  const table = data.varm.get(key);
  if (!(table instanceof Table)) {
    throw new DataError(`${owner}: varm has no table "${key}"`, {
      got: `varm: ${[...data.varm.keys()].join(', ') || '(nothing)'}`,
      remedy: 'Run CellTopicProfile or CellGiottoTopicProfile before, or name its output.',
    });
  }
  const names = table.columnNames;
  const profiles = names.map((name) => {
    const column = table.get(name);
    if (column.kind !== 'numeric') {
      throw new DataError(`${owner}: column "${name}" of varm["${key}"]`, {
        got: column.kind,
        expected: 'numbers',
      });
    }
    return Float64Array.from(column.values);
  });
  return { names, profiles };
}
