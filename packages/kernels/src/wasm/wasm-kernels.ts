import { checkGemm, checkNearest, checkSpmm, checkSquaredDistances } from '../checks/matrix.js';
import type {
  GemmArgs,
  MatrixKernels,
  NearestArgs,
  SpmmArgs,
  SquaredDistanceArgs,
} from '../contract/matrix.js';
import type { Kernels } from '../kernels.js';
import { plainGatherRows, plainSegmentSum } from '../plain/rows.js';
import { startThreads } from '../threads/start-threads.js';
import { createMemory, instantiateVariant, type WasmVariant } from '../web-assembly.js';
import { BLOCK_BYTES, csrBlockRows, forEachBlock } from './blocks.js';
import type { ModuleExports } from './module-exports.js';
import { kernelsOnHeap } from './on-memory.js';
import { ScratchMemory } from './scratch-memory.js';
import { WasmHeap } from './wasm-heap.js';

const FLOAT_BYTES = 4;
/** Depth of the cache blocks of the product; splits at its multiples do not change the result. */
const GEMM_DEPTH_BLOCK = 256;

/** Options of {@link createWasmKernels}. */
export interface WasmKernelsOptions {
  /** How much of a streamed operand is copied in at once; default 64 MiB. */
  readonly blockBytes?: number;
  /** Threads the large kernels use; results do not depend on them. Default 1. */
  readonly threads?: number;
}

/**
 * The kernels of a variant on a new memory of their own, for arrays outside WebAssembly memory.
 *
 * @throws `BackendError` if the engine does not support the variant, or has no threads and more
 * than one is asked for
 */
export async function createWasmKernels(
  variant: WasmVariant,
  { blockBytes = BLOCK_BYTES, threads = 1 }: WasmKernelsOptions = {},
): Promise<Kernels> {
  const memory = createMemory(variant, threads > 1);
  const single = (await instantiateVariant(variant, memory)) as ModuleExports;
  const workspaceBytes = single.nearestWorkspaceBytes();
  const scratch = new ScratchMemory(memory, threads * workspaceBytes);
  const workspaces = Array.from(
    { length: threads },
    (_, i) => scratch.workspace + i * workspaceBytes,
  );
  const module = threads > 1 ? await startThreads(variant, memory, single, workspaces) : single;
  const onHeap = kernelsOnHeap(variant, module, new WasmHeap(memory, scratch, scratch.workspace));
  const streamed = new StreamedKernels(module, scratch, blockBytes);
  return {
    ...onHeap,
    gemm: (args) => {
      streamed.gemm(args);
    },
    spmm: (args) => {
      streamed.spmm(args);
    },
    squaredDistances: (args) => {
      streamed.squaredDistances(args);
    },
    nearest: (args) => {
      streamed.nearest(args);
    },
    // Memory-bound: copying in and out would cost more than the plain code, which does the same.
    gatherRows: plainGatherRows,
    segmentSum: plainSegmentSum,
  };
}

type StreamedNames = 'gemm' | 'spmm' | 'squaredDistances' | 'nearest';

/**
 * Operands are copied in, results out. The operand that is read in order goes in blocks of about
 * 64 MiB, so that memory holds the other one plus a block; the blocks do not change any result.
 */
class StreamedKernels implements Pick<MatrixKernels, StreamedNames> {
  constructor(
    private readonly heap: ModuleExports,
    private readonly scratch: ScratchMemory,
    private readonly blockBytes: number,
  ) {}

  gemm(args: GemmArgs): void {
    checkGemm(args);
    const { m, n, k, transposeA = false, transposeB = false } = args;
    // A transposed `a` has no rows to cut out, a transposed `b` no depths.
    if (transposeA && transposeB) this.gemmRows(args, 0, m);
    else if (transposeA) this.gemmByDepth(args);
    else
      this.forEachBlock(m, k + n, (row, count) => {
        this.gemmRows(args, row, count);
      });
  }

  spmm(args: SpmmArgs): void {
    checkSpmm(args);
    for (let row = 0; row < args.nRows;) {
      const count = csrBlockRows(args.indptr, args.nRows, row, this.blockBytes);
      this.spmmBlock(args, row, count);
      row += count;
    }
  }

  squaredDistances(args: SquaredDistanceArgs): void {
    checkSquaredDistances(args);
    const { a, nA, b, nB, dim, out } = args;
    this.forEachBlock(nA, dim + nB, (row, count) => {
      const [bPtr, aPtr, outPtr] = this.scratch.layout(
        nB * dim * FLOAT_BYTES,
        count * dim * FLOAT_BYTES,
        count * nB * FLOAT_BYTES,
      );
      if (row === 0) this.scratch.write(bPtr, b.subarray(0, nB * dim));
      this.scratch.write(aPtr, a.subarray(row * dim, (row + count) * dim));
      this.heap.squaredDistances(count, nB, dim, aPtr, bPtr, outPtr, this.scratch.workspace);
      this.scratch.read(outPtr, out.subarray(row * nB, (row + count) * nB));
    });
  }

  nearest(args: NearestArgs): void {
    checkNearest(args);
    this.forEachBlock(args.nQueries, args.dim + 2 * args.k, (query, count) => {
      this.nearestBlock(args, query, count);
    });
  }

  /**
   * Cuts `0 .. size` into blocks of items of `floats` numbers each. An operand that all blocks
   * share must come before the others in the layout, so that it keeps its address.
   */
  private forEachBlock(
    size: number,
    floats: number,
    run: (start: number, count: number) => void,
    multiple = 1,
  ): void {
    const bytesPerItem = floats * FLOAT_BYTES;
    forEachBlock(size, { bytesPerItem, blockBytes: this.blockBytes, multiple }, run);
  }

  /** Some rows of the product: the same rows of `a` against all of `b`. */
  private gemmRows(args: GemmArgs, row: number, count: number): void {
    const { n, k, a, b, out, transposeA = false, transposeB = false, accumulate = false } = args;
    const [bPtr, aPtr, outPtr] = this.scratch.layout(
      k * n * FLOAT_BYTES,
      count * k * FLOAT_BYTES,
      count * n * FLOAT_BYTES,
    );
    const outRows = out.subarray(row * n, (row + count) * n);
    if (row === 0) this.scratch.write(bPtr, b.subarray(0, k * n));
    this.scratch.write(aPtr, a.subarray(row * k, (row + count) * k));
    if (accumulate) this.scratch.write(outPtr, outRows);
    this.heap.gemm(
      count,
      n,
      k,
      aPtr,
      transposeA,
      bPtr,
      transposeB,
      outPtr,
      accumulate,
      this.scratch.workspace,
    );
    this.scratch.read(outPtr, outRows);
  }

  /** `aᵀ b` with both stored by depth: blocks of both are added up in `out`. */
  private gemmByDepth(args: GemmArgs): void {
    const { m, n, k, a, b, out, accumulate = false } = args;
    const outPart = out.subarray(0, m * n);
    this.forEachBlock(
      k,
      m + n,
      (start, count) => {
        const [outPtr, aPtr, bPtr] = this.scratch.layout(
          m * n * FLOAT_BYTES,
          count * m * FLOAT_BYTES,
          count * n * FLOAT_BYTES,
        );
        const isFirst = start === 0;
        this.scratch.write(aPtr, a.subarray(start * m, (start + count) * m));
        this.scratch.write(bPtr, b.subarray(start * n, (start + count) * n));
        if (isFirst && accumulate) this.scratch.write(outPtr, outPart);
        this.heap.gemm(
          m,
          n,
          count,
          aPtr,
          true,
          bPtr,
          false,
          outPtr,
          accumulate || !isFirst,
          this.scratch.workspace,
        );
        if (start + count >= k) this.scratch.read(outPtr, outPart);
      },
      GEMM_DEPTH_BLOCK,
    );
  }

  private spmmBlock(args: SpmmArgs, row: number, count: number): void {
    const { indptr, indices, values, x, width, out } = args;
    const first = indptr[row]!;
    const end = indptr[row + count]!;
    const entryBytes = (end - first) * FLOAT_BYTES;
    const [xPtr, indptrPtr, indicesPtr, valuesPtr, outPtr] = this.scratch.layout(
      x.byteLength,
      (count + 1) * FLOAT_BYTES,
      entryBytes,
      entryBytes,
      count * width * FLOAT_BYTES,
    );
    if (row === 0) this.scratch.write(xPtr, x);
    this.scratch.write(indptrPtr, indptr.subarray(row, row + count + 1));
    this.scratch.write(indicesPtr, indices.subarray(first, end));
    this.scratch.write(valuesPtr, values.subarray(first, end));
    // `indptr` counts from the start of the whole matrix: move the addresses back by as much.
    const before = first * FLOAT_BYTES;
    this.heap.spmm(count, indptrPtr, indicesPtr - before, valuesPtr - before, xPtr, width, outPtr);
    this.scratch.read(outPtr, out.subarray(row * width, (row + count) * width));
  }

  private nearestBlock(args: NearestArgs, query: number, count: number): void {
    const { queries, points, nPoints, dim, k, outIndices, outDistances, firstQuery } = args;
    // Points among themselves: no copy, and the kernel works out each distance once.
    const isAmong = queries === points && firstQuery === 0;
    const [pointsPtr, copyPtr, indicesPtr, distancesPtr] = this.scratch.layout(
      nPoints * dim * FLOAT_BYTES,
      isAmong ? 0 : count * dim * FLOAT_BYTES,
      count * k * FLOAT_BYTES,
      count * k * FLOAT_BYTES,
    );
    if (query === 0) this.scratch.write(pointsPtr, points.subarray(0, nPoints * dim));
    const queriesPtr = isAmong ? pointsPtr + query * dim * FLOAT_BYTES : copyPtr;
    if (!isAmong) {
      this.scratch.write(copyPtr, queries.subarray(query * dim, (query + count) * dim));
    }
    const self = firstQuery === undefined ? -1 : firstQuery + query;
    this.heap.nearest(
      count,
      queriesPtr,
      nPoints,
      pointsPtr,
      dim,
      k,
      self,
      indicesPtr,
      distancesPtr,
      this.scratch.workspace,
    );
    this.scratch.read(indicesPtr, outIndices.subarray(query * k, (query + count) * k));
    this.scratch.read(distancesPtr, outDistances.subarray(query * k, (query + count) * k));
  }
}
