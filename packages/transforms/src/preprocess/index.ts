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
