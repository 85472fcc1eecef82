import type { CsrMatrix } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';
import { instantiateOnMemory, type HeapKernels, type WasmMemory } from '@dance-ts/kernels';

/** What we use of tfjs-wasm's backend; its internals are relied on, so its version is pinned. */
interface WasmBackend {
  readonly wasm: {
    readonly asm: { readonly memory: WasmMemory };
    _malloc(bytes: number): number;
  };
  readonly dataIdMap: { get(id: tf.DataId): { readonly memoryOffset: number } };
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  typedArrayFromHeap(info: tf.TensorInfo): Float32Array | Int32Array;
  disposeData(id: tf.DataId): boolean;
}

interface Installed {
  readonly kernels: HeapKernels;
  readonly workspace: number;
}

const installations = new WeakMap<object, Installed>();

/**
 * Registers our kernels over those of the stock WebAssembly backend, on the backend's own heap and
 * without copies: the matrix product in every transposed form (stock runs the transposed ones in a
 * scalar loop), the segment sum (the gradient of `tf.gather`, which stock lacks), sparse products and
 * row gathers. Idempotent.
 *
 * @returns identifier of the variant installed
 */
export async function installWasmKernels(): Promise<string> {
  const backend = tf.backend() as unknown as WasmBackend;
  const known = installations.get(backend);
  if (known) return known.kernels.id.replace('wasm-', '');
  const kernels = await instantiateOnMemory(backend.wasm.asm.memory);
  const workspace = (backend.wasm._malloc(kernels.workspaceBytes() + 16) + 15) & ~15;
  const installed = { kernels, workspace: workspace >>> 0 };
  installations.set(backend, installed);
  registerMatMul(installed);
  registerSegmentSum(installed);
  registerSpmm(installed);
  registerGatherRows(installed);
  return kernels.id.replace('wasm-', '');
}

function registerMatMul({ kernels, workspace }: Installed): void {
  const stock = tf.getKernel('BatchMatMul', 'wasm').kernelFunc;
  replaceKernel('BatchMatMul', (args) => {
    const { a, b } = args.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    const { transposeA, transposeB } = args.attrs as { transposeA: boolean; transposeB: boolean };
    const batches = a.shape.slice(0, -2);
    if (product(batches) !== product(b.shape.slice(0, -2))) return stock(args);
    const [aRows = 0, aCols = 0] = a.shape.slice(-2);
    const [bRows = 0, bCols = 0] = b.shape.slice(-2);
    const [m, k] = transposeA ? [aCols, aRows] : [aRows, aCols];
    const n = transposeB ? bRows : bCols;
    const backend = args.backend as WasmBackend;
    const out = backend.makeOutput([...batches, m, n], 'float32');
    const aPtr = addressOf(backend, a);
    const bPtr = addressOf(backend, b);
    const outPtr = addressOf(backend, out);
    for (let i = 0; i < product(batches); i++) {
      kernels.gemm(
        m,
        n,
        k,
        aPtr + i * m * k * 4,
        transposeA,
        bPtr + i * k * n * 4,
        transposeB,
        outPtr + i * m * n * 4,
        false,
        workspace,
      );
    }
    return out;
  });
}

function registerSegmentSum({ kernels }: Installed): void {
  replaceKernel('UnsortedSegmentSum', (args) => {
    const { x, segmentIds } = args.inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo };
    const { numSegments } = args.attrs as { numSegments: number };
    const inner = x.shape.slice(segmentIds.shape.length);
    const backend = args.backend as WasmBackend;
    const out = backend.makeOutput([numSegments, ...inner], 'float32');
    kernels.segmentSum(
      product(segmentIds.shape),
      product(inner),
      addressOf(backend, segmentIds),
      addressOf(backend, x),
      numSegments,
      addressOf(backend, out),
    );
    return out;
  });
}

/** Names under which our own operations are registered on the wasm backend. */
export const OWN_KERNELS = { spmm: 'DanceSpmm', gatherRows: 'DanceGatherRows' } as const;

/** Attributes of the sparse product: a constant matrix, kept outside the heap. */
interface SpmmAttributes {
  readonly matrix: CsrMatrix;
}

function registerSpmm({ kernels }: Installed): void {
  replaceKernel(OWN_KERNELS.spmm, (args) => {
    const { x } = args.inputs as { x: tf.TensorInfo };
    const { matrix } = args.attrs as unknown as SpmmAttributes;
    const backend = args.backend as WasmBackend;
    const width = x.shape[1] ?? 0;
    const out = backend.makeOutput([matrix.nRows, width], 'float32');
    const parts = [matrix.indptr, matrix.indices, matrix.data].map((array) =>
      copyToHeap(backend, array),
    );
    const [indptr = 0, indices = 0, values = 0] = parts.map((part) => addressOf(backend, part));
    kernels.spmm(
      matrix.nRows,
      indptr,
      indices,
      values,
      addressOf(backend, x),
      width,
      addressOf(backend, out),
    );
    for (const part of parts) backend.disposeData(part.dataId);
    return out;
  });
}

function registerGatherRows({ kernels }: Installed): void {
  replaceKernel(OWN_KERNELS.gatherRows, (args) => {
    const { x, indices } = args.inputs as { x: tf.TensorInfo; indices: tf.TensorInfo };
    const backend = args.backend as WasmBackend;
    const count = product(indices.shape);
    const width = x.shape[1] ?? 0;
    const out = backend.makeOutput([count, width], 'float32');
    const place = (info: tf.TensorInfo): number => addressOf(backend, info);
    kernels.gatherRows(count, width, place(indices), place(x), place(out));
    return out;
  });
}

function copyToHeap(backend: WasmBackend, array: Int32Array | Float32Array): tf.TensorInfo {
  const dtype = array instanceof Int32Array ? 'int32' : 'float32';
  const info = backend.makeOutput([array.length], dtype);
  backend.typedArrayFromHeap(info).set(array);
  return info;
}

function replaceKernel(kernelName: string, kernelFunc: tf.KernelFunc): void {
  const registered = tf.getKernelsForBackend('wasm').map((kernel) => kernel.kernelName);
  if (registered.includes(kernelName)) tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc });
}

function addressOf(backend: WasmBackend, info: tf.TensorInfo): number {
  return backend.dataIdMap.get(info.dataId).memoryOffset;
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}
