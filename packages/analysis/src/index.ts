export { filterRankedGenes, filterRankedGenesParams } from './rank-genes-filter.js';
export {
  rankGenesGroups,
  rankGenesGroupsParams,
  type RankedGenes,
  type RankedGroup,
  type RankGenesGroupsOptions,
} from './rank-genes-groups.js';
export { rankedGenesTable } from './rank-genes-table.js';
