import { adamCoefficients } from './adam-coefficients.js';
import type { AdamSettings } from './kernels.js';
import { instantiateVariant, type WasmMemory, type WasmVariant } from './web-assembly.js';

/** Addresses of what an Adam step reads and updates; see `AdamArgs` for the meaning. */
export interface AdamPointers {
  readonly parameters: number;
  readonly gradients: number;
  readonly firstMoment: number;
  readonly secondMoment: number;
  /** Omit for plain Adam. */
  readonly maxSecondMoment?: number;
}

/**
 * The kernels on a WebAssembly memory that belongs to the caller, for data that already lie there.
 *
 * Every `...Ptr` is an **address in bytes** from the start of the memory; float32 and int32 data,
 * row-major, best aligned to 16 bytes. Sizes count elements or rows, never bytes. Nothing is
 * checked: a wrong address reads or overwrites other data of the memory. Outputs must not overlap
 * inputs or the workspace. The memory may grow between calls.
 */
export interface HeapKernels {
  readonly id: WasmVariant;
  /** Scratch bytes that any kernel with a `workspacePtr` needs, whatever the sizes. */
  workspaceBytes(): number;
  /** `out[m, n] (+)= op(a)[m, k] op(b)[k, n]`; see `GemmArgs` for the storage of a transpose. */
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
  /** `values[rows, columns] += bias[columns]` (`biasPtr` 0: none), then the positive part if `relu`. */
  biasActivation(
    rows: number,
    columns: number,
    valuesPtr: number,
    biasPtr: number,
    relu: boolean,
  ): void;
  /** `out[nRows, width] = A x`; `indptr` counts entries from `indicesPtr` and `valuesPtr`. */
  spmm(
    nRows: number,
    indptrPtr: number,
    indicesPtr: number,
    valuesPtr: number,
    xPtr: number,
    width: number,
    outPtr: number,
  ): void;
  /** `out[nA, nB]` = squared distances of the rows of `a[nA, dim]` and `b[nB, dim]`. */
  squaredDistances(
    nA: number,
    nB: number,
    dim: number,
    aPtr: number,
    bPtr: number,
    outPtr: number,
    workspacePtr: number,
  ): void;
  /** Nearest neighbors; `firstQuery` -1 when the queries are not rows of the points. */
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
  /** `out[i, :] = source[indices[i], :]` for `count` rows. */
  gatherRows(
    count: number,
    width: number,
    indicesPtr: number,
    sourcePtr: number,
    outPtr: number,
  ): void;
  /** `out[nSegments, width]` = sums of the `count` rows of `values` by segment id. */
  segmentSum(
    count: number,
    width: number,
    segmentIdsPtr: number,
    valuesPtr: number,
    nSegments: number,
    outPtr: number,
  ): void;
  /** One in-place Adam step on `count` elements. */
  adam(count: number, pointers: AdamPointers, settings: AdamSettings): void;
}

/** Exports of `assembly/index.ts`. */
interface ModuleExports extends Pick<
  HeapKernels,
  'gemm' | 'biasActivation' | 'spmm' | 'squaredDistances' | 'nearest' | 'gatherRows' | 'segmentSum'
> {
  nearestWorkspaceBytes(): number;
  adam(
    count: number,
    parameters: number,
    gradients: number,
    firstMoment: number,
    secondMoment: number,
    maxSecondMoment: number,
    beta1: number,
    beta1Rest: number,
    beta2: number,
    beta2Rest: number,
    epsilon: number,
    stepSize: number,
    rootScale: number,
    l2: number,
    shrink: number,
  ): void;
}

/**
 * Puts the kernels on an existing memory, such as another library's heap, whose contents stay as
 * they are. The memory must not be shared between threads.
 *
 * @throws `BackendError` if the engine does not support the variant
 */
export async function instantiateOnMemory(
  memory: WasmMemory,
  variant: WasmVariant = 'wasm-baseline',
): Promise<HeapKernels> {
  const module = (await instantiateVariant(variant, memory)) as ModuleExports;
  return {
    id: variant,
    // The workspace of `nearest` contains that of the others.
    workspaceBytes: () => module.nearestWorkspaceBytes(),
    gemm: module.gemm,
    biasActivation: module.biasActivation,
    spmm: module.spmm,
    squaredDistances: module.squaredDistances,
    nearest: module.nearest,
    gatherRows: module.gatherRows,
    segmentSum: module.segmentSum,
    adam: (count, pointers, settings) => {
      adamOnHeap(module, count, pointers, settings);
    },
  };
}

function adamOnHeap(
  module: ModuleExports,
  count: number,
  pointers: AdamPointers,
  settings: AdamSettings,
): void {
  const { parameters, gradients, firstMoment, secondMoment, maxSecondMoment = 0 } = pointers;
  const c = adamCoefficients(settings);
  module.adam(
    count,
    parameters,
    gradients,
    firstMoment,
    secondMoment,
    maxSecondMoment,
    c.beta1,
    1 - c.beta1,
    c.beta2,
    1 - c.beta2,
    c.epsilon,
    c.stepSize,
    c.rootScale,
    c.l2,
    c.shrink,
  );
}
