import { checkAdam, checkGemm, checkNearest, checkSpmm, checkSquaredDistances } from '../checks.js';
import { instantiateOnMemory, type HeapKernels } from '../heap-kernels.js';
import type {
  AdamArgs,
  GatherRowsArgs,
  GemmArgs,
  Kernels,
  NearestArgs,
  SegmentSumArgs,
  SpmmArgs,
  SquaredDistanceArgs,
} from '../kernels.js';
import { plainGatherRows, plainSegmentSum } from '../plain/rows.js';
import { createMemory, type WasmVariant } from '../web-assembly.js';
import { BLOCK_BYTES, csrBlockRows, forEachBlock } from './blocks.js';
import { ScratchMemory } from './scratch-memory.js';

const FLOAT_BYTES = 4;
/** Depth of the cache blocks of the product; splits at its multiples do not change the result. */
const GEMM_DEPTH_BLOCK = 256;

/**
 * The WebAssembly kernels for arrays outside WebAssembly memory: operands are copied in, results
 * out. The operand that is read in order goes in blocks of about 64 MiB, so that memory holds the
 * other one plus a block; the blocks do not change any result.
 */
export class WasmKernels implements Kernels {
  readonly id: WasmVariant;

  private constructor(
    private readonly heap: HeapKernels,
    private readonly scratch: ScratchMemory,
    private readonly blockBytes: number,
  ) {
    this.id = heap.id;
  }

  /**
   * Kernels of a variant on a new memory of their own.
   *
   * @param blockBytes - how much of a streamed operand is copied in at once
   * @throws `BackendError` if the engine does not support the variant
   */
  static async create(variant: WasmVariant, blockBytes = BLOCK_BYTES): Promise<WasmKernels> {
    const memory = createMemory(variant);
    const heap = await instantiateOnMemory(memory, variant);
    return new WasmKernels(heap, new ScratchMemory(memory), blockBytes);
  }

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
      const [work, bPtr, aPtr, outPtr] = this.scratch.layout(
        this.heap.workspaceBytes(),
        nB * dim * FLOAT_BYTES,
        count * dim * FLOAT_BYTES,
        count * nB * FLOAT_BYTES,
      );
      if (row === 0) this.scratch.write(bPtr, b.subarray(0, nB * dim));
      this.scratch.write(aPtr, a.subarray(row * dim, (row + count) * dim));
      this.heap.squaredDistances(count, nB, dim, aPtr, bPtr, outPtr, work);
      this.scratch.read(outPtr, out.subarray(row * nB, (row + count) * nB));
    });
  }

  nearest(args: NearestArgs): void {
    checkNearest(args);
    this.forEachBlock(args.nQueries, args.dim + 2 * args.k, (query, count) => {
      this.nearestBlock(args, query, count);
    });
  }

  /** Memory-bound: copying in and out would cost more than the plain code, which does the same. */
  gatherRows(args: GatherRowsArgs): void {
    plainGatherRows(args);
  }

  /** As for {@link gatherRows}: the plain code adds the same float32 numbers in the same order. */
  segmentSum(args: SegmentSumArgs): void {
    plainSegmentSum(args);
  }

  adam(args: AdamArgs): void {
    checkAdam(args);
    this.forEachBlock(args.parameters.length, 5, (start, count) => {
      this.adamBlock(args, start, count);
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
    const [work, bPtr, aPtr, outPtr] = this.scratch.layout(
      this.heap.workspaceBytes(),
      k * n * FLOAT_BYTES,
      count * k * FLOAT_BYTES,
      count * n * FLOAT_BYTES,
    );
    const outRows = out.subarray(row * n, (row + count) * n);
    if (row === 0) this.scratch.write(bPtr, b.subarray(0, k * n));
    this.scratch.write(aPtr, a.subarray(row * k, (row + count) * k));
    if (accumulate) this.scratch.write(outPtr, outRows);
    this.heap.gemm(count, n, k, aPtr, transposeA, bPtr, transposeB, outPtr, accumulate, work);
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
        const [work, outPtr, aPtr, bPtr] = this.scratch.layout(
          this.heap.workspaceBytes(),
          m * n * FLOAT_BYTES,
          count * m * FLOAT_BYTES,
          count * n * FLOAT_BYTES,
        );
        const isFirst = start === 0;
        this.scratch.write(aPtr, a.subarray(start * m, (start + count) * m));
        this.scratch.write(bPtr, b.subarray(start * n, (start + count) * n));
        if (isFirst && accumulate) this.scratch.write(outPtr, outPart);
        this.heap.gemm(m, n, count, aPtr, true, bPtr, false, outPtr, accumulate || !isFirst, work);
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
    const [work, pointsPtr, queriesPtr, indicesPtr, distancesPtr] = this.scratch.layout(
      this.heap.workspaceBytes(),
      nPoints * dim * FLOAT_BYTES,
      count * dim * FLOAT_BYTES,
      count * k * FLOAT_BYTES,
      count * k * FLOAT_BYTES,
    );
    if (query === 0) this.scratch.write(pointsPtr, points.subarray(0, nPoints * dim));
    this.scratch.write(queriesPtr, queries.subarray(query * dim, (query + count) * dim));
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
      work,
    );
    this.scratch.read(indicesPtr, outIndices.subarray(query * k, (query + count) * k));
    this.scratch.read(distancesPtr, outDistances.subarray(query * k, (query + count) * k));
  }

  private adamBlock(args: AdamArgs, start: number, count: number): void {
    const part = (array: Float32Array): Float32Array => array.subarray(start, start + count);
    const bytes = count * FLOAT_BYTES;
    const [parameters, gradients, firstMoment, secondMoment, maxSecondMoment] = this.scratch.layout(
      bytes,
      bytes,
      bytes,
      bytes,
      bytes,
    );
    const pointers = { parameters, gradients, firstMoment, secondMoment };
    const updated: [number, Float32Array][] = [
      [parameters, part(args.parameters)],
      [firstMoment, part(args.firstMoment)],
      [secondMoment, part(args.secondMoment)],
    ];
    if (args.maxSecondMoment !== undefined) {
      updated.push([maxSecondMoment, part(args.maxSecondMoment)]);
    }
    this.scratch.write(gradients, part(args.gradients));
    for (const [address, array] of updated) this.scratch.write(address, array);
    const isAmsgrad = args.maxSecondMoment !== undefined;
    this.heap.adam(count, isAmsgrad ? { ...pointers, maxSecondMoment } : pointers, args);
    for (const [address, array] of updated) this.scratch.read(address, array);
  }
}
