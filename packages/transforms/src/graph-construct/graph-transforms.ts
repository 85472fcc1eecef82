import type { TransformClass } from '../registry.js';
import { DSTGraph } from './deconvolution/dst-graph.js';
import { StdGCNGraph } from './deconvolution/stdgcn-graph.js';
import { FeatureFeatureGraph } from './feature-feature-graph.js';
import { CellFeatureBipartiteGraph } from './multimodal/cell-feature-bipartite-graph.js';
import { ScMoGNNGraph } from './multimodal/scmognn-graph.js';
import { PCACellFeatureGraph } from './pca-cell-feature-graph.js';
import { SMEFeature } from './spatial/sme-feature.js';
import { SMEGraph } from './spatial/sme-graph.js';
import { SpaGCNGraph, SpaGCNGraph2D } from './spatial/spagcn-graph.js';
import { StagateGraph } from './spatial/stagate-graph.js';

/** Graphs of genes, cells and spots; all are registered with the package. */
export const GRAPH_TRANSFORMS: readonly TransformClass[] = [
  CellFeatureBipartiteGraph,
  DSTGraph,
  FeatureFeatureGraph,
  PCACellFeatureGraph,
  ScMoGNNGraph,
  SMEFeature,
  SMEGraph,
  SpaGCNGraph,
  SpaGCNGraph2D,
  StagateGraph,
  StdGCNGraph,
];
