import * as tf from '@tensorflow/tfjs';
import { BackendError } from '@dance-ts/core';
import type { Kernels } from '@dance-ts/kernels';
import { ACCELERATOR_OPS } from './accelerator-ops.js';
import { kernelsOf } from './installed-kernels.js';
import { HOSTS, type Elements, type Host } from './host.js';

/** Sizes along each axis. */
export type Shape = readonly number[];

/** What a kernel function gets to work on. */
export interface Call<Attributes> {
  readonly kernels: Kernels;
  /** The inputs by name; read only. */
  readonly inputs: Readonly<Record<string, Elements>>;
  readonly shapes: Readonly<Record<string, Shape>>;
  /** To be filled. */
  readonly outputs: readonly Float32Array[];
  readonly attributes: Attributes;
}

/** The computation of an operation on typed arrays. */
export interface Computation<Attributes> {
  /** Shapes of the outputs (float32). */
  readonly outputs: (
    shapes: Readonly<Record<string, Shape>>,
    attributes: Attributes,
  ) => readonly Shape[];
  readonly run: (call: Call<Attributes>) => void;
}

/** The outputs of an operation from its inputs, by tensor operations or programs of the GPU. */
export type Composition<Attributes> = (
  inputs: Readonly<Record<string, tf.Tensor>>,
  attributes: Attributes,
) => tf.Tensor[];

/** An operation of ours: one computation for all backends, and its gradient. */
export interface OpDefinition<Attributes> extends Computation<Attributes> {
  readonly name: string;
  /**
   * The same on WebGPU, whose memory cannot be read without waiting: stock operations or programs.
   * Returns new tensors; what else it makes is freed.
   */
  readonly webgpu?: Composition<Attributes>;
  readonly gradient?: {
    /** Names of the inputs the gradient needs. */
    readonly inputs?: readonly string[];
    /** Numbers of the outputs the gradient needs. */
    readonly outputs?: readonly number[];
    /**
     * Gradients by input, worked out only when asked for.
     *
     * @param dy - one per output
     * @param saved - inputs, then outputs, as listed
     */
    readonly of: (
      dy: readonly [tf.Tensor, ...tf.Tensor[]],
      saved: readonly tf.Tensor[],
      attributes: Attributes,
    ) => Readonly<Record<string, () => tf.Tensor>>;
  };
}

/** A defined operation. */
export type Op<Attributes> = (
  inputs: Readonly<Record<string, tf.Tensor>>,
  attributes: Attributes,
) => tf.Tensor[];

/** Registers an operation with every backend and returns the function that runs it. */
export function defineOp<Attributes extends object>(
  definition: OpDefinition<Attributes>,
): Op<Attributes> {
  const { name, gradient } = definition;
  for (const host of HOSTS) replaceKernel(name, host.backendName, kernelFunction(host, definition));
  replaceKernel(name, 'tensorflow', acceleratorKernelFunction(definition));
  replaceKernel(name, 'webgpu', webGpuKernelFunction(definition));
  if (gradient !== undefined) {
    const outputs = gradient.outputs ?? [];
    tf.registerGradient({
      kernelName: name,
      inputsToSave: [...(gradient.inputs ?? [])],
      outputsToSave: Array.from({ length: Math.max(-1, ...outputs) + 1 }, (_, i) =>
        outputs.includes(i),
      ),
      gradFunc: (dy, saved, attributes) =>
        gradient.of(
          Array.isArray(dy) ? (dy as [tf.Tensor, ...tf.Tensor[]]) : [dy],
          saved,
          attributes as unknown as Attributes,
        ),
    });
  }
  return (inputs, attributes) => {
    // The engine hands attributes through as they are.
    const attrs = attributes as unknown as tf.NamedAttrMap;
    const result: unknown = tf.engine().runKernel(name, { ...inputs }, attrs);
    return (Array.isArray(result) ? result : [result]) as tf.Tensor[];
  };
}

/** Replaces a kernel of a stock backend; `fallback` gets what `accepts` refuses. */
export function overrideKernel<Attributes extends object>(
  host: Host,
  name: string,
  computation: Computation<Attributes> & {
    readonly accepts?: (
      inputs: Readonly<Record<string, tf.TensorInfo>>,
      attributes: Attributes,
    ) => boolean;
  },
): void {
  const stock = tf.getKernel(name, host.backendName) as tf.KernelConfig | undefined;
  const own = kernelFunction(host, computation);
  replaceKernel(name, host.backendName, (args) => {
    const inputs = definedInputs(args.inputs);
    const attributes = args.attrs as unknown as Attributes;
    const isFloat = Object.values(inputs).every(({ dtype }) => dtype === 'float32');
    const isOurs = isFloat && (computation.accepts?.(inputs, attributes) ?? true);
    return isOurs || stock === undefined ? own(args) : stock.kernelFunc(args);
  });
}

function kernelFunction<Attributes>(
  host: Host,
  { outputs, run }: Computation<Attributes>,
): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const given = definedInputs(inputs);
    const attributes = attrs as unknown as Attributes;
    const shapes = mapValues(given, ({ shape }) => shape);
    const made = outputs(shapes, attributes).map((shape) =>
      host.make(backend, [...shape], 'float32'),
    );
    // Only now: making tensors may let the heap grow, which detaches all views.
    const view = (info: tf.TensorInfo): Elements => host.view(backend, info);
    run({
      kernels: kernelsOf(backend),
      inputs: mapValues(given, view),
      shapes,
      outputs: made.map(view) as Float32Array[],
      attributes,
    });
    return made.length === 1 ? made[0]! : made;
  };
}

/** For backends whose memory is out of reach: copies out, computes, copies back. */
function copyingKernelFunction<Attributes>({
  outputs,
  run,
}: Computation<Attributes>): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const given = definedInputs(inputs);
    const attributes = attrs as unknown as Attributes;
    const shapes = mapValues(given, ({ shape }) => shape);
    const source = backend as unknown as { readSync(id: tf.DataId): Elements };
    const outShapes = outputs(shapes, attributes);
    const results = outShapes.map((shape) => new Float32Array(tf.util.sizeFromShape([...shape])));
    run({
      kernels: kernelsOf(backend),
      inputs: mapValues(given, ({ dataId }) => source.readSync(dataId)),
      shapes,
      outputs: results,
      attributes,
    });
    const made = results.map((values, i) => tf.tensor(values, [...outShapes[i]!], 'float32'));
    return made.length === 1 ? made[0]! : made;
  };
}

/** By TensorFlow's own operations where they are faster than our kernel on copies. */
function acceleratorKernelFunction<Attributes>(
  definition: OpDefinition<Attributes>,
): tf.KernelFunc {
  const compute = ACCELERATOR_OPS[definition.name] as Composition<Attributes> | undefined;
  return compute === undefined
    ? copyingKernelFunction(definition)
    : composedKernelFunction(compute);
}

function webGpuKernelFunction<Attributes>({
  name,
  webgpu,
}: OpDefinition<Attributes>): tf.KernelFunc {
  if (webgpu !== undefined) return composedKernelFunction(webgpu);
  return () => {
    throw new BackendError(`the operation ${name} is not there on the device "webgpu"`, {
      remedy: 'Use --device wasm.',
    });
  };
}

function composedKernelFunction<Attributes>(compute: Composition<Attributes>): tf.KernelFunc {
  return ({ inputs, attrs }) => {
    // The engine passes tensors, though its type promises less.
    const given: unknown = definedInputs(inputs);
    const made = tf.tidy(() =>
      compute(given as Record<string, tf.Tensor>, attrs as unknown as Attributes),
    );
    return made.length === 1 ? made[0]! : made;
  };
}

/** Registers a kernel in place of whatever a backend has under that name. */
export function replaceKernel(
  kernelName: string,
  backendName: string,
  kernelFunc: tf.KernelFunc,
): void {
  const registered = tf.getKernelsForBackend(backendName).map((kernel) => kernel.kernelName);
  if (registered.includes(kernelName)) tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({ kernelName, backendName, kernelFunc });
}

/** Optional inputs may be given as undefined. */
function definedInputs(
  inputs: Readonly<Record<string, tf.TensorInfo | undefined>>,
): Record<string, tf.TensorInfo> {
  const defined = Object.entries(inputs).filter(([, info]) => info !== undefined);
  return Object.fromEntries(defined) as Record<string, tf.TensorInfo>;
}

function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  f: (value: T) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]));
}
