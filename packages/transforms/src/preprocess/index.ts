export { FilterCellsScanpyOrder } from './filter/filter-cells-scanpy-order.js';
export { FilterGenesCommon } from './filter/filter-genes-common.js';
export { FilterGenesMatch } from './filter/filter-genes-match.js';
export { FilterGenesScanpyOrder } from './filter/filter-genes-scanpy-order.js';
export { FilterGenesTopK } from './filter/filter-genes-top-k.js';
export {
  HighlyVariableGenesLogarithmizedByMeanAndDisp,
  HighlyVariableGenesLogarithmizedByTopGenes,
  HighlyVariableGenesRawCount,
} from './filter/highly-variable-genes-dance.js';
export {
  FilterCellsPlaceHolder,
  FilterGenesNumberPlaceHolder,
  FilterGenesPlaceHolder,
} from './filter/placeholders.js';
export { FilterGenesMarkerGini } from './filter/filter-genes-marker-gini.js';
export { FilterGenesMarker } from './filter/filter-genes-marker.js';
export { FilterGenesRegression } from './filter/filter-genes-regression.js';
export {
  CELL_GIOTTO_TOPIC_PROFILE_KEY,
  CellGiottoTopicProfile,
} from './pseudobulk/cell-giotto-topic-profile.js';
export {
  CELL_TOPIC_PROFILE_KEY,
  CellTopicProfile,
  readCellTopicProfile,
} from './pseudobulk/cell-topic-profile.js';
export { CELL_TYPE_NUMS_KEY, CellTypeNums } from './pseudobulk/cell-type-nums.js';
export { CELL_TYPE_PORTION_KEY, PseudoMixture } from './pseudobulk/pseudo-mixture.js';
export { centeredLogRatios, CLR } from './normalize/clr.js';
export { ColumnSumNormalize } from './normalize/column-sum-normalize.js';
export { NormalizePlaceHolder } from './normalize/normalize-placeholder.js';
export { NormalizeTotalLog1P } from './normalize/normalize-total-log1p.js';
export { TfidfTransform } from './normalize/tfidf-transform.js';
export { inverseFrequencies, logTfidf, smoothTfidf, tfidf } from './normalize/tfidf.js';
export { BATCH_FEATURES_KEY, BatchFeature } from './feature/batch-feature.js';
export { CellSVD } from './feature/cell-svd.js';
export { FeatureCellPlaceHolder } from './feature/feature-cell-placeholder.js';
export { GaussRandProjFeature } from './feature/gauss-rand-proj-feature.js';
export { LSI_KEY, LsiFeature } from './feature/lsi-feature.js';
export { applyLsi, fitLsi, type Lsi, type LsiOptions } from './feature/lsi.js';
export { WeightedFeatureSVD } from './feature/weighted-feature-svd.js';
export { FilterCellTransform } from './filter/filter-cell-transform.js';
export { ScrubletTransform } from './filter/scrublet-transform.js';
export {
  doubletScores,
  type DoubletOptions,
  type DoubletScores,
} from './quality/doublet-scores.js';
export {
  mitochondrialGenes,
  MITOCHONDRIAL_PREFIXES,
  qcMetrics,
  type QcMetrics,
  type QcOptions,
  type QcSpecies,
} from './quality/qc-metrics.js';
export { ScTransform } from './normalize/sc-transform/sc-transform.js';
export { FilterCellsCommonMod } from './filter/filter-cells-common-mod.js';
export { CellSparsePCA } from './feature/cell-sparse-pca.js';
export { GeneStats } from './feature/gene-stats.js';
export { MORPHOLOGY_KEY, MorphologyFeature } from './feature/morphology-feature.js';
export { SC3_KEY, SC3_MOST_CELLS, SC3Feature } from './feature/sc3-feature.js';
export { SpatialIDEFeature } from './feature/spatial-ide-feature.js';
export { TangramFeature } from './feature/tangram-feature.js';
