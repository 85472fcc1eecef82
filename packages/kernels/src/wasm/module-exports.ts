import type { DenseExports } from './dense-kernels.js';
import type { RandomExports } from './random-kernels.js';
import type { ElementwiseExports } from './elementwise-kernels.js';
import type { GraphExports } from './graph-kernels.js';
import type { GraphReconstructionExports } from './graph-reconstruction-kernels.js';
import type { LikelihoodExports } from './likelihood-kernels.js';
import type { OptimizerExports } from './optimizer-kernels.js';
import type { NormalizationExports } from './normalization-kernels.js';
import type { ClusteringExports } from './clustering-kernels.js';
import type { ReductionExports } from './reduction-kernels.js';

/**
 * Exports of `assembly/index.ts`. Every `...Ptr` is an address in bytes of row-major float32 or
 * int32 data (0: none, where that is allowed); sizes count elements or rows. Nothing is checked.
 */
export interface ModuleExports
  extends
    DenseExports,
    RandomExports,
    ElementwiseExports,
    GraphExports,
    GraphReconstructionExports,
    LikelihoodExports,
    OptimizerExports,
    NormalizationExports,
    ClusteringExports,
    ReductionExports {
  nearestWorkspaceBytes(): number;
  gemm(
    m: number,
    n: number,
    k: number,
    aPtr: number,
    transposeA: boolean,
    bPtr: number,
    transposeB: boolean,
    outPtr: number,
    accumulate: boolean,
    workspacePtr: number,
  ): void;
  /** `indptr` counts entries from `indicesPtr` and `valuesPtr`. */
  spmm(
    nRows: number,
    indptrPtr: number,
    indicesPtr: number,
    valuesPtr: number,
    xPtr: number,
    width: number,
    outPtr: number,
  ): void;
  squaredDistances(
    nA: number,
    nB: number,
    dim: number,
    aPtr: number,
    bPtr: number,
    outPtr: number,
    workspacePtr: number,
  ): void;
  /** `firstQuery` -1: the queries are not rows of the points. */
  nearest(
    nQueries: number,
    queriesPtr: number,
    nPoints: number,
    pointsPtr: number,
    dim: number,
    k: number,
    firstQuery: number,
    outIndicesPtr: number,
    outDistancesPtr: number,
    workspacePtr: number,
  ): void;
  gatherRows(
    count: number,
    width: number,
    indicesPtr: number,
    sourcePtr: number,
    outPtr: number,
  ): void;
  segmentSum(
    count: number,
    width: number,
    segmentIdsPtr: number,
    valuesPtr: number,
    nSegments: number,
    outPtr: number,
  ): void;
}
