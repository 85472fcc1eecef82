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
  readonly maxSecondMoment?: Float32Array | undefined;
}

/** One step of stochastic gradient descent; the formulas are at {@link OptimizerKernels.sgd}. */
export interface SgdArgs {
  readonly learningRate: number;
  /** L2 penalty, added to the gradient; default 0. */
  readonly weightDecay?: number;
  /** Default 0. */
  readonly momentum?: number;
  /** Default 0. */
  readonly dampening?: number;
  /** Look ahead along the momentum; default false. */
  readonly nesterov?: boolean;
  readonly parameters: Float32Array;
  readonly gradients: Float32Array;
  /** Needed with momentum. Zeros before the first step, which is to be called with dampening 0. */
  readonly velocity?: Float32Array | undefined;
}

/** One RMSprop step; the formulas are at {@link OptimizerKernels.rmsprop}. */
export interface RmspropArgs {
  readonly learningRate: number;
  /** Decay of the mean square; default 0.99. */
  readonly alpha?: number;
  /** Added to the root; default 1e-8. */
  readonly epsilon?: number;
  /** L2 penalty, added to the gradient; default 0. */
  readonly weightDecay?: number;
  /** Default 0. */
  readonly momentum?: number;
  readonly parameters: Float32Array;
  readonly gradients: Float32Array;
  /** Zeros before the first step. */
  readonly meanSquare: Float32Array;
  /** Needed with momentum; zeros before the first step. */
  readonly velocity?: Float32Array | undefined;
}

/** One Adadelta step; the formulas are at {@link OptimizerKernels.adadelta}. */
export interface AdadeltaArgs {
  /** PyTorch's default 1. */
  readonly learningRate: number;
  /** Decay of both averages; default 0.9. */
  readonly rho?: number;
  /** Added inside both roots; default 1e-6. */
  readonly epsilon?: number;
  /** L2 penalty, added to the gradient; default 0. */
  readonly weightDecay?: number;
  readonly parameters: Float32Array;
  readonly gradients: Float32Array;
  /** Zeros before the first step. */
  readonly meanSquare: Float32Array;
  /** Mean square of the updates; zeros before the first step. */
  readonly meanSquareUpdate: Float32Array;
}

/** One Adagrad step; the formulas are at {@link OptimizerKernels.adagrad}. */
export interface AdagradArgs {
  readonly learningRate: number;
  /** Added to the root; default 1e-10. */
  readonly epsilon?: number;
  /** L2 penalty, added to the gradient; default 0. */
  readonly weightDecay?: number;
  readonly parameters: Float32Array;
  readonly gradients: Float32Array;
  /** Zeros before the first step. */
  readonly sumSquare: Float32Array;
}

/**
 * Steps of optimizers on flat arrays, in place, with PyTorch's semantics. In all formulas
 * `g = gradients + weightDecay * parameters`.
 */
export interface OptimizerKernels {
  /**
   * Adam (Kingma and Ba, 2015, arXiv:1412.6980), without the decay in `g` when decoupled:
   * `m = beta1 m + (1 - beta1) g`, `v = beta2 v + (1 - beta2) g²`,
   * `parameters -= learningRate * mHat / (sqrt(vHat) + epsilon)` with
   * `mHat = m / (1 - beta1^step)` and `vHat = v / (1 - beta2^step)`.
   */
  adam(args: AdamArgs): void;
  /**
   * Gradient descent: `velocity = momentum velocity + (1 - dampening) g`, then
   * `parameters -= learningRate * velocity` (with Nesterov `g + momentum velocity`, without
   * momentum `g`).
   */
  sgd(args: SgdArgs): void;
  /**
   * RMSprop (Hinton, 2012): `s = alpha s + (1 - alpha) g²`, `u = g / (sqrt(s) + epsilon)`, with
   * momentum `velocity = momentum velocity + u` in place of `u`; `parameters -= learningRate u`.
   */
  rmsprop(args: RmspropArgs): void;
  /**
   * Adadelta (Zeiler, 2012, arXiv:1212.5701): `s = rho s + (1 - rho) g²`,
   * `u = sqrt(d + epsilon) / sqrt(s + epsilon) g`, `d = rho d + (1 - rho) u²`,
   * `parameters -= learningRate u`.
   */
  adadelta(args: AdadeltaArgs): void;
  /** Adagrad (Duchi et al., 2011): `s += g²`, `parameters -= learningRate g / (sqrt(s) + epsilon)`. */
  adagrad(args: AdagradArgs): void;
}
