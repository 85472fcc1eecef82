export {
  assertKnownScores,
  columnMeans,
  explainCells,
  marginOf,
  onlyScore,
  type CellsToExplain,
  type ExplainedScores,
  type ScoreNetwork,
} from './explain-cells.js';
export {
  explanationMarkers,
  topGenes,
  type ExplainingGene,
  type ExplanationMarkers,
} from './explanation-markers.js';
export {
  integratedGradients,
  type IntegratedGradients,
  type IntegratedGradientsOptions,
  type ScoreFunction,
} from './integrated-gradients.js';
export {
  cellsToExplain,
  explainSettings,
  type CellChoice,
  type ExplainSettings,
} from './settings.js';
