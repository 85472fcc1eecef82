import { numericColumn, ParamError, stringColumn, Table } from '@dance-ts/core';
import type { RankedGenes, RankedGroup } from './rank-genes-groups.js';

/**
 * The genes of one group as a table, by the column names of scanpy's `get.rank_genes_groups_df`: `names`,
 * `scores`, `logfoldchanges`, `pvals`, `pvals_adj`, `pct_nz_group`, `pct_nz_reference` (shares in 0 .. 1).
 *
 * @throws ParamError if the result has no such group
 */
export function rankedGenesTable(ranked: RankedGenes, group: string): Table {
  const found = rankedGroup(ranked, group);
  return new Table(
    found.names.map((_, rank) => String(rank)),
    [
      ['names', stringColumn(found.names)],
      ['scores', numericColumn(found.scores)],
      ['logfoldchanges', numericColumn(found.logFoldChanges)],
      ['pvals', numericColumn(found.pvals)],
      ['pvals_adj', numericColumn(found.pvalsAdj)],
      ['pct_nz_group', numericColumn(found.fractionIn)],
      ['pct_nz_reference', numericColumn(found.fractionOut)],
    ],
  );
}

function rankedGroup({ groups, byGroup }: RankedGenes, group: string): RankedGroup {
  const found = byGroup.find((entry) => entry.group === group);
  if (found !== undefined) return found;
  throw new ParamError('rankedGenesTable: there are no ranked genes of a group', {
    got: `"${group}"`,
    expected: `one of ${groups.join(', ') || '(none)'}`,
  });
}
