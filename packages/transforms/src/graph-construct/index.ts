export * from './deconvolution/index.js';
export * from './multimodal/index.js';
export { PCACellFeatureGraph } from './pca-cell-feature-graph.js';
export * from './spatial/index.js';
export {
  FEATURE_FEATURE_GRAPH_KEY,
  FeatureFeatureGraph,
  readFeatureFeatureGraph,
} from './feature-feature-graph.js';
export { GeneCorrelations, type GeneCorrelation } from './gene-correlations.js';
