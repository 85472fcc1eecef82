import { DataError } from '../errors.js';
import type { Matrix } from '../matrix/matrix.js';
import type { Reporter } from '../progress/reporter.js';
import { categoricalColumn } from '../table/column.js';
import { Table } from '../table/table.js';
import { AnnData, type Aligned, type RawData } from './anndata.js';
import { stackTables } from './concat-columns.js';
import { blockDiagonal, stackAligned, stackMatrices } from './concat-matrices.js';
import {
  mergeAligned,
  mergePairs,
  mergeTables,
  mergeUns,
  type MergeStrategy,
} from './concat-merge.js';
import { joinKeys, joinNames, namedParts, type Alignment, type Join } from './concat-names.js';

/** Options of {@link concat}. */
export interface ConcatOptions {
  /** Genes, layers, columns of obs and entries of obsm that all parts have, or any; default `inner`. */
  readonly join?: Join;
  /** Column of obs that tells which part a cell came from; none unless given. */
  readonly label?: string;
  /** Names of the parts, default `0`, `1`, ...; a Map or record of parts has its own. */
  readonly keys?: readonly string[];
  /** If given, stands between the name of a cell and the key of its part in the new name. */
  readonly indexUnique?: string;
  /** Which columns of var and entries of varm and varp are kept; none unless given. */
  readonly merge?: MergeStrategy;
  /** Which entries of uns are kept; none unless given. */
  readonly unsMerge?: MergeStrategy;
  /** Stands where a part lacks a gene; default 0 in sparse and NaN in dense matrices. */
  readonly fillValue?: number;
  /** Keeps obsp as blocks along the diagonal; default false: obsp is dropped. */
  readonly pairwise?: boolean;
  /** Is told of what had to be dropped. */
  readonly reporter?: Reporter;
}

/**
 * The cells of several data sets below each other, as `anndata.concat` does along cells.
 *
 * - Genes: those that all parts have in the order of the first (`inner`), or those of any part,
 *   sorted unless all have the same (`outer`).
 * - X and layers: sparse if one part is sparse. obsm: by position up to the narrowest (`inner`) or
 *   widest (`outer`) part.
 * - obs: categories are united; missing values where a part lacks a column (`outer`), for which
 *   whole numbers become float64, as in pandas, and truth values become nullable.
 * - raw: if all parts have one, by the same join of its genes; its columns of var are dropped.
 * - Splits start afresh (all cells train), and channels are not set.
 *
 * @param parts - at least one; a Map or record gives their keys as well
 * @throws DataError if there are no parts, only some have X, a gene name occurs twice while the
 *   genes differ, or no gene is common to all of `inner`; ParamError if keys do not fit
 */
export function concat(
  parts: readonly AnnData[] | ReadonlyMap<string, AnnData> | Readonly<Record<string, AnnData>>,
  options: ConcatOptions = {},
): AnnData {
  const { join = 'inner', merge, unsMerge, fillValue, pairwise = false } = options;
  const { data, keys } = namedParts(parts, options.keys);
  const names = cellNames(data, keys, options.indexUnique);
  const genes = joinNames(
    data.map(({ varNames }) => varNames),
    join,
    'var',
  );
  assertShared(data, genes);
  return new AnnData({
    X: stackX(data, genes, fillValue),
    obs: stackObs(data, keys, names, options),
    var: mergeTables(
      data.map((part) => part.var),
      genes,
      merge,
    ),
    layers: joinEntries(
      data,
      ({ layers }) => layers,
      join,
      (_, pieces) => stackMatrices(pieces, genes.sources, fillValue),
    ),
    obsm: joinEntries(
      data,
      ({ obsm }) => obsm,
      join,
      (key, pieces) => stackAligned(key, pieces, names, join, fillValue),
    ),
    varm: mergeAligned(
      data.map(({ varm }) => varm),
      genes,
      merge,
    ),
    obsp: pairwise
      ? joinEntries(
          data,
          ({ obsp }) => obsp,
          join,
          (_, pieces) => blockDiagonal(pieces),
        )
      : [],
    varp: mergePairs(
      data.map(({ varp }) => varp),
      genes,
      merge,
    ),
    uns: mergeUns(
      data.map(({ uns }) => uns),
      unsMerge,
    ),
    raw: stackRaw(data, join, options),
  });
}

function cellNames(
  data: readonly AnnData[],
  keys: readonly string[],
  separator: string | undefined,
): string[] {
  return data.flatMap(({ obsNames }, p) =>
    separator === undefined
      ? [...obsNames]
      : obsNames.map((name) => `${name}${separator}${keys[p]!}`),
  );
}

function assertShared(data: readonly AnnData[], genes: Alignment): void {
  if (genes.names.length > 0 || data.some(({ nVars }) => nVars === 0)) return;
  throw new DataError('concat: the parts share no gene', {
    got: data.map(({ varNames }) => varNames.slice(0, 3).join(', ')).join(' ... and '),
    remedy: "Name the genes of all parts alike, or join 'outer'.",
  });
}

function stackX(
  data: readonly AnnData[],
  genes: Alignment,
  fillValue: number | undefined,
): Matrix | undefined {
  const lacking = data.findIndex(({ hasX }) => !hasX);
  if (lacking === -1) {
    return stackMatrices(
      data.map(({ X }) => X),
      genes.sources,
      fillValue,
    );
  }
  if (data.every(({ hasX }) => !hasX)) return undefined;
  throw new DataError('concat: only some of the parts have X', {
    got: `none in part ${lacking}`,
    remedy: 'Set X in all parts or in none.',
  });
}

function stackObs(
  data: readonly AnnData[],
  keys: readonly string[],
  names: readonly string[],
  { join = 'inner', label }: ConcatOptions,
): Table {
  const obs = stackTables(
    data.map((part) => part.obs),
    names,
    join,
  );
  if (label === undefined) return obs;
  const codes = Int32Array.from(data.flatMap(({ nObs }, p) => new Array<number>(nObs).fill(p)));
  return obs.set(label, categoricalColumn(codes, keys));
}

/** Entries that all parts or any part has; a part without one is given as its number of cells. */
function joinEntries<T extends Aligned, R>(
  data: readonly AnnData[],
  mapping: (part: AnnData) => ReadonlyMap<string, T>,
  join: Join,
  stack: (key: string, pieces: (T | number)[]) => R,
): [string, R][] {
  const keys = joinKeys(
    data.map((part) => mapping(part).keys()),
    join,
  );
  return keys.map((key) => [
    key,
    stack(
      key,
      data.map((part) => mapping(part).get(key) ?? part.nObs),
    ),
  ]);
}

function stackRaw(
  data: readonly AnnData[],
  join: Join,
  { fillValue, reporter }: ConcatOptions,
): RawData | undefined {
  const raws = data.map(({ raw }) => raw).filter((raw) => raw !== undefined);
  if (raws.length < data.length) {
    if (raws.length > 0) {
      reporter?.message('warning', 'concat: raw is dropped, as only some of the parts have it');
    }
    return undefined;
  }
  const genes = joinNames(
    raws.map((raw) => raw.var.index),
    join,
    'raw.var',
  );
  const X = stackMatrices(
    raws.map((raw) => raw.X),
    genes.sources,
    fillValue,
  );
  return { X, var: new Table(genes.names), varm: new Map() };
}
