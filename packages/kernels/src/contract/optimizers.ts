/** The numbers of one Adam step; the formulas are at {@link OptimizerKernels.adam}. */
export interface AdamSettings {
  /** Number of this step, from 1. */
  readonly step: number;
  readonly learningRate: number;
  /** Decay of the first moment; default 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment; default 0.999. */
  readonly beta2?: number;
  /** Added to the root; default 1e-8. */
  readonly epsilon?: number;
  /** Default 0. */
  readonly weightDecay?: number;
  /**
   * AdamW (Loshchilov and Hutter, 2019): shrink the parameters by `learningRate * weightDecay`
   * instead of adding the decay to the gradient; default false.
   */
  readonly decoupledWeightDecay?: boolean;
}

/** One Adam step; the arrays are as long as `parameters`, and all but `gradients` are updated. */
export interface AdamArgs extends AdamSettings {
  readonly parameters: Float32Array;
  readonly gradients: Float32Array;
  /** `m`; zeros before the first step. */
  readonly firstMoment: Float32Array;
  /** `v`; zeros before the first step. */
  readonly secondMoment: Float32Array;
  /**
   * When given, AMSGrad (Reddi et al., 2018): the running maximum of `v`, used in place of `v` in
   * the update; zeros before the first step.
   */
  readonly maxSecondMoment?: Float32Array;
}

/** Steps of optimizers on flat arrays, in place. */
export interface OptimizerKernels {
  /**
   * One in-place Adam step (Kingma and Ba, 2015, arXiv:1412.6980) with PyTorch's semantics:
   * `g = gradients + weightDecay * parameters` (no decay here when decoupled),
   * `m = beta1 m + (1 - beta1) g`, `v = beta2 v + (1 - beta2) g²`,
   * `parameters -= learningRate * mHat / (sqrt(vHat) + epsilon)` with
   * `mHat = m / (1 - beta1^step)` and `vHat = v / (1 - beta2^step)`.
   */
  adam(args: AdamArgs): void;
}
