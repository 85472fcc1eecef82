/**
 * The numeric kernels of the library, on row-major typed arrays.
 *
 * Every implementation (see {@link Kernels.id}) obeys the same contract. Arrays may be longer than
 * needed (so buffers can be reused); what lies beyond the stated shape is neither read nor written.
 * An `out` array must not overlap an input. Sizes may be 0. NaN and infinities propagate as IEEE
 * arithmetic says: nothing is skipped for being zero.
 */

import type { DenseKernels } from './contract/dense.js';
import type { RandomKernels } from './contract/random.js';
import type { ElementwiseKernels } from './contract/elementwise.js';
import type { GraphKernels } from './contract/graph.js';
import type { GraphReconstructionKernels } from './contract/graph-reconstruction.js';
import type { LikelihoodKernels } from './contract/likelihood.js';
import type { MatrixKernels } from './contract/matrix.js';
import type { OptimizerKernels } from './contract/optimizers.js';
import type { NormalizationKernels } from './contract/normalization.js';
import type { ClusteringKernels } from './contract/clustering.js';
import type { ReductionKernels } from './contract/reductions.js';

/** Identifies an implementation, and with it the rounding of its results. */
export type KernelsId = 'plain' | 'wasm-baseline' | 'wasm-relaxed';

/**
 * One implementation of all kernels. The same id gives the same bytes for the same input on every
 * machine, except `wasm-relaxed`, whose fused multiply-add depends on the processor, and the
 * transcendental functions of `plain`, which are the engine's.
 *
 * Every method throws `ParamError` for a size that is not a whole number >= 0 or an array that is
 * too short, and `DataError` for an index out of range.
 */
export interface Kernels
  extends
    DenseKernels,
    RandomKernels,
    ElementwiseKernels,
    GraphKernels,
    GraphReconstructionKernels,
    LikelihoodKernels,
    MatrixKernels,
    OptimizerKernels,
    NormalizationKernels,
    ClusteringKernels,
    ReductionKernels {
  readonly id: KernelsId;
}
