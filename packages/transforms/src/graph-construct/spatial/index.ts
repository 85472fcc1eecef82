export {
  characteristicLength,
  gaussianWeights,
  neighborWeight,
  spotDistances,
  type CharacteristicLength,
  type LengthOptions,
} from './characteristic-length.js';
export {
  gaussianKernel,
  type GaussianKernel,
  type GaussianKernelOptions,
} from './gaussian-kernel.js';
export { PointGrid } from './point-grid.js';
export { SME_FEATURE_KEY, SMEFeature } from './sme-feature.js';
export { readSMEGraph, SME_GRAPH_KEY, SMEGraph } from './sme-graph.js';
export {
  readSpaGCNGraph,
  SPAGCN_GRAPH_2D_KEY,
  SPAGCN_GRAPH_KEY,
  SpaGCNGraph,
  SpaGCNGraph2D,
} from './spagcn-graph.js';
export { pitchOf, SPATIAL_KEYS, spotPlaces } from './spots.js';
export { readStagateGraph, STAGATE_GRAPH_KEY, StagateGraph } from './stagate-graph.js';
