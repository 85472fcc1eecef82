export { filterRankedGenes, filterRankedGenesParams } from './rank-genes-filter.js';
export {
  rankGenesGroups,
  rankGenesGroupsParams,
  type RankedGenes,
  type RankedGroup,
  type RankGenesGroupsOptions,
} from './rank-genes-groups.js';
export { readRankedGenes } from './rank-genes-read.js';
export { rankedGenesTable } from './rank-genes-table.js';
export { umap, umapParams, type UmapOptions } from './umap.js';
export {
  scoreGenesCellCycle,
  scoreGenesCellCycleParams,
  type CellCycle,
  type CellCyclePhase,
  type ScoreGenesCellCycleOptions,
} from './score-genes-cell-cycle.js';
export { G2M_GENES, S_GENES } from './score-genes-cell-cycle-sets.js';
export { scoreGenes, scoreGenesParams, type ScoreGenesOptions } from './score-genes.js';
export {
  resolutionSweep,
  resolutionSweepParams,
  type ResolutionStep,
  type ResolutionSweep,
  type ResolutionSweepOptions,
} from './resolution-sweep.js';
export { resolutionSweepTable } from './resolution-sweep-table.js';
