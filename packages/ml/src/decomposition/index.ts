export { centeredOperator, type CenteringOptions, type LinearOperator } from './linear-operator.js';
export { pca, type Pca, type PcaOptions } from './pca.js';
export { truncatedSvd, type Svd, type SvdOptions } from './truncated-svd.js';
