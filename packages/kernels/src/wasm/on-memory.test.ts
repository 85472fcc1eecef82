import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Kernels } from '../kernels.js';
import { plainKernels } from '../plain/plain-kernels.js';
import { integers, largestError, uniform } from '../testing/variants.js';
import { createMemory, type WasmMemory, type WasmVariant } from '../web-assembly.js';
import { instantiateOnMemory } from './on-memory.js';
import type { Elements } from './wasm-heap.js';

const VARIANTS: readonly WasmVariant[] = ['wasm-baseline', 'wasm-relaxed'];
const BYTES = 4 * 2 ** 20;
const SENTINEL = 0xab;

describe.each(VARIANTS)('kernels on a foreign heap, %s', (variant) => {
  let memory: WasmMemory;
  let kernels: Kernels;
  let next: number;
  let borrowed: Set<number>;

  beforeEach(async () => {
    memory = createMemory(variant);
    memory.grow(BYTES / 65536 - 1);
    new Uint8Array(memory.buffer).fill(SENTINEL);
    next = 4; // 4-byte alignment is enough
    borrowed = new Set();
    const allocator = {
      malloc: (bytes: number): number => {
        const address = reserve(bytes);
        borrowed.add(address);
        return address;
      },
      free: (address: number): void => void borrowed.delete(address),
    };
    kernels = await instantiateOnMemory(memory, allocator, { variant });
  });

  /** Address of `bytes` bytes, followed by a gap that nobody may write to. */
  function reserve(bytes: number): number {
    const address = next;
    next += bytes + 64;
    return address;
  }

  function place<T extends Elements>(array: T): T {
    const type = array.constructor as new (buffer: ArrayBufferLike, at: number, n: number) => T;
    const view = new type(memory.buffer, reserve(array.byteLength), array.length);
    view.set(array);
    return view;
  }

  function room(count: number): Float32Array {
    return new Float32Array(memory.buffer, reserve(4 * count), count);
  }

  function expectGapAfter(array: Elements): void {
    const gap = new Uint8Array(memory.buffer, array.byteOffset + array.byteLength, 64);
    expect([...gap]).toEqual(new Array(64).fill(SENTINEL));
  }

  test('gemm works in place and writes nothing but its result', () => {
    const [m, n, k] = [13, 21, 30];
    const [a, b] = [uniform(m * k, 1), uniform(k * n, 2)];
    const args = { m, n, k, a: place(a), transposeA: true, b: place(b), transposeB: true };
    const out = room(m * n);
    kernels.gemm({ ...args, out });
    const expected = new Float32Array(m * n);
    plainKernels.gemm({ ...args, out: expected });
    expect(largestError(out, expected)).toBeLessThan(2e-5);
    expectGapAfter(out);
    expect([...args.a]).toEqual([...a]);
    expect(borrowed.size).toBe(1); // the workspace
  });

  test('arrays off the heap are copied there and back, and the room is given back', () => {
    const [a, b] = [Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8)];
    const sizes = { m: 2, n: 2, k: 2 };
    const mixed = Float32Array.of(1, 1, 1, 1);
    kernels.gemm({ ...sizes, a: place(a), b, out: mixed, accumulate: true });
    expect([...mixed]).toEqual([20, 23, 44, 51]);
    const onHeap = room(4);
    kernels.gemm({ ...sizes, a, b, out: onHeap });
    expect([...onHeap]).toEqual([19, 22, 43, 50]);
    expect(borrowed.size).toBe(1);
  });

  test('biasActivation adds the bias and cuts at 0, but keeps NaN', () => {
    const values = Float32Array.of(-1, 2, NaN, -3, 0.5, 1, -2, 3, 4, -0.25);
    const bias = Float32Array.of(0.5, -3, 1, 4, 1);
    const sums = [-0.5, -1, NaN, 1, 1.5, 1.5, -5, 4, 8, 0.75];
    const run = (relu: boolean, withBias: Float32Array | undefined): number[] => {
      const placed = place(values);
      const args = { rows: 2, columns: 5, bias: withBias, relu };
      kernels.biasActivation({ ...args, values: placed });
      expectGapAfter(placed);
      const plain = values.slice();
      plainKernels.biasActivation({ ...args, values: plain });
      expect([...plain]).toEqual([...placed]);
      return [...placed];
    };
    expect(run(false, place(bias))).toEqual(sums);
    expect(run(true, bias)).toEqual(sums.map((value) => Math.max(value, 0)));
    expect(run(true, undefined)).toEqual([...values].map((value) => Math.max(value, 0)));
  });

  test('spmm works in place', () => {
    const x = Float32Array.from({ length: 30 }, (_, i) => i);
    const out = room(30);
    kernels.spmm({
      nRows: 3,
      indptr: Int32Array.of(0, 2, 2, 3),
      indices: place(Int32Array.of(0, 2, 1)),
      values: place(Float32Array.of(2, 3, 4)),
      x: place(x),
      width: 10,
      out,
    });
    const expected = [0, 1, 2].map((row) =>
      Array.from({ length: 10 }, (_, j) => [2 * j + 3 * (20 + j), 0, 4 * (10 + j)][row]),
    );
    expect([...out]).toEqual(expected.flat());
    expectGapAfter(out);
  });

  test('nearest and squaredDistances work in place', () => {
    const points = place(Float32Array.of(0, 0, 3, 4, 0, 1));
    const out = room(9);
    kernels.squaredDistances({ a: points, nA: 3, b: points, nB: 3, dim: 2, out });
    expect([...out]).toEqual([0, 25, 1, 25, 0, 18, 1, 18, 0]);
    const [outIndices, outDistances] = [place(new Int32Array(6)), room(6)];
    const sizes = { nQueries: 3, nPoints: 3, dim: 2, k: 2, firstQuery: 0 };
    kernels.nearest({ ...sizes, queries: points, points, outIndices, outDistances });
    expect([...outIndices]).toEqual([2, 1, 2, 0, 0, 1]);
    expect([...outDistances]).toEqual([1, 25, 18, 25, 1, 18]);
    expectGapAfter(outDistances);
  });

  test.each([1, 3, 4, 10])('gather and segment sum equal the plain code, width %i', (width) => {
    const [count, nRows] = [37, 11];
    const ids = integers(count, nRows, width);
    const source = uniform(nRows * width, 1);
    const gathered = new Float32Array(count * width);
    plainKernels.gatherRows({ source, width, indices: ids, out: gathered });
    const out = room(count * width);
    kernels.gatherRows({ source: place(source), width, indices: place(ids), out });
    expect([...out]).toEqual([...gathered]);
    expectGapAfter(out);

    const segmentIds = ids.map((id) => (id === 3 ? -1 : id));
    const sums = new Float32Array(nRows * width);
    plainKernels.segmentSum({ values: gathered, width, segmentIds, nSegments: nRows, out: sums });
    const placed = room(nRows * width);
    const args = { width, segmentIds: place(segmentIds), nSegments: nRows, out: placed };
    kernels.segmentSum({ ...args, values: out });
    expect([...placed]).toEqual([...sums]);
    expectGapAfter(placed);
  });

  test('adam updates its arrays and nothing behind them', () => {
    const arrays = (): Record<'parameters' | 'firstMoment' | 'secondMoment', Float32Array> => ({
      parameters: uniform(7, 1),
      firstMoment: new Float32Array(7),
      secondMoment: new Float32Array(7),
    });
    const settings = { step: 1, learningRate: 0.1, gradients: uniform(7, 2) };
    const expected = arrays();
    plainKernels.adam({ ...settings, ...expected });
    const placed = arrays();
    for (const name of ['parameters', 'firstMoment', 'secondMoment'] as const) {
      placed[name] = place(placed[name]);
    }
    kernels.adam({ ...settings, ...placed });
    for (const name of ['parameters', 'firstMoment', 'secondMoment'] as const) {
      expect(largestError(placed[name], expected[name])).toBeLessThan(1e-6);
      expectGapAfter(placed[name]);
    }
  });

  test('keeps working after the memory has grown', () => {
    memory.grow(1);
    const a = place(Float32Array.of(3));
    const out = room(1);
    kernels.gemm({ m: 1, n: 1, k: 1, a, b: a, out });
    expect([...out]).toEqual([9]);
  });
});
