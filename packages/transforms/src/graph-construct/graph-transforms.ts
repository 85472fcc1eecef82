import type { TransformClass } from '../registry.js';
import { FeatureFeatureGraph } from './feature-feature-graph.js';

/** Graphs of genes, cells and spots; all are registered with the package. */
export const GRAPH_TRANSFORMS: readonly TransformClass[] = [FeatureFeatureGraph];
