import { defineParams, parseParams, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import type { RankedGenes, RankedGroup } from './rank-genes-groups.js';

/** Parameters of {@link filterRankedGenes}. */
export const filterRankedGenesParams = defineParams({
  minInGroupFraction: z
    .number()
    .default(0.25)
    .describe('Share of the cells of the group that express a gene is above this'),
  maxOutGroupFraction: z
    .number()
    .default(0.5)
    .describe('Share of the cells it is compared with that express a gene is below this'),
  minFoldChange: z.number().default(1).describe('log2 of the fold change is above this'),
  compareAbs: z.boolean().default(false).describe('Look at the size of the fold change only'),
});

/**
 * The genes that most cells of their group and few others express, in the same order.
 *
 * Where scanpy tl.filter_rank_genes_groups has missing names, those genes are left out here.
 *
 * @param ranked - left as it is
 * @throws ParamError for an unknown or invalid parameter
 */
export function filterRankedGenes(
  ranked: RankedGenes,
  options: ParamInput<typeof filterRankedGenesParams> = {},
): RankedGenes {
  const limits = parseParams(filterRankedGenesParams, options, 'filterRankedGenes');
  const passes = (group: RankedGroup, rank: number): boolean => {
    const change = group.logFoldChanges[rank]!;
    return (
      group.fractionIn[rank]! > limits.minInGroupFraction &&
      group.fractionOut[rank]! < limits.maxOutGroupFraction &&
      (limits.compareAbs ? Math.abs(change) : change) > limits.minFoldChange
    );
  };
  return {
    groups: ranked.groups,
    byGroup: ranked.byGroup.map((group) => atRanks(group, (rank) => passes(group, rank))),
  };
}

function atRanks(group: RankedGroup, keep: (rank: number) => boolean): RankedGroup {
  const kept = (_: unknown, rank: number): boolean => keep(rank);
  return {
    group: group.group,
    names: group.names.filter(kept),
    scores: group.scores.filter(kept),
    logFoldChanges: group.logFoldChanges.filter(kept),
    pvals: group.pvals.filter(kept),
    pvalsAdj: group.pvalsAdj.filter(kept),
    fractionIn: group.fractionIn.filter(kept),
    fractionOut: group.fractionOut.filter(kept),
  };
}
