/**
 * Counts under a (zero-inflated) negative binomial; formulas at {@link LikelihoodKernels.zinb}.
 * All matrices are `[rows, columns]`: cells by genes.
 */
export interface ZinbArgs {
  readonly rows: number;
  readonly columns: number;
  /** x; what is at most 1e-8 counts as zero. */
  readonly counts: Float32Array;
  /** μ > 0, or its logarithm with `activate`. */
  readonly mean: Float32Array;
  /** θ > 0, or what softplus makes θ of with `activate`. */
  readonly dispersion: Float32Array;
  /** π in [0, 1], or its logit with `activate`. Left out: no zero inflation. */
  readonly dropout?: Float32Array | undefined;
  /** `[rows]`, factors on the mean; default 1. */
  readonly sizeFactors?: Float32Array | undefined;
  /**
   * The matrices hold what a decoder gives before its activations: μ = exp clamped to [1e-5, 1e6],
   * θ = softplus clamped to [1e-4, 1e4], π = sigmoid. Gradients are with respect to these and are 0
   * where clamped. Default false.
   */
  readonly activate?: boolean;
  /** Weight of the penalty π² of each element; default 0. */
  readonly ridge?: number;
  /** `[rows]`, overwritten: the negative log-likelihood (and penalty) summed over the columns. */
  readonly rowLoss: Float32Array;
  /** Overwritten: the gradient of the sum of `rowLoss`. */
  readonly meanGradient: Float32Array;
  /** Overwritten. */
  readonly dispersionGradient: Float32Array;
  /** Overwritten; needed with `dropout`. */
  readonly dropoutGradient?: Float32Array | undefined;
}

/** Likelihoods of counts. */
export interface LikelihoodKernels {
  /**
   * Negative log-likelihood with gradients (Eraslan et al., 2019, https://doi.org/10.1038/s41467-018-07931-2),
   * with m = size factor x μ:
   * NB: `log Γ(θ) + log Γ(x+1) - log Γ(x+θ) + θ log(1 + m/θ) + x log(1 + θ/m)`;
   * ZINB: `NB - log(1 - π)` for x > 0 and `-log(π + (1-π) (θ/(θ+m))^θ)` for x = 0;
   * plus `ridge π²`. 1e-10 is added to θ, m and inside the logarithms of probabilities.
   */
  zinb(args: ZinbArgs): void;
}
