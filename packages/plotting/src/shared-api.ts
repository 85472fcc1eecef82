export type { Plot } from './plot.js';
export type { PlotOptions } from './make-plot.js';
export { renderSvg, type RenderSvgOptions } from './render/render-svg.js';
export type { PngOptions, PngResources } from './render/svg-to-png.js';
export { categoryColors } from './palette/category-colors.js';
export {
  defaultColors,
  MISSING_COLOR,
  OKABE_ITO,
  SCANPY_102,
  SCANPY_20,
  SCANPY_28,
} from './palette/palettes.js';
export type { LabelInput } from './data/category-labels.js';
export type { ColoringOptions } from './data/point-colors.js';
export type { LegendPlace } from './plots/scatter.js';
export type { ScatterOptions } from './plots/scatter-options.js';
export { embeddingPlot, type EmbeddingPlotOptions } from './plots/embedding-plot.js';
export { spatialPlot, type SpatialPlotOptions } from './plots/spatial-plot.js';
export { confusionPlot, type ConfusionPlotOptions } from './plots/confusion-plot.js';
export { historyPlot, type HistoryPlotOptions } from './plots/history-plot.js';
export type { MarkerGenes } from './data/marker-genes.js';
export { dotPlot, type DotPlotOptions } from './plots/dot-plot.js';
export { heatMap, type HeatMapOptions } from './plots/heat-map.js';
export { silhouettePlot, type SilhouettePlotOptions } from './plots/silhouette-plot.js';
export {
  benchmarkPlot,
  type BenchmarkPlotOptions,
  type BenchmarkResult,
} from './plots/benchmark-plot.js';
