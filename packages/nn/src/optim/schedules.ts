import { ParamError } from '@dance-ts/core';

/** Factor on the learning rate by epoch (from 0); assign it to `optimizer.learningRateFactor`. */
export type Schedule = (epoch: number) => number;

/** PyTorch's `ExponentialLR`: gamma^epoch. */
export function exponentialDecay(gamma: number): Schedule {
  return (epoch) => gamma ** epoch;
}

/** PyTorch's `StepLR`: times gamma every `stepSize` epochs. */
export function stepDecay(stepSize: number, gamma = 0.1): Schedule {
  return (epoch) => gamma ** Math.floor(epoch / stepSize);
}

/** PyTorch's `MultiStepLR`: times gamma at each milestone. */
export function multiStepDecay(milestones: readonly number[], gamma = 0.1): Schedule {
  return (epoch) => gamma ** milestones.filter((milestone) => epoch >= milestone).length;
}

/**
 * PyTorch's `CosineAnnealingLR`: from 1 down to `smallest` after `period` epochs, along a cosine.
 *
 * @param smallest - lowest factor (eta_min divided by the learning rate), default 0
 */
export function cosineAnnealing(period: number, smallest = 0): Schedule {
  return (epoch) => smallest + ((1 - smallest) * (1 + Math.cos((Math.PI * epoch) / period))) / 2;
}

/** Rises linearly from 1 / (epochs + 1) to 1 during the first `epochs` epochs. */
export function linearWarmup(epochs: number): Schedule {
  return (epoch) => Math.min(1, (epoch + 1) / (epochs + 1));
}

/** Options of {@link ReduceOnPlateau} with PyTorch's names and defaults. */
export interface PlateauOptions {
  /** What the factor is multiplied by, default 0.1. */
  readonly factor?: number;
  /** Epochs without improvement that are tolerated, default 10. */
  readonly patience?: number;
  /** Relative change that counts as improvement, default 1e-4. */
  readonly threshold?: number;
  /** Epochs after a reduction during which nothing is counted, default 0. */
  readonly cooldown?: number;
  /** Lowest factor, default 0. */
  readonly smallest?: number;
}

/** PyTorch's `ReduceLROnPlateau` for a loss (lower is better). */
export class ReduceOnPlateau {
  private current = 1;
  private best = Infinity;
  private badEpochs = 0;
  private cooling = 0;
  private readonly options: Required<PlateauOptions>;

  /** @throws ParamError if the factor is not below 1 */
  constructor(options: PlateauOptions = {}) {
    const defaults = { factor: 0.1, patience: 10, threshold: 1e-4, cooldown: 0, smallest: 0 };
    this.options = { ...defaults, ...options };
    if (this.options.factor < 1) return;
    throw new ParamError('ReduceOnPlateau: factor', {
      got: String(this.options.factor),
      expected: 'a number below 1',
    });
  }

  /** Takes the loss of an epoch and returns the factor on the learning rate from now on. */
  observe(loss: number): number {
    const { factor, patience, threshold, cooldown, smallest } = this.options;
    if (loss < this.best * (1 - threshold)) {
      this.best = loss;
      this.badEpochs = 0;
    } else {
      this.badEpochs += 1;
    }
    if (this.cooling > 0) {
      this.cooling -= 1;
      this.badEpochs = 0;
    }
    if (this.badEpochs > patience) {
      this.current = Math.max(smallest, this.current * factor);
      this.cooling = cooldown;
      this.badEpochs = 0;
    }
    return this.current;
  }
}
