import { DataError, ParamError } from '../errors.js';
import { compareText } from '../table/column.js';
import type { AnnData } from './anndata.js';

/** `inner`: what all parts have; `outer`: what any part has. */
export type Join = 'inner' | 'outer';

/** Where the names of a part stand among the joined names. */
export interface Alignment {
  /** Joined names. */
  readonly names: readonly string[];
  /** For each part, the place in it of each joined name, -1 where it lacks it. */
  readonly sources: readonly Int32Array[];
}

/**
 * The parts and their keys, `0`, `1`, ... unless given.
 *
 * @throws DataError if there is no part; ParamError if the keys do not fit or occur twice
 */
export function namedParts(
  parts: readonly AnnData[] | ReadonlyMap<string, AnnData> | Readonly<Record<string, AnnData>>,
  keys: readonly string[] | undefined,
): { data: AnnData[]; keys: string[] } {
  const named = entriesOf(parts);
  if (named !== undefined && keys !== undefined) {
    throw new ParamError('concat: keys are given twice', {
      remedy: 'Give a list of data and keys, or data by key and no keys.',
    });
  }
  const data = named?.map(([, part]) => part) ?? [...(parts as readonly AnnData[])];
  if (data.length === 0) throw new DataError('concat: there are no data to concatenate');
  const used = named?.map(([key]) => key) ?? [...(keys ?? data.keys())].map(String);
  if (used.length !== data.length) {
    throw new ParamError('concat: keys do not fit the parts', {
      got: String(used.length),
      expected: `${data.length}, one a part`,
    });
  }
  const again = used.find((key, place) => used.indexOf(key) !== place);
  if (again !== undefined) {
    throw new ParamError('concat: a key occurs twice', { got: `"${again}"` });
  }
  return { data, keys: used };
}

function entriesOf(
  parts: readonly AnnData[] | ReadonlyMap<string, AnnData> | Readonly<Record<string, AnnData>>,
): (readonly [string, AnnData])[] | undefined {
  if (Array.isArray(parts)) return undefined;
  return parts instanceof Map ? [...parts] : Object.entries(parts);
}

/**
 * Joins the names of all parts, as pandas joins indexes: an intersection has the order of the first
 * part; a union is sorted (by code units), unless all parts have the same names in the same order.
 *
 * @param what - for messages, such as `var`
 * @throws DataError if a name occurs twice in a part, unless all parts have the same names
 */
export function joinNames(
  lists: readonly (readonly string[])[],
  join: Join,
  what: string,
): Alignment {
  const first = lists[0] ?? [];
  if (lists.every((list) => sameNames(list, first))) {
    const places = Int32Array.from(first.keys());
    return { names: first, sources: lists.map(() => places) };
  }
  const placesOf = lists.map((list, part) => uniquePlaces(list, part, what));
  const names =
    join === 'inner'
      ? first.filter((name) => placesOf.every((places) => places.has(name)))
      : lists.slice(1).reduce(union, first);
  const sources = placesOf.map((places) =>
    Int32Array.from(names, (name) => places.get(name) ?? -1),
  );
  return { names, sources };
}

/** The names that are there in the given list of lists, in the order in which they appear. */
export function joinKeys(lists: readonly Iterable<string>[], join: Join): string[] {
  const sets = lists.map((list) => new Set(list));
  const all = new Set(sets.flatMap((set) => [...set]));
  return join === 'outer' ? [...all] : [...all].filter((key) => sets.every((set) => set.has(key)));
}

function union(known: readonly string[], more: readonly string[]): readonly string[] {
  if (more.length === 0 || sameNames(known, more)) return known;
  return known.length === 0 ? more : [...new Set([...known, ...more])].sort(compareText);
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((name, i) => name === b[i]));
}

function uniquePlaces(names: readonly string[], part: number, what: string): Map<string, number> {
  const places = new Map<string, number>();
  names.forEach((name, place) => {
    if (places.has(name)) {
      throw new DataError(`concat: a name occurs twice in the ${what} of part ${part}`, {
        got: `"${name}"`,
        remedy: 'Make the names unique first (uniqueNames, withUniqueVarNames).',
      });
    }
    places.set(name, place);
  });
  return places;
}

/** True if the alignment leaves a part of so many names as it is. */
export function isIdentity(source: Int32Array, length: number): boolean {
  return source.length === length && source.every((place, i) => place === i);
}
