import * as tf from '@tensorflow/tfjs';
import { overrideKernel, replaceKernel, type Call, type Shape } from './define-op.js';
import { WASM_HOST } from './host.js';
import { kernelsOf } from './installed-kernels.js';

interface MatMulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/**
 * Registers our kernels over those of the stock WebAssembly backend that are slow, inaccurate or
 * missing: the matrix product in every transposed form (stock runs the transposed ones in a scalar
 * loop, and caches weights by tensor, which forbids updating them in place), also fused with a bias
 * and an activation; the transpose; the segment sum (the gradient of `tf.gather`) and the gathering of rows; sums
 * and means (stock adds up in one float32); functions of each element. What a kernel of ours does
 * not cover goes to the stock one.
 */
export function overrideStockKernels(): void {
  shareClones();
  overrideMatMul();
  overrideFusedMatMul();
  applyOtherActivationsAfterwards();
  overrideSegmentSum();
  overrideGather();
  overrideElementwise();
  overrideReductions();
  overrideTranspose();
}

function overrideMatMul(): void {
  overrideKernel<MatMulAttributes>(WASM_HOST, 'BatchMatMul', {
    accepts: haveEqualBatches,
    outputs: (shapes, attributes) => [productShape(shapes, attributes)],
    run: multiply,
  });
}

function haveEqualBatches(inputs: Readonly<Record<string, tf.TensorInfo>>): boolean {
  return batches(inputs['a']!.shape) === batches(inputs['b']!.shape);
}

function productShape(
  shapes: Readonly<Record<string, Shape>>,
  attributes: MatMulAttributes,
): number[] {
  const { m, n } = matMulSizes(shapes, attributes);
  return [...shapes['a']!.slice(0, -2), m, n];
}

function multiply({ kernels, inputs, shapes, outputs, attributes }: Call<MatMulAttributes>): void {
  const { transposeA, transposeB } = attributes;
  const { m, n, k } = matMulSizes(shapes, attributes);
  for (let i = 0; i < batches(shapes['a']!); i++) {
    const a = inputs['a']!.subarray(i * m * k, (i + 1) * m * k) as Float32Array;
    const b = inputs['b']!.subarray(i * k * n, (i + 1) * k * n) as Float32Array;
    const out = outputs[0]!.subarray(i * m * n, (i + 1) * m * n);
    kernels.gemm({ m, n, k, a, b, out, transposeA, transposeB });
  }
}

interface FusedAttributes extends MatMulAttributes {
  readonly activation: string;
}

const FUSED_ACTIVATIONS = ['linear', 'relu', 'sigmoid', 'elu'];

function overrideFusedMatMul(): void {
  overrideKernel<FusedAttributes>(WASM_HOST, '_FusedMatMul', {
    accepts: (inputs, attributes) => {
      const { n } = matMulSizes({ a: inputs['a']!.shape, b: inputs['b']!.shape }, attributes);
      const bias = inputs['bias'];
      const hasPlainBias = bias === undefined || (bias.shape.length === 1 && bias.shape[0] === n);
      const isKnown = FUSED_ACTIVATIONS.includes(attributes.activation);
      return isKnown && hasPlainBias && haveEqualBatches(inputs);
    },
    outputs: (shapes, attributes) => [productShape(shapes, attributes)],
    run: (call) => {
      multiply(call);
      const { kernels, inputs, outputs, attributes } = call;
      const { activation } = attributes;
      const out = outputs[0]!;
      const columns = matMulSizes(call.shapes, attributes).n;
      const rows = columns === 0 ? 0 : out.length / columns;
      const bias = inputs['bias'] as Float32Array | undefined;
      kernels.biasActivation({ rows, columns, values: out, bias, relu: activation === 'relu' });
      if (activation === 'sigmoid' || activation === 'elu') {
        kernels.unary({ f: activation, x: out, out });
      }
    },
  });
}

/** Activations that have no kernel of ours, by stock kernel. */
const OTHER_ACTIVATIONS: Readonly<Record<string, string>> = {
  relu6: 'Relu6',
  leakyrelu: 'LeakyRelu',
  prelu: 'Prelu',
};

/** The stock fused product may not be used at all, as it caches weights. */
function applyOtherActivationsAfterwards(): void {
  const { backendName } = WASM_HOST;
  const fused = tf.getKernel('_FusedMatMul', backendName);
  replaceKernel('_FusedMatMul', backendName, (args) => {
    const { activation, leakyreluAlpha } = args.attrs as Readonly<Record<string, string | number>>;
    const name = OTHER_ACTIVATIONS[String(activation)];
    if (name === undefined) return fused.kernelFunc(args);
    const attrs = { ...args.attrs, activation: 'linear' };
    const x = fused.kernelFunc({ ...args, attrs }) as tf.TensorInfo;
    const { preluActivationWeights: alpha } = args.inputs;
    const out = tf.getKernel(name, backendName).kernelFunc({
      inputs: { x, ...(alpha && { alpha }) },
      attrs: { alpha: leakyreluAlpha ?? 0 },
      backend: args.backend,
    });
    (args.backend as unknown as { disposeData(id: tf.DataId): void }).disposeData(x.dataId);
    return out;
  });
}

function overrideSegmentSum(): void {
  overrideKernel<{ numSegments: number }>(WASM_HOST, 'UnsortedSegmentSum', {
    outputs: (shapes, { numSegments }) => [
      [numSegments, ...shapes['x']!.slice(shapes['segmentIds']!.length)],
    ],
    run: ({ kernels, inputs, shapes, outputs, attributes }) => {
      kernels.segmentSum({
        values: inputs['x'] as Float32Array,
        segmentIds: inputs['segmentIds'] as Int32Array,
        nSegments: attributes.numSegments,
        width: sizeOf(shapes['x']!.slice(shapes['segmentIds']!.length)),
        out: outputs[0]!,
      });
    },
  });
}

/** Rows of a float32 tensor by a list of int32; stock copies element by element. */
function overrideGather(): void {
  const { backendName } = WASM_HOST;
  const stock = tf.getKernel('GatherV2', backendName);
  replaceKernel('GatherV2', backendName, (args) => {
    const { x, indices } = args.inputs as Record<'x' | 'indices', tf.TensorInfo>;
    const { axis, batchDims } = args.attrs as unknown as { axis: number; batchDims: number };
    const isFloatByInt = x.dtype === 'float32' && indices.dtype === 'int32';
    if (!isFloatByInt || axis !== 0 || batchDims !== 0) return stock.kernelFunc(args);
    const { backend } = args;
    const out = WASM_HOST.make(backend, [...indices.shape, ...x.shape.slice(1)], 'float32');
    kernelsOf(backend).gatherRows({
      source: WASM_HOST.view(backend, x) as Float32Array,
      width: sizeOf(x.shape.slice(1)),
      indices: WASM_HOST.view(backend, indices) as Int32Array,
      out: WASM_HOST.view(backend, out) as Float32Array,
    });
    return out;
  });
}

/**
 * Our function for each stock one that is slow, or inaccurate as log1p is near 0. Stock sigmoid and
 * softmax are neither.
 */
const UNARY_KERNELS = {
  Exp: 'exp',
  Expm1: 'expm1',
  Log: 'log',
  Log1p: 'log1p',
  Softplus: 'softplus',
  Tanh: 'tanh',
  Elu: 'elu',
} as const;

function overrideElementwise(): void {
  for (const [name, f] of Object.entries(UNARY_KERNELS)) {
    overrideKernel(WASM_HOST, name, {
      outputs: (shapes) => [shapes['x']!],
      run: ({ kernels, inputs, outputs }) => {
        kernels.unary({ f, x: inputs['x'] as Float32Array, out: outputs[0]! });
      },
    });
  }
  overrideKernel(WASM_HOST, 'Pow', {
    // One exponent for all.
    accepts: (inputs) => {
      const [base, exponent] = [inputs['a']!.shape, inputs['b']!.shape];
      return sizeOf(exponent) === 1 && exponent.length <= base.length;
    },
    outputs: (shapes) => [shapes['a']!],
    run: ({ kernels, inputs, outputs }) => {
      const exponent = inputs['b']![0]!;
      kernels.power({ x: inputs['a'] as Float32Array, exponent, out: outputs[0]! });
    },
  });
}

interface ReductionAttributes {
  readonly axis?: number | readonly number[] | null;
  readonly keepDims?: boolean;
}

function overrideReductions(): void {
  for (const name of ['Sum', 'Mean']) {
    overrideKernel<ReductionAttributes>(WASM_HOST, name, {
      accepts: (inputs, { axis }) => directionOf(inputs['x']!.shape, axis) !== undefined,
      outputs: (shapes, { axis, keepDims }) => {
        const axes = axesOf(shapes['x']!, axis);
        const kept = shapes['x']!.map((length, i) => (axes.includes(i) ? 1 : length));
        return [keepDims === true ? kept : kept.filter((_, i) => !axes.includes(i))];
      },
      run: ({ kernels, inputs, shapes, outputs, attributes }) => {
        const [shape, x, out] = [shapes['x']!, inputs['x'] as Float32Array, outputs[0]!];
        const axes = axesOf(shape, attributes.axis);
        const summed = sizeOf(axes.map((axis) => shape[axis]!));
        if (directionOf(shape, attributes.axis) === 'last') {
          kernels.sumRows({ rows: out.length, columns: summed, x, out });
        } else {
          kernels.sumColumns({ rows: summed, columns: out.length, x, out });
        }
        if (name === 'Mean') for (let i = 0; i < out.length; i++) out[i]! /= summed;
      },
    });
  }
}

function axesOf(shape: Shape, axis: ReductionAttributes['axis']): number[] {
  if (axis === undefined || axis === null) return shape.map((_, i) => i);
  return tf.util.parseAxisParam(typeof axis === 'number' ? axis : [...axis], [...shape]);
}

/** Of the last two axes; other permutations are left to stock. */
function overrideTranspose(): void {
  overrideKernel<{ perm: readonly number[] }>(WASM_HOST, 'Transpose', {
    accepts: (_, { perm }) => {
      const last = perm.length - 1;
      return last > 0 && perm.every((axis, i) => axis === (i < last - 1 ? i : 2 * last - 1 - i));
    },
    outputs: (shapes, { perm }) => [perm.map((axis) => shapes['x']![axis]!)],
    run: ({ kernels, inputs, shapes, outputs }) => {
      const [rows = 0, columns = 0] = shapes['x']!.slice(-2);
      const size = rows * columns;
      for (let i = 0; i < batches(shapes['x']!); i++) {
        const x = inputs['x']!.subarray(i * size, (i + 1) * size) as Float32Array;
        kernels.transpose({ rows, columns, x, out: outputs[0]!.subarray(i * size) });
      }
    },
  });
}

/** Whether the axes are the last ones of a shape or the first; undefined if neither. */
function directionOf(
  shape: Shape,
  axis: ReductionAttributes['axis'],
): 'last' | 'first' | undefined {
  const axes = axesOf(shape, axis);
  const kept = shape.length - axes.length;
  if (axes.every((i) => i >= kept)) return 'last';
  return axes.every((i) => i < axes.length) ? 'first' : undefined;
}

/**
 * Stock copies the data of a clone, and the tape clones everything it saves for the gradient. Tensors
 * never change, so a clone can share them; variables change in place only after the gradient.
 */
function shareClones(): void {
  replaceKernel('Identity', WASM_HOST.backendName, ({ inputs, backend }) => {
    const { dataId, shape, dtype } = inputs['x'] as tf.TensorInfo;
    (backend as unknown as { incRef(id: tf.DataId): void }).incRef(dataId);
    return { dataId, shape, dtype };
  });
}

function matMulSizes(
  shapes: Readonly<Record<string, Shape>>,
  { transposeA, transposeB }: MatMulAttributes,
): { m: number; n: number; k: number } {
  const [aRows = 0, aColumns = 0] = shapes['a']!.slice(-2);
  const [bRows = 0, bColumns = 0] = shapes['b']!.slice(-2);
  return {
    m: transposeA ? aColumns : aRows,
    n: transposeB ? bRows : bColumns,
    k: transposeA ? aRows : aColumns,
  };
}

function batches(shape: Shape): number {
  return sizeOf(shape.slice(0, -2));
}

function sizeOf(shape: Shape): number {
  return shape.reduce((size, length) => size * length, 1);
}
