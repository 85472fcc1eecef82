export { sddmm, spmmWithValues } from './edge-products.js';
export { edgeSoftmax } from './edge-softmax.js';
export { gatAggregate, type GatAggregated, type GatAggregateOptions } from './gat-aggregate.js';
export { neighborMax, segmentMax, segmentMean } from './segment-reduce.js';
