export { DST_GRAPH_KEY, DSTGraph, readDSTGraph } from './dst-graph.js';
export { normalizedAdjacency } from './normalized-adjacency.js';
export { readStdGCNGraphs, STDGCN_GRAPH_KEYS, StdGCNGraph } from './stdgcn-graph.js';
