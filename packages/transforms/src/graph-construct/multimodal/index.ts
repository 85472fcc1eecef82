export {
  CELL_FEATURE_BIPARTITE_GRAPH_KEY,
  CellFeatureBipartiteGraph,
  readCellFeatureBipartiteGraph,
  type CellFeatureEdges,
} from './cell-feature-bipartite-graph.js';
export {
  parseGmt,
  pathwayGraph,
  type GeneSets,
  type PathwayGraph,
  type PathwayWeight,
} from './pathway-graph.js';
export { readPathwayGraph, SCMOGNN_GRAPH_KEY, ScMoGNNGraph } from './scmognn-graph.js';
