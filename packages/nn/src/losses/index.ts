export {
  adjacencySquaredError,
  type AdjacencySquaredErrorOptions,
} from './adjacency-squared-error.js';
export { decBce } from './cluster-bce.js';
export {
  softmaxCrossEntropy,
  softTargetCrossEntropy,
  type CrossEntropyOptions,
} from './cross-entropy.js';
export { decKl, pseudoLabelKl, type PseudoLabelKlOptions } from './cluster-kl.js';
export { infoNce, ntXent, type ContrastiveOptions, type InfoNceOptions } from './contrastive.js';
export {
  cosineEmbeddingLoss,
  cosineLoss,
  cosineSimilarity,
  normalizeRows,
  type CosineEmbeddingOptions,
} from './cosine.js';
export {
  countNll,
  meanCountNll,
  type CountModel,
  type CountNllOptions,
} from './count-likelihood.js';
export {
  edgeReconstructionLoss,
  type EdgeReconstructionOptions,
  type Edges,
} from './edge-reconstruction.js';
export {
  gaussianKl,
  laplaceKl,
  type DiagonalGaussian,
  type DiagonalLaplace,
  type GaussianKlOptions,
} from './gaussian-kl.js';
export { gmmKl, logResponsibilities, type GaussianMixture, type GmmKlOptions } from './gmm-kl.js';
export { gradientCosine } from './gradient-cosine.js';
export { linearMeanSquaredError, type RowBlock } from './head-losses.js';
export {
  graphReconstructionLoss,
  type GraphReconstructionOptions,
} from './graph-reconstruction.js';
export { bceWithLogits, elementwiseBce, selfLinkLoss, type BceOptions } from './inner-product.js';
export { bernoulliNll, gaussianNll, poissonNll, type PoissonNllOptions } from './likelihoods.js';
export {
  graphLaplacian,
  innerProductError,
  laplacianPenalty,
  storedEntriesError,
  symmetricPart,
} from './low-rank-error.js';
export { mmd, MMD_SCALES, type MmdOptions } from './mmd.js';
export { pairDistanceLoss, type PairDistanceOptions } from './pair-distance.js';
export { cannotLinkLoss, mustLinkLoss } from './pairwise-constraints.js';
export { prototypicalLoss, type Prototypes } from './prototypical.js';
export type { Reduction, ReductionOptions } from './reduction.js';
export { squaredDistances } from './squared-distances.js';
export { meanSquaredError } from './squared-error.js';
export { stopGradient } from './stop-gradient.js';
export { logSoftAssign, softAssign, type SoftAssignOptions } from './student-t.js';
export { targetDistribution } from './target-distribution.js';
