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
}

interface Installed {
  readonly kernels: HeapKernels;
  readonly workspace: number;
}

const installations = new WeakMap<object, Installed>();

/**
 * Registers our kernels over those of the stock WebAssembly backend, on the backend's own heap and
 * without copies: the matrix product in every transposed form (stock runs the transposed ones in a
 * scalar loop) and the segment sum (the gradient of `tf.gather`, which stock lacks). Idempotent.
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
