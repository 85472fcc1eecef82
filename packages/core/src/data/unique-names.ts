import { Table } from '../table/table.js';
import { AnnData, type Aligned } from './anndata.js';

/**
 * Names with `-1`, `-2`, ... behind those that occurred before; the first of each keeps its name, and
 * no new name equals one that is there already. The names that anndata's `make_index_unique` gives.
 *
 * @param names - [n]
 * @param separator - between name and number
 * @returns [n], all different
 */
export function uniqueNames(names: readonly string[], separator = '-'): string[] {
  const taken = new Set(names);
  const uses = new Map<string, number>();
  return names.map((name) => {
    let use = uses.get(name);
    uses.set(name, use ?? 0);
    if (use === undefined) return name;
    let unique: string;
    do {
      use += 1;
      unique = `${name}${separator}${use}`;
    } while (taken.has(unique));
    taken.add(unique);
    uses.set(name, use);
    return unique;
  });
}

/**
 * A view of the data in which no two cells have the same name (`obs_names_make_unique`); the data
 * themselves if that is so already.
 */
export function withUniqueObsNames(data: AnnData, separator = '-'): AnnData {
  if (areUnique(data.obsNames)) return data;
  const names = uniqueNames(data.obsNames, separator);
  return viewWith(data, { obs: renamed(data.obs, names), obsm: renamedEntries(data.obsm, names) });
}

/**
 * A view of the data in which no two genes have the same name (`var_names_make_unique`); the data
 * themselves if that is so already. Names of `raw` stay as they are.
 */
export function withUniqueVarNames(data: AnnData, separator = '-'): AnnData {
  if (areUnique(data.varNames)) return data;
  const names = uniqueNames(data.varNames, separator);
  return viewWith(data, { var: renamed(data.var, names), varm: renamedEntries(data.varm, names) });
}

function areUnique(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}

function renamed(table: Table, names: readonly string[]): Table {
  return new Table(names, table.entries(), table.indexName);
}

/** The entries, with new row names where they have any. */
function renamedEntries(
  entries: ReadonlyMap<string, Aligned>,
  names: readonly string[],
): [string, Aligned][] {
  return [...entries].map(([key, value]) => [
    key,
    value instanceof Table ? renamed(value, names) : value,
  ]);
}

function viewWith(
  data: AnnData,
  parts: Partial<Record<'obs' | 'var', Table> & Record<'obsm' | 'varm', [string, Aligned][]>>,
): AnnData {
  const { obs, var: variables, obsm, varm, obsp, varp, layers, uns, raw } = data.view();
  const X = data.hasX ? data.X : undefined;
  const same = { X, obs, var: variables, obsm, varm, obsp, varp, layers, uns, raw };
  const view = new AnnData({ ...same, ...parts });
  view.splits = data.splits;
  view.channels = data.channels;
  return view;
}
