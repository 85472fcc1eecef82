import './builtin-transforms.js';

export {
  BaseTransform,
  TRANSFORM_GROUPS,
  type Transform,
  type TransformContext,
  type TransformGroup,
  type TransformSpec,
} from './transform.js';
export { Compose, pipelineRecord, type PipelineRecord, type PipelineStep } from './compose.js';
export {
  getTransform,
  listTransforms,
  registerTransform,
  transformTable,
  type TransformClass,
  type TransformRow,
} from './registry.js';
export {
  describeMatch,
  geneVocabulary,
  matchGenes,
  takeGenes,
  type GeneMatch,
  type GeneMatchReport,
  type GeneVocabulary,
  type NameRule,
} from './align/match-genes.js';
export {
  CONSTRAINT_KEYS,
  PairwiseConstraints,
  readPairwiseConstraints,
} from './misc/pairwise-constraints.js';
export type { CellPair, LinkedPairs } from './numeric/random-pairs.js';
export { SaveRaw } from './misc/save-raw.js';
export { SetConfig } from './misc/set-config.js';
export * from './graph-construct/index.js';
export * from './mask/index.js';
export * from './misc/index.js';
export * from './pipeline/index.js';
export * from './preprocess/index.js';
export { CellPca } from './preprocess/feature/cell-pca.js';
export { pairFeatures, pairNames, type GenePairs } from './preprocess/feature/pair-features.js';
export { genePairParams, SCN_FEATURE_KEY, SCNFeature } from './preprocess/feature/scn-feature.js';
export {
  topScoringPairs,
  type TopScoringPairOptions,
} from './preprocess/feature/top-scoring-pairs.js';
export {
  WEIGHTED_FEATURE_PCA_KEY,
  WeightedFeaturePca,
} from './preprocess/feature/weighted-feature-pca.js';
export { FilterCellsScanpy } from './preprocess/filter/filter-cells-scanpy.js';
export { FilterGenesPercentile } from './preprocess/filter/filter-genes-percentile.js';
export { FilterGenesScanpy } from './preprocess/filter/filter-genes-scanpy.js';
export { FilterGenesVariance } from './preprocess/filter/filter-genes-variance.js';
export { HighlyVariableGenes } from './preprocess/filter/highly-variable-genes.js';
export { logBaseOf } from './preprocess/filter/variable-genes-by-dispersion.js';
export { CELL_WEIGHTS, cellWeights } from './preprocess/normalize/cell-weights.js';
export { Log1P } from './preprocess/normalize/log1p.js';
export { NormalizeTotal } from './preprocess/normalize/normalize-total.js';
export { RowNormalize } from './preprocess/normalize/row-normalize.js';
export { Scale } from './preprocess/normalize/scale.js';
export { CellFeatureGraph } from './graph-construct/cell-feature-graph.js';
export {
  CELL_FEATURE_GRAPH_KEY,
  cellFeatureGraphToUns,
  readCellFeatureGraph,
  type CellFeatureGraphData,
} from './graph-construct/cell-feature-graph-data.js';
export {
  GENE_NEIGHBOR_GRAPH_KEY,
  GeneNeighborGraph,
  readGeneNeighborGraph,
} from './graph-construct/gene-neighbor-graph.js';
export {
  NEIGHBOR_GRAPH_KEY,
  NeighborGraph,
  neighborParams,
  readNeighborGraph,
} from './graph-construct/neighbor-graph.js';
export { weightedCellFeatures } from './graph-construct/weighted-features.js';
export { withoutStoredZeros } from './graph-construct/edges.js';
export { strictTwoHop } from './graph-construct/adjacency.js';
export {
  HETERONET_GRAPH_KEY,
  HeteronetGraph,
  readHeteronetGraph,
} from './graph-construct/heteronet-graph.js';
export { FilterCellsType } from './preprocess/filter/filter-cells-type.js';
export { UpdateSizeFactors } from './preprocess/normalize/update-size-factors.js';
