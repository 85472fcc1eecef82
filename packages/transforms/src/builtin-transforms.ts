import { CellFeatureGraph } from './graph-construct/cell-feature-graph.js';
import { GeneNeighborGraph } from './graph-construct/gene-neighbor-graph.js';
import { GRAPH_TRANSFORMS } from './graph-construct/graph-transforms.js';
import { NeighborGraph } from './graph-construct/neighbor-graph.js';
import { MASK_TRANSFORMS } from './mask/mask-transforms.js';
import { MISC_TRANSFORMS } from './misc/misc-transforms.js';
import { PairwiseConstraints } from './misc/pairwise-constraints.js';
import { SaveRaw } from './misc/save-raw.js';
import { SetConfig } from './misc/set-config.js';
import { CellPca } from './preprocess/feature/cell-pca.js';
import { SCNFeature } from './preprocess/feature/scn-feature.js';
import { WeightedFeaturePca } from './preprocess/feature/weighted-feature-pca.js';
import { FilterCellsScanpy } from './preprocess/filter/filter-cells-scanpy.js';
import { FilterGenesPercentile } from './preprocess/filter/filter-genes-percentile.js';
import { FilterGenesScanpy } from './preprocess/filter/filter-genes-scanpy.js';
import { FilterGenesVariance } from './preprocess/filter/filter-genes-variance.js';
import { HighlyVariableGenes } from './preprocess/filter/highly-variable-genes.js';
import { Log1P } from './preprocess/normalize/log1p.js';
import { NormalizeTotal } from './preprocess/normalize/normalize-total.js';
import { RowNormalize } from './preprocess/normalize/row-normalize.js';
import { Scale } from './preprocess/normalize/scale.js';
import { FilterCellsType } from './preprocess/filter/filter-cells-type.js';
import { HeteronetGraph } from './graph-construct/heteronet-graph.js';
import { UpdateSizeFactors } from './preprocess/normalize/update-size-factors.js';
import { PREPROCESSING_TRANSFORMS } from './preprocess/preprocessing-transforms.js';
import { registerTransform } from './registry.js';

for (const transform of [
  CellFeatureGraph,
  CellPca,
  FilterCellsScanpy,
  FilterGenesPercentile,
  FilterGenesScanpy,
  FilterGenesVariance,
  GeneNeighborGraph,
  HighlyVariableGenes,
  Log1P,
  NeighborGraph,
  NormalizeTotal,
  PairwiseConstraints,
  RowNormalize,
  SaveRaw,
  Scale,
  SCNFeature,
  SetConfig,
  WeightedFeaturePca,
  FilterCellsType,
  HeteronetGraph,
  UpdateSizeFactors,
  ...GRAPH_TRANSFORMS,
  ...MASK_TRANSFORMS,
  ...MISC_TRANSFORMS,
  ...PREPROCESSING_TRANSFORMS,
]) {
  registerTransform(transform);
}
