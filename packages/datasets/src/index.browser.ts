export {
  describeAnnotationPair,
  listAnnotationPairs,
  type AnnotationPair,
  type PairSplit,
} from './catalogue/annotation-pairs.js';
export { describeDataset, listDatasets } from './catalogue/catalogue.js';
export type { DatasetEntry, PinnedFile, PrepareId, PublicSource } from './catalogue/entry.js';
export { splitPair, type ReferenceQuery } from './split-pair.js';
export { simulateEmbedded } from './simulate/embedded.js';
export {
  simulateSingleCell,
  singleCellParams,
  type SingleCellParams,
} from './simulate/single-cell.js';
