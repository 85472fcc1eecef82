import { rankGenesGroups, type RankedGenes } from '@dance-ts/analysis';
import { DataError, type AnnData, type RunOptions } from '@dance-ts/core';

/** Genes kept for each group. */
const N_GENES = 100;
/** Cells without which a group has no variance. */
const MIN_CELLS = 2;

/**
 * Marker genes of each group by Wilcoxon's rank-sum test against all other cells.
 *
 * @param logs - log-normalized expression; gets `uns[key]` in the layout of scanpy
 * @throws DataError if there are not two groups; AbortError
 */
export async function findMarkers(
  logs: AnnData,
  { groupby, key, ...run }: RunOptions & { readonly groupby: string; readonly key: string },
): Promise<RankedGenes> {
  const { codes, categories } = logs.labels(groupby);
  const sizes = new Int32Array(categories.length);
  for (const code of codes) if (code >= 0) sizes[code]! += 1;
  const nGroups = sizes.filter((size) => size > 0).length;
  const groups = categories.map(String).filter((_, group) => sizes[group]! >= MIN_CELLS);
  if (nGroups < 2 || groups.length === 0) {
    throw new DataError('there is nothing to compare', {
      got: `${nGroups} group${nGroups === 1 ? '' : 's'} of cells`,
      expected: 'at least two, one of them of two cells',
    });
  }
  return rankGenesGroups(logs, { groupby, groups, nGenes: N_GENES, keyAdded: key, ...run });
}
