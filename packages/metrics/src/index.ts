export {
  accuracy,
  balancedAccuracy,
  cohenKappa,
  matthewsCorrelation,
} from './classification/accuracy.js';
export {
  bootstrapInterval,
  pick,
  type BootstrapInterval,
  type BootstrapOptions,
} from './classification/bootstrap.js';
export {
  confusionMatrix,
  type ClassLabels,
  type ConfusionMatrix,
} from './classification/confusion.js';
export {
  multiLabelAccuracy,
  resolveTruth,
  type LabelMap,
  type ResolveOptions,
} from './classification/label-map.js';
export {
  classScores,
  f1Score,
  precisionRecallF1,
  type ClassAverage,
  type ClassScores,
  type PrecisionRecallF1,
} from './classification/precision-recall.js';
export {
  expectedCalibrationError,
  logLoss,
  rocAucOneVsRest,
  topAnswers,
  topKAccuracy,
  type ClassProbabilities,
  type TopAnswers,
} from './classification/probabilities.js';
export { averagePrecision, rocAuc } from './classification/ranking.js';
export {
  classificationMetric,
  classificationMetrics,
  probabilityMetric,
  probabilityMetrics,
  type ClassificationMetric,
  type ProbabilityMetric,
} from './classification/registry.js';
export {
  answeredOnly,
  riskCoverage,
  type AnsweredCells,
  type RiskCoverage,
} from './classification/rejection.js';
export { contingency, type Contingency, type Labels } from './clustering/contingency.js';
export { gradientCosine, labelsAsClusters, type Gradients } from './clustering/gradients.js';
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
export {
  annotatedSpots,
  spatialDomainMetric,
  spatialDomainMetrics,
  type AnnotatedSpots,
  type DomainLabels,
  type SpatialDomainMetric,
} from './clustering/spatial-domain.js';
export { jensenShannonDivergence } from './deconvolution/divergence.js';
export {
  correlationPerType,
  divergencePerSpot,
  meanDivergence,
  meanTypeCorrelation,
  proportionBaselines,
  type ProportionBaselines,
} from './deconvolution/proportions.js';
export {
  deconvolutionMetric,
  deconvolutionMetrics,
  type DeconvolutionMetric,
} from './deconvolution/registry.js';
export {
  cellCycleConservation,
  principalComponentRegression,
  type CellCycleOptions,
} from './joint-embedding/cell-cycle.js';
export {
  embeddingGraph,
  kMeansAgreement,
  type KMeansAgreement,
  type KMeansAgreementOptions,
} from './joint-embedding/embedding-clusters.js';
export {
  bestGraphClusters,
  graphConnectivity,
  type BestClusters,
  type BestClustersOptions,
} from './joint-embedding/graph-scores.js';
export {
  jointEmbeddingMetric,
  jointEmbeddingMetrics,
  jointEmbeddingScores,
  openProblemsMetrics,
  type JointEmbedding,
  type JointEmbeddingMetric,
  type JointEmbeddingOptions,
  type JointEmbeddingTruth,
} from './joint-embedding/registry.js';
export { aswBatch, aswLabel } from './joint-embedding/silhouette-widths.js';
export { trajectoryConservation } from './joint-embedding/trajectory.js';
export { foscttm, foscttmOfScores } from './matching/foscttm.js';
export {
  assignmentAccuracy,
  labelTransferAccuracy,
  matchingProbability,
  pairingRanking,
  topKMatch,
  type PairingRanking,
  type PairWeights,
} from './matching/pairing.js';
export { matchingMetric, matchingMetrics, type MatchingMetric } from './matching/registry.js';
export type { MetricInfo } from './metric.js';
export {
  averageRanks,
  cosineSimilarity,
  kendallTau,
  pearson,
  spearman,
} from './regression/correlation.js';
export { mae, meanRelativeError, mse, poissonDeviance, r2, rmse } from './regression/errors.js';
export { imputationScore, type ImputationScoreOptions } from './regression/imputation-score.js';
export { meanDefined, perCell, perGene } from './regression/per-line.js';
export {
  imputationMetric,
  imputationMetrics,
  modalityPredictionMetric,
  modalityPredictionMetrics,
  type MatrixMetric,
} from './regression/registry.js';
export type {
  DenseValues,
  EntryList,
  EntryMask,
  EntryOptions,
  ValueMatrix,
  ValueMetric,
  Values,
} from './regression/values.js';
export { gearysC, moransI } from './spatial/autocorrelation.js';
