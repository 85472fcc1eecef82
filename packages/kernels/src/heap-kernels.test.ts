import { beforeEach, describe, expect, test } from '@jest/globals';
import { instantiateOnMemory, type HeapKernels } from './heap-kernels.js';
import { plainKernels } from './plain/plain-kernels.js';
import { integers, largestError, uniform } from './testing/variants.js';
import { createMemory, type WasmMemory, type WasmVariant } from './web-assembly.js';

const VARIANTS: readonly WasmVariant[] = ['wasm-baseline', 'wasm-relaxed'];
const BYTES = 4 * 2 ** 20;
const SENTINEL = 0xab;

describe.each(VARIANTS)('kernels on a foreign heap, %s', (variant) => {
  let memory: WasmMemory;
  let heap: HeapKernels;
  let next: number;
  let workspace: number;

  beforeEach(async () => {
    memory = createMemory(variant);
    memory.grow(BYTES / 65536 - 1);
    new Uint8Array(memory.buffer).fill(SENTINEL);
    heap = await instantiateOnMemory(memory, variant);
    next = 4; // 4-byte alignment is enough
    workspace = reserve(heap.workspaceBytes());
  });

  /** Address of `bytes` bytes, followed by a gap that nobody may write to. */
  function reserve(bytes: number): number {
    const address = next;
    next += bytes + 8;
    return address;
  }

  function put(array: Float32Array | Int32Array): number {
    const address = reserve(array.byteLength);
    new Uint8Array(memory.buffer, address).set(new Uint8Array(array.buffer));
    return address;
  }

  function floats(address: number, count: number): Float32Array {
    return new Float32Array(memory.buffer.slice(address, address + 4 * count));
  }

  /** The 8 bytes behind an array are as they were. */
  function expectGapAfter(address: number, count: number): void {
    const gap = new Uint8Array(memory.buffer, address + 4 * count, 8);
    expect([...gap]).toEqual(new Array(8).fill(SENTINEL));
  }

  test('instantiating writes nothing', async () => {
    await instantiateOnMemory(memory, variant);
    expect(new Uint8Array(memory.buffer).every((byte) => byte === SENTINEL)).toBe(true);
  });

  test('gemm keeps to its output and workspace', () => {
    const [m, n, k] = [19, 21, 300];
    const [a, b] = [uniform(m * k, 1), uniform(k * n, 2)];
    const [aPtr, bPtr, outPtr] = [put(a), put(b), reserve(4 * m * n)];
    heap.gemm(m, n, k, aPtr, true, bPtr, true, outPtr, false, workspace);
    const out = new Float32Array(m * n);
    plainKernels.gemm({ m, n, k, a, transposeA: true, b, transposeB: true, out });
    expect(largestError(floats(outPtr, m * n), out)).toBeLessThan(2e-5);
    expectGapAfter(outPtr, m * n);
    expectGapAfter(workspace, heap.workspaceBytes() / 4);
    expect(floats(aPtr, m * k)).toEqual(a);
  });

  test('biasActivation adds the bias and cuts at 0, but keeps NaN', () => {
    const values = Float32Array.of(-1, 2, NaN, -3, 0.5, 1, -2, 3, 4, -0.25);
    const bias = Float32Array.of(0.5, -3, 1, 4, 1);
    const sums = [-0.5, -1, NaN, 1, 1.5, 1.5, -5, 4, 8, 0.75];
    const run = (biasPtr: number, relu: boolean): number[] => {
      const address = put(values);
      heap.biasActivation(2, 5, address, biasPtr, relu);
      expectGapAfter(address, 10);
      return [...floats(address, 10)];
    };
    expect(run(put(bias), false)).toEqual(sums);
    expect(run(put(bias), true)).toEqual(sums.map((value) => Math.max(value, 0)));
    expect(run(0, true)).toEqual([...values].map((value) => Math.max(value, 0)));
  });

  test('spmm works in place', () => {
    const indptr = Int32Array.of(0, 2, 2, 3);
    const [indices, values] = [Int32Array.of(0, 2, 1), Float32Array.of(2, 3, 4)];
    const x = Float32Array.from({ length: 30 }, (_, i) => i);
    const outPtr = reserve(120);
    heap.spmm(3, put(indptr), put(indices), put(values), put(x), 10, outPtr);
    const expected = [0, 1, 2].map((row) =>
      Array.from({ length: 10 }, (_, j) => [2 * j + 3 * (20 + j), 0, 4 * (10 + j)][row]),
    );
    expect([...floats(outPtr, 30)]).toEqual(expected.flat());
    expectGapAfter(outPtr, 30);
  });

  test('nearest and squaredDistances work in place', () => {
    const points = Float32Array.of(0, 0, 3, 4, 0, 1);
    const pointsPtr = put(points);
    const [indicesPtr, distancesPtr, outPtr] = [reserve(24), reserve(24), reserve(36)];
    heap.squaredDistances(3, 3, 2, pointsPtr, pointsPtr, outPtr, workspace);
    expect([...floats(outPtr, 9)]).toEqual([0, 25, 1, 25, 0, 18, 1, 18, 0]);
    heap.nearest(3, pointsPtr, 3, pointsPtr, 2, 2, 0, indicesPtr, distancesPtr, workspace);
    expect([...new Int32Array(memory.buffer, indicesPtr, 6)]).toEqual([2, 1, 2, 0, 0, 1]);
    expect([...floats(distancesPtr, 6)]).toEqual([1, 25, 18, 25, 1, 18]);
    expectGapAfter(distancesPtr, 6);
    expectGapAfter(workspace, heap.workspaceBytes() / 4);
  });

  test.each([1, 3, 4, 10])('gather and segment sum equal the plain code, width %i', (width) => {
    const [count, nRows] = [37, 11];
    const ids = integers(count, nRows, width);
    const source = uniform(nRows * width, 1);
    const gathered = new Float32Array(count * width);
    plainKernels.gatherRows({ source, width, indices: ids, out: gathered });
    const gatheredPtr = reserve(gathered.byteLength);
    heap.gatherRows(count, width, put(ids), put(source), gatheredPtr);
    expect(floats(gatheredPtr, gathered.length)).toEqual(gathered);
    expectGapAfter(gatheredPtr, gathered.length);

    const segmentIds = ids.map((id) => (id === 3 ? -1 : id));
    const sums = new Float32Array(nRows * width);
    plainKernels.segmentSum({ values: gathered, width, segmentIds, nSegments: nRows, out: sums });
    const sumsPtr = reserve(sums.byteLength);
    heap.segmentSum(count, width, put(segmentIds), gatheredPtr, nRows, sumsPtr);
    expect(floats(sumsPtr, sums.length)).toEqual(sums);
    expectGapAfter(sumsPtr, sums.length);
  });

  test('adam updates its arrays and nothing behind them', () => {
    const [parameters, gradients] = [uniform(7, 1), uniform(7, 2)];
    const [firstMoment, secondMoment] = [new Float32Array(7), new Float32Array(7)];
    const settings = { step: 1, learningRate: 0.1 };
    const pointers = {
      parameters: put(parameters),
      gradients: put(gradients),
      firstMoment: put(firstMoment),
      secondMoment: put(secondMoment),
    };
    heap.adam(7, pointers, settings);
    plainKernels.adam({ parameters, gradients, firstMoment, secondMoment, ...settings });
    expect(largestError(floats(pointers.parameters, 7), parameters)).toBeLessThan(1e-6);
    expect(largestError(floats(pointers.secondMoment, 7), secondMoment)).toBeLessThan(1e-6);
    for (const address of Object.values(pointers)) expectGapAfter(address, 7);
  });

  test('keeps working after the memory has grown', () => {
    memory.grow(1);
    const [aPtr, outPtr] = [put(Float32Array.of(3)), BYTES];
    heap.gemm(1, 1, 1, aPtr, false, aPtr, false, outPtr, false, workspace);
    expect([...floats(outPtr, 1)]).toEqual([9]);
  });
});
