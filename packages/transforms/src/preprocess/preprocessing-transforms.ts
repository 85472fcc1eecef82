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

/** Preprocessing steps by DANCE's names; all are registered with the package. */
export const PREPROCESSING_TRANSFORMS: readonly TransformClass[] = [
  FilterCellsPlaceHolder,
  FilterCellsScanpyOrder,
  FilterGenesCommon,
  FilterGenesMatch,
  FilterGenesNumberPlaceHolder,
  FilterGenesPlaceHolder,
  FilterGenesScanpyOrder,
  FilterGenesTopK,
  HighlyVariableGenesLogarithmizedByMeanAndDisp,
  HighlyVariableGenesLogarithmizedByTopGenes,
  HighlyVariableGenesRawCount,
];
