export * from './assignment/index.js';
export { consensusClusters, type ConsensusOptions } from './cluster/consensus-clusters.js';
export { graphClusters, type GraphClusterOptions } from './cluster/graph-clusters.js';
export {
  kMeans,
  plusPlusCenters,
  type KMeansOptions,
  type KMeansResult,
} from './cluster/k-means.js';
export {
  leiden,
  type Communities,
  type CommunityOptions,
  type LeidenOptions,
} from './cluster/leiden.js';
export { louvain } from './cluster/louvain.js';
export { spectralClustering, type SpectralOptions } from './cluster/spectral-clustering.js';
export {
  topologicalFilter,
  type ReliableCells,
  type TopologicalFilterOptions,
} from './cluster/topological-filter.js';
export * from './decomposition/index.js';
export * from './ensemble/index.js';
export { UnionFind } from './graph/union-find.js';
export * from './linear-model/index.js';
export * from './ltmg/index.js';
export { umapConnectivities } from './manifold/umap-connectivities.js';
export * from './mixture/index.js';
export type { NeighborMetric } from './neighbors/metric.js';
export {
  mutualNearestNeighbors,
  type MutualNeighborOptions,
  type MutualPairs,
} from './neighbors/mutual-nearest-neighbors.js';
export {
  nearestNeighbors,
  type NeighborMethod,
  type NeighborOptions,
  type Neighbors,
} from './neighbors/nearest-neighbors.js';
export { benjaminiHochberg, bonferroni } from './stats/adjusted-p-values.js';
export { columnMoments, type ColumnMoments } from './stats/column-moments.js';
export type { RealMatrix } from './stats/float64-matrix.js';
export { lowerBound } from './stats/lower-bound.js';
export {
  normalTwoSided,
  rankSums,
  rankSumScore,
  type RankSums,
  type RankSumScoreOptions,
} from './stats/rank-sums.js';
export { studentTwoSided } from './stats/student-distribution.js';
export * from './svm/index.js';
