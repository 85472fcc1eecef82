/** Loss of an inner-product graph decoder; formula at {@link GraphReconstructionKernels}. */
export interface GraphReconstructionArgs {
  /** `[n, dim]`, embedding of the nodes. */
  readonly z: Float32Array;
  readonly n: number;
  readonly dim: number;
  /** `[n + 1]`, rows of the target, a sparse symmetric matrix. */
  readonly indptr: Int32Array;
  readonly indices: Int32Array;
  /** Targets of the stored entries, in [0, 1]. */
  readonly targets: Float32Array;
  /** Weight w of the positive part; default 1. */
  readonly positiveWeight?: number;
  /** Factor on the gradient; default 1. */
  readonly scale?: number;
  /** `[n, dim]`, overwritten with `scale` times the derivative by z. */
  readonly gradient: Float32Array;
}

/** Decoders of graphs. */
export interface GraphReconstructionKernels {
  /**
   * Returns the sum over all ordered pairs of nodes of
   * `(1 - t) softplus(l) + w t softplus(-l)`, l = z_i · z_j, t the target (0 where nothing is
   * stored); the n x n logits are never stored (Kipf and Welling, 2016, arXiv:1611.07308).
   */
  graphReconstruction(args: GraphReconstructionArgs): number;
}
