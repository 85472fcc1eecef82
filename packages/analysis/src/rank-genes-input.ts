import { DataError, ParamError, type AnnData, type Matrix } from '@dance-ts/core';
import { logBaseOf } from '@dance-ts/transforms';
import type { Comparison } from './rank-genes-tests.js';

/** The matrix to look for markers in. */
export interface MatrixToRank {
  /** Log expression, cells x genes. */
  readonly X: Matrix;
  readonly geneNames: readonly string[];
  /** Base of the logarithm, as `uns['log1p']` tells; e if it tells nothing. */
  readonly logBase: number;
}

/** Groups to compare; the reference, if one is named, is among them. */
export interface GroupSelection extends Comparison {
  readonly names: readonly string[];
}

/** @throws ParamError for a layer and raw at once; DataError if the data have neither */
export function matrixToRank(
  data: AnnData,
  { layer, useRaw }: { layer?: string | undefined; useRaw: boolean },
): MatrixToRank {
  const logBase = logBaseOf(data);
  if (useRaw) {
    if (layer !== undefined) {
      throw new ParamError('rankGenesGroups: parameters "layer" and "useRaw"', {
        got: 'both',
        expected: 'at most one of them',
      });
    }
    if (data.raw === undefined) {
      throw new DataError('rankGenesGroups: the data have no raw', {
        remedy: 'Leave the parameter "useRaw" out to use X.',
      });
    }
    return { X: data.raw.X, geneNames: data.raw.var.index, logBase };
  }
  const X = layer === undefined ? data.X : data.layers.get(layer);
  if (X === undefined) {
    throw new DataError(`rankGenesGroups: the data have no layer "${layer ?? ''}"`, {
      got: `layers ${[...data.layers.keys()].join(', ') || '(none)'}`,
      remedy: 'Name one of those, or leave the parameter "layer" out to use X.',
    });
  }
  return { X, geneNames: data.varNames, logBase };
}

/**
 * The groups asked for, or all that have cells.
 *
 * @throws ParamError for a group that is not there; DataError for one with a single cell or no others
 */
export function selectGroups(
  data: AnnData,
  {
    groupby,
    groups,
    reference,
  }: { groupby: string; groups?: readonly string[] | undefined; reference: string },
): GroupSelection {
  const { codes, categories } = data.labels(groupby);
  const counts = new Int32Array(categories.length);
  for (const code of codes) if (code >= 0) counts[code]! += 1;
  const known = categories.map(String);
  const present = known.filter((_, code) => counts[code]! > 0);
  const names = [...new Set(groups ?? present)];
  if (reference !== 'rest' && !names.includes(reference)) names.push(reference);
  assertKnown(names, present, groupby);
  const codesOf = names.map((name) => known.indexOf(name));
  const sizes = Int32Array.from(codesOf, (code) => counts[code]!);
  assertComparable(names, sizes, reference, data.nObs);
  const target = new Int32Array(categories.length).fill(names.length);
  codesOf.forEach((code, group) => {
    target[code] = group;
  });
  const inGroups = sizes.reduce((sum, size) => sum + size, 0);
  return {
    names,
    codes: codes.map((code) => (code < 0 ? names.length : target[code]!)),
    sizes: Int32Array.of(...sizes, data.nObs - inGroups),
    reference: reference === 'rest' ? undefined : names.indexOf(reference),
  };
}

function assertKnown(names: readonly string[], present: readonly string[], groupby: string): void {
  const unknown = names.filter((name) => !present.includes(name));
  if (unknown.length === 0) return;
  throw new ParamError(`rankGenesGroups: obs["${groupby}"] has no cells of a group`, {
    got: unknown.join(', '),
    expected: `groups among ${present.join(', ') || '(none)'}`,
  });
}

function assertComparable(
  names: readonly string[],
  sizes: Int32Array,
  reference: string,
  nCells: number,
): void {
  const single = names.filter((_, group) => sizes[group]! < 2);
  if (single.length > 0) {
    throw new DataError('rankGenesGroups: a group has one cell only', {
      got: single.join(', '),
      expected: 'at least 2 cells in each',
      remedy: 'Name the other groups (groups), or merge this one with another.',
    });
  }
  const alone = reference === 'rest' ? names.find((_, g) => sizes[g] === nCells) : undefined;
  if (alone === undefined && (reference === 'rest' ? names.length > 0 : names.length > 1)) return;
  throw new DataError('rankGenesGroups: there is nothing to compare with', {
    got: names.length === 0 ? 'no group' : `one group, ${names.join(', ')}`,
    expected: 'at least two groups with cells',
  });
}
