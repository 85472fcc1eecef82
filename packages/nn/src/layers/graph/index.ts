export { GatConv, type GatConvOptions } from './gat-conv.js';
export { GcnConv, type GcnConvOptions } from './gcn-conv.js';
export {
  HeteroSage,
  type BipartiteFeatures,
  type BipartiteGraph,
  type HeteroSageOptions,
} from './hetero-sage.js';
export {
  rowNormalized,
  symmetricNormalized,
  withSelfLoops,
  type NormalizationOptions,
} from './normalization.js';
export { SageConv, type SageConvOptions } from './sage-conv.js';
export { StagateAttention, type StagateAttentionOptions } from './stagate-attention.js';
export { TagConv, type TagConvOptions } from './tag-conv.js';
export {
  weightedEdges,
  WeightedAggregation,
  type EdgeConfidence,
  type WeightedAggregationOptions,
  type WeightedEdges,
} from './weighted-aggregation.js';
