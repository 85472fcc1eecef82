export {
  GaussianMixture,
  type GaussianMixtureFitOptions,
  type GaussianMixtureOptions,
} from './gaussian-mixture.js';
export type { CovarianceType } from './covariance-law.js';
export type { MixtureStart } from './mixture-start.js';
