export { Adadelta, type AdadeltaOptions } from './adadelta.js';
export { Adagrad, type AdagradOptions } from './adagrad.js';
export { Adam, type AdamOptions } from './adam.js';
export type { Clipping, LossTerms } from './gradients.js';
export { Optimizer, type OptimizerOptions, type ParameterGroup } from './optimizer.js';
export { Rmsprop, type RmspropOptions } from './rmsprop.js';
export {
  cosineAnnealing,
  exponentialDecay,
  linearWarmup,
  multiStepDecay,
  ReduceOnPlateau,
  stepDecay,
  type PlateauOptions,
  type Schedule,
} from './schedules.js';
export { Sgd, type SgdOptions } from './sgd.js';
