export type { CenteringOptions } from './centering.js';
export type { SvdOptions, SvdSolver } from './decompose.js';
export { centeredOperator, transposedOperator, type LinearOperator } from './linear-operator.js';
export { pca, type Pca, type PcaOptions } from './pca.js';
export { symmetricEigen, type SymmetricEigen } from './symmetric-eigen.js';
export { truncatedSvd, type Svd } from './truncated-svd.js';
export { NMF, type NmfFitOptions, type NmfOptions } from './nmf.js';
export type { NmfLoss, NmfSolver } from './nmf-fit.js';
export type { NmfInit } from './nmf-init.js';
