export { GatConv, type GatConvOptions } from './gat-conv.js';
export { GcnConv, type GcnConvOptions } from './gcn-conv.js';
export {
  rowNormalized,
  symmetricNormalized,
  withSelfLoops,
  type NormalizationOptions,
} from './normalization.js';
export { StagateAttention, type StagateAttentionOptions } from './stagate-attention.js';
export { TagConv, type TagConvOptions } from './tag-conv.js';
