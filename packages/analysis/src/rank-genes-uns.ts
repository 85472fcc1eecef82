import {
  numericColumn,
  stringColumn,
  Table,
  type AnnData,
  type Column,
  type Reporter,
  type UnsDict,
  type UnsValue,
} from '@dance-ts/core';
import type { RankedGenes, RankedGroup } from './rank-genes-groups.js';

/** Shares of cells by gene, in the order of the genes; one list a group. */
export interface StoredFractions {
  readonly geneNames: readonly string[];
  readonly inside: readonly Float64Array[];
  readonly outside: readonly Float64Array[];
}

/** What {@link storeRankedGenes} needs to know beside the result. */
export interface StoredParams {
  readonly groupby: string;
  readonly method: string;
  readonly reference: string;
  readonly useRaw: boolean;
  readonly layer?: string | undefined;
  readonly corrMethod: string;
  readonly keyAdded: string;
  /** Shares of the cells that express each gene, to be stored, too. */
  readonly fractions?: StoredFractions | undefined;
  readonly reporter: Reporter;
}

/** Writes `uns[keyAdded]` in the layout of scanpy, with its number formats. */
export function storeRankedGenes(data: AnnData, ranked: RankedGenes, params: StoredParams): void {
  const { groupby, method, reference, useRaw, layer, corrMethod } = params;
  const known = new Map<string, UnsValue>([
    ['groupby', groupby],
    ['reference', reference],
    ['method', method],
    ['use_raw', useRaw],
    ...(layer === undefined ? [] : [['layer', layer] as const]),
    ['corr_method', corrMethod],
  ]);
  const float32 = (values: Float64Array): Column => numericColumn(Float32Array.from(values));
  const dict: UnsDict = new Map<string, UnsValue>([
    ['params', known],
    ['names', records(ranked, ({ names }) => stringColumn(names))],
    ['scores', records(ranked, ({ scores }) => float32(scores))],
    ['pvals', records(ranked, ({ pvals }) => numericColumn(pvals))],
    ['pvals_adj', records(ranked, ({ pvalsAdj }) => numericColumn(pvalsAdj))],
    ['logfoldchanges', records(ranked, ({ logFoldChanges }) => float32(logFoldChanges))],
  ]);
  if (params.fractions) storeFractions(dict, ranked.groups, params.fractions, params);
  data.uns.set(params.keyAdded, dict);
}

/** One row a rank, one column a group: stored as records, whose names may hold any character. */
function records(ranked: RankedGenes, columnOf: (group: RankedGroup) => Column): Table {
  const n = ranked.byGroup[0]?.names.length ?? 0;
  return new Table(
    Array.from({ length: n }, (_, rank) => String(rank)),
    ranked.byGroup.map((group) => [group.group, columnOf(group)]),
    '',
  );
}

function storeFractions(
  dict: UnsDict,
  groups: readonly string[],
  { geneNames, inside, outside }: StoredFractions,
  { reference, reporter }: StoredParams,
): void {
  const unfit = groups.find((name) => name === '' || name.includes('/'));
  if (unfit !== undefined) {
    reporter.message(
      'warning',
      'rankGenesGroups: the shares of cells are not stored in uns, since a table in a .h5ad file ' +
        `cannot have a column of the name "${unfit}"`,
    );
    return;
  }
  const table = (lists: readonly Float64Array[]): Table =>
    new Table(
      geneNames,
      groups.map((group, g) => [group, numericColumn(lists[g]!)]),
    );
  dict.set('pts', table(inside));
  if (reference === 'rest') dict.set('pts_rest', table(outside));
}
