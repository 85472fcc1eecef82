export * from './index.browser.js';
export { readQueryLabelMap } from './files/label-map.node.js';
export { sha256OfFile, sha256OfPath } from './files/checksum.node.js';
export { downloadFile, type DownloadOptions } from './files/download.node.js';
export { cacheFolder, resolveDatasetFile, type ResolveOptions } from './files/resolve.node.js';
export { loadDataset } from './load-dataset.node.js';
export { loadAnnotationPair, type LoadedPair } from './load-annotation-pair.node.js';
export { loadDeconvolution, type LoadDeconvolutionOptions } from './load-deconvolution.node.js';
export { loadSpatialDomain } from './load-spatial-domain.node.js';
export { loadModalityPair } from './load-modality-pair.node.js';
export {
  loadDanceAnnotation,
  type DanceAnnotationData,
  type DanceAnnotationOptions,
} from './dance-annotation.node.js';
export { loadDanceCells } from './dance/cells.node.js';
export type { DanceFolderOptions } from './dance/files.node.js';
export { loadDanceMixtures, type DanceMixturesOptions } from './dance/mixtures.node.js';
export {
  loadDanceModalities,
  type DanceModalities,
  type DanceModalitiesOptions,
} from './dance/modalities.node.js';
export { loadDanceSpots } from './dance/spots.node.js';
