import {
  columnLength,
  columnValue,
  DataError,
  Table,
  type AnnData,
  type Column,
  type UnsDict,
} from '@dance-ts/core';
import type { RankedGenes, RankedGroup } from './rank-genes-groups.js';

/**
 * Ranked genes that `rankGenesGroups`, or scanpy before the file was written, left in `uns`. What was not
 * stored is NaN: shares of cells without `pts`, p-values and fold changes of a logistic regression. Genes
 * that scanpy's filter made missing are left out.
 *
 * @param key - of uns, default `rank_genes_groups`
 * @throws DataError if there is nothing of that layout under the key
 */
export function readRankedGenes(data: AnnData, key = 'rank_genes_groups'): RankedGenes {
  const dict = data.uns.get(key);
  const names = dict instanceof Map ? dict.get('names') : undefined;
  if (!(dict instanceof Map) || !(names instanceof Table)) {
    throw new DataError(`uns["${key}"] holds no ranked genes`, {
      got: `keys of uns: ${[...data.uns.keys()].join(', ') || '(none)'}`,
      remedy: 'Rank genes first (rankGenesGroups), or name the key they are under.',
    });
  }
  const groups = names.columnNames;
  return { groups, byGroup: groups.map((group) => groupOf(dict, group, names.get(group))) };
}

function groupOf(dict: UnsDict, group: string, column: Column): RankedGroup {
  const all = Array.from({ length: columnLength(column) }, (_, rank) => columnValue(column, rank));
  const ranks = Int32Array.from(all.keys()).filter(
    (rank) => all[rank] !== null && all[rank] !== 'nan',
  );
  const names = Array.from(ranks, (rank) => String(all[rank]));
  const numbers = (part: string): Float64Array => {
    const values = columnOf(dict, part, group);
    return Float64Array.from(ranks, (rank) =>
      values === undefined ? NaN : Number(columnValue(values, rank) ?? NaN),
    );
  };
  return {
    group,
    names,
    scores: numbers('scores'),
    logFoldChanges: numbers('logfoldchanges'),
    pvals: numbers('pvals'),
    pvalsAdj: numbers('pvals_adj'),
    fractionIn: fractionsOf(dict, 'pts', group, names),
    fractionOut: fractionsOf(dict, 'pts_rest', group, names),
  };
}

/** Shares stand in a table of all genes, by name. */
function fractionsOf(
  dict: UnsDict,
  part: string,
  group: string,
  names: readonly string[],
): Float64Array {
  const table = dict.get(part);
  const column = columnOf(dict, part, group);
  if (!(table instanceof Table) || column === undefined) {
    return new Float64Array(names.length).fill(NaN);
  }
  const rowOf = new Map(table.index.map((name, row) => [name, row]));
  return Float64Array.from(names, (name) => {
    const row = rowOf.get(name);
    return row === undefined ? NaN : Number(columnValue(column, row) ?? NaN);
  });
}

function columnOf(dict: UnsDict, part: string, group: string): Column | undefined {
  const table = dict.get(part);
  return table instanceof Table ? table.find(group) : undefined;
}
