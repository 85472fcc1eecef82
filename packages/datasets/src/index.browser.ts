export {
  describeAnnotationPair,
  listAnnotationPairs,
  type AnnotationPair,
  type PairSplit,
} from './catalogue/annotation-pairs.js';
export {
  describeDeconvolutionSet,
  listDeconvolutionSets,
  type CellFilter,
  type DeconvolutionSet,
} from './catalogue/deconvolution-sets.js';
export {
  describeModalityPair,
  listModalityPairs,
  type ModalityKind,
  type ModalityPair,
} from './catalogue/modality-pairs.js';
export { describeDataset, listDatasets } from './catalogue/catalogue.js';
export { describeDanceDataset, listDanceDatasets } from './catalogue/dance/catalogue.js';
export type { DanceDataset } from './catalogue/dance/entry.js';
export type { DatasetEntry, PinnedFile, PrepareId, PublicSource } from './catalogue/entry.js';
export { prepareSpots } from './spatial-data.js';
export { splitPair, type ReferenceQuery } from './split-pair.js';
export {
  pairReferenceSpots,
  type DeconvolutionData,
  type ReferenceSpotsOptions,
} from './deconvolution-data.js';
export {
  hidePairing,
  pairModalities,
  swapModalities,
  toMuData,
  type MatchingData,
  type PairedData,
  type PairOptions,
} from './paired-data.js';
export {
  simulateEmbedded,
  simulateEmbeddedPair,
  simulateEmbeddedTissue,
  type Modality,
} from './simulate/embedded.js';
export { simulatePaired, type SimulatedModalities } from './simulate/paired.js';
export { PAIRED_PRESETS, pairedParams, type PairedParams } from './simulate/paired-params.js';
export {
  simulateSingleCell,
  singleCellParams,
  type SingleCellParams,
} from './simulate/single-cell.js';
export { simulateSpatial, type SimulatedTissue } from './simulate/spatial.js';
export { spatialParams, type SpatialParams } from './simulate/spatial-params.js';
