export { DST_GRAPH_KEY, DSTGraph, readDSTGraph } from './dst-graph.js';
export { normalizedAdjacency } from './normalized-adjacency.js';
