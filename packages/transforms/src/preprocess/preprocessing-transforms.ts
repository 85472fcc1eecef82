import type { TransformClass } from '../registry.js';
import { FilterCellsScanpyOrder } from './filter/filter-cells-scanpy-order.js';
import { FilterGenesCommon } from './filter/filter-genes-common.js';
import { FilterGenesMatch } from './filter/filter-genes-match.js';
import { FilterGenesScanpyOrder } from './filter/filter-genes-scanpy-order.js';
import { FilterGenesTopK } from './filter/filter-genes-top-k.js';
import {
  HighlyVariableGenesLogarithmizedByMeanAndDisp,
  HighlyVariableGenesLogarithmizedByTopGenes,
  HighlyVariableGenesRawCount,
} from './filter/highly-variable-genes-dance.js';
import {
  FilterCellsPlaceHolder,
  FilterGenesNumberPlaceHolder,
  FilterGenesPlaceHolder,
} from './filter/placeholders.js';
import { FilterGenesMarkerGini } from './filter/filter-genes-marker-gini.js';
import { FilterGenesMarker } from './filter/filter-genes-marker.js';
import { FilterGenesRegression } from './filter/filter-genes-regression.js';
import { CellGiottoTopicProfile } from './pseudobulk/cell-giotto-topic-profile.js';
import { CellTopicProfile } from './pseudobulk/cell-topic-profile.js';
import { CellTypeNums } from './pseudobulk/cell-type-nums.js';
import { PseudoMixture } from './pseudobulk/pseudo-mixture.js';
import { CLR } from './normalize/clr.js';
import { ColumnSumNormalize } from './normalize/column-sum-normalize.js';
import { NormalizePlaceHolder } from './normalize/normalize-placeholder.js';
import { NormalizeTotalLog1P } from './normalize/normalize-total-log1p.js';
import { TfidfTransform } from './normalize/tfidf-transform.js';
import { BatchFeature } from './feature/batch-feature.js';
import { CellSVD } from './feature/cell-svd.js';
import { FeatureCellPlaceHolder } from './feature/feature-cell-placeholder.js';
import { GaussRandProjFeature } from './feature/gauss-rand-proj-feature.js';
import { LsiFeature } from './feature/lsi-feature.js';
import { WeightedFeatureSVD } from './feature/weighted-feature-svd.js';
import { FilterCellTransform } from './filter/filter-cell-transform.js';
import { ScrubletTransform } from './filter/scrublet-transform.js';
import { ScTransform } from './normalize/sc-transform/sc-transform.js';
import { CellSparsePCA } from './feature/cell-sparse-pca.js';
import { GeneStats } from './feature/gene-stats.js';
import { MorphologyFeature } from './feature/morphology-feature.js';
import { SC3Feature } from './feature/sc3-feature.js';
import { SpatialIDEFeature } from './feature/spatial-ide-feature.js';
import { TangramFeature } from './feature/tangram-feature.js';

/** Preprocessing steps by DANCE's names; all are registered with the package. */
export const PREPROCESSING_TRANSFORMS: readonly TransformClass[] = [
  BatchFeature,
  CLR,
  CellGiottoTopicProfile,
  CellSVD,
  CellSparsePCA,
  CellTopicProfile,
  CellTypeNums,
  ColumnSumNormalize,
  FeatureCellPlaceHolder,
  FilterCellTransform,
  FilterCellsPlaceHolder,
  FilterCellsScanpyOrder,
  FilterGenesCommon,
  FilterGenesMarker,
  FilterGenesMarkerGini,
  FilterGenesMatch,
  FilterGenesNumberPlaceHolder,
  FilterGenesPlaceHolder,
  FilterGenesRegression,
  FilterGenesScanpyOrder,
  FilterGenesTopK,
  GaussRandProjFeature,
  GeneStats,
  HighlyVariableGenesLogarithmizedByMeanAndDisp,
  HighlyVariableGenesLogarithmizedByTopGenes,
  HighlyVariableGenesRawCount,
  LsiFeature,
  MorphologyFeature,
  NormalizePlaceHolder,
  NormalizeTotalLog1P,
  PseudoMixture,
  SC3Feature,
  ScTransform,
  ScrubletTransform,
  SpatialIDEFeature,
  TangramFeature,
  TfidfTransform,
  WeightedFeatureSVD,
];
