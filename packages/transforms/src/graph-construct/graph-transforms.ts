import type { TransformClass } from '../registry.js';
import { FeatureFeatureGraph } from './feature-feature-graph.js';
import { SMEFeature } from './spatial/sme-feature.js';
import { SMEGraph } from './spatial/sme-graph.js';
import { SpaGCNGraph, SpaGCNGraph2D } from './spatial/spagcn-graph.js';
import { StagateGraph } from './spatial/stagate-graph.js';

/** Graphs of genes, cells and spots; all are registered with the package. */
export const GRAPH_TRANSFORMS: readonly TransformClass[] = [
  FeatureFeatureGraph,
  SMEFeature,
  SMEGraph,
  SpaGCNGraph,
  SpaGCNGraph2D,
  StagateGraph,
];
