import type { AdamSettings } from './contract/optimizers.js';

/** What an Adam step needs per element, with everything that is the same for all worked out. */
export interface AdamCoefficients {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** `learningRate / (1 - beta1^step)`. */
  readonly stepSize: number;
  /** `1 / sqrt(1 - beta2^step)`. */
  readonly rootScale: number;
  /** Share of the parameter added to the gradient. */
  readonly l2: number;
  /** Factor on the parameter before the update (decoupled decay), else 1. */
  readonly shrink: number;
}

/** Fills in the defaults and works out the bias corrections in double precision. */
export function adamCoefficients(settings: AdamSettings): AdamCoefficients {
  const {
    step,
    learningRate,
    beta1 = 0.9,
    beta2 = 0.999,
    epsilon = 1e-8,
    weightDecay = 0,
  } = settings;
  const decoupled = settings.decoupledWeightDecay === true;
  return {
    beta1,
    beta2,
    epsilon,
    stepSize: learningRate / (1 - beta1 ** step),
    rootScale: 1 / Math.sqrt(1 - beta2 ** step),
    l2: decoupled ? 0 : weightDecay,
    shrink: decoupled ? 1 - learningRate * weightDecay : 1,
  };
}
