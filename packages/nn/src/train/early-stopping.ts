import { ParamError } from '@dance-ts/core';

/** Options of {@link EarlyStopping}. */
export interface EarlyStoppingOptions {
  /** Epochs without improvement that are tolerated. */
  readonly patience: number;
  /** The loss must fall by more than this to count as improved; default 0. */
  readonly minDelta?: number;
}

/** Tells when a loss has stopped falling. NaN never counts as an improvement. */
export class EarlyStopping {
  private best = Infinity;
  private waited = 0;
  private readonly options: Required<EarlyStoppingOptions>;

  /** @throws ParamError if the patience is not a whole number >= 0 */
  constructor(options: EarlyStoppingOptions) {
    this.options = { minDelta: 0, ...options };
    const { patience } = this.options;
    if (Number.isInteger(patience) && patience >= 0) return;
    throw new ParamError('patience', { got: String(patience), expected: 'a whole number >= 0' });
  }

  /** Lowest loss so far; Infinity before the first. */
  get bestLoss(): number {
    return this.best;
  }

  /** Takes the loss of an epoch; true when training should stop after it. */
  observe(loss: number): boolean {
    if (loss < this.best - this.options.minDelta) {
      this.best = loss;
      this.waited = 0;
      return false;
    }
    this.waited += 1;
    return this.waited > this.options.patience;
  }
}
