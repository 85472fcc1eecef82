export { describeDataset, listDatasets } from './catalogue/catalogue.js';
export type { DatasetEntry, PinnedFile, PrepareId, PublicSource } from './catalogue/entry.js';
export { simulateEmbedded } from './simulate/embedded.js';
export {
  simulateSingleCell,
  singleCellParams,
  type SingleCellParams,
} from './simulate/single-cell.js';
