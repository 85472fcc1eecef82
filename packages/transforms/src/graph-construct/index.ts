export * from './spatial/index.js';
export {
  FEATURE_FEATURE_GRAPH_KEY,
  FeatureFeatureGraph,
  readFeatureFeatureGraph,
} from './feature-feature-graph.js';
export { GeneCorrelations, type GeneCorrelation } from './gene-correlations.js';
