export { contingency, type Contingency, type Labels } from './clustering/contingency.js';
export {
  adjustedMutualInfo,
  completeness,
  homogeneity,
  mutualInfo,
  normalizedMutualInfo,
  vMeasure,
  type EntropyAverage,
  type InformationOptions,
} from './clustering/information.js';
export {
  calinskiHarabasz,
  daviesBouldin,
  silhouetteSamples,
  silhouetteScore,
  type SilhouetteOptions,
} from './clustering/internal.js';
export { clusteringAccuracy, purity } from './clustering/matching.js';
export { adjustedRandIndex, fowlkesMallows, randIndex } from './clustering/pair-counting.js';
export {
  clusteringMetric,
  clusteringMetrics,
  type ClusteringMetric,
} from './clustering/registry.js';
