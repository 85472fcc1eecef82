export {
  censoredLogLikelihood,
  fitCensoredMixture,
  likeliestComponent,
  type CensoredFitOptions,
  type CensoredSample,
  type NormalMixture,
} from './censored-mixture.js';
export { commonDetectionLimit } from './detection-limit.js';
export { fitGeneMixture, type GeneMixture, type GeneMixtureOptions } from './gene-mixture.js';
export { ltmg, type LtmgOptions, type LtmgResult } from './ltmg.js';
