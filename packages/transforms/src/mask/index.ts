export { CellwiseMaskData } from './cellwise-mask-data.js';
export { drawEntryMask, type EntryMask, type EntryMaskOptions } from './draw-entry-mask.js';
export { valuesAt, withoutEntries, type EntryList } from './entry-list.js';
export { geneBlocks, type GeneBlock, type GeneBlockOptions } from './gene-blocks.js';
export { GENE_HOLDOUT_KEY, GeneHoldout, readGeneHoldout } from './gene-holdout.js';
export { MaskData } from './mask-data.js';
export { MASK_LAYERS, readEntryMask } from './mask-layers.js';
export { splitCounts, type SplitCounts, type SplitCountsOptions } from './split-counts.js';
