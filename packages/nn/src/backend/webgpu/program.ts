import * as tf from '@tensorflow/tfjs';

/** A number the host passes to a program. */
export interface Uniform {
  readonly type: 'int32' | 'float32';
  readonly value: number;
}

/** A program in WGSL that runs once an index. */
export interface ProgramDefinition {
  /** Unique for each code and set of inputs: compiled programs are kept by it. */
  readonly key: string;
  /** Tensors to read, as arrays in the code by name; each must be used in it and not be empty. */
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  /** Numbers, in the code `uniforms.name`. */
  readonly uniforms: Readonly<Record<string, Uniform>>;
  /** The output, in the code the array `result`. */
  readonly outputShape: readonly number[];
  /** Indices to run for; default one an element of the output. */
  readonly invocations?: number;
  /** Functions and constants the body needs. */
  readonly declarations?: string;
  /** Statements; `index` (i32) is below the number of invocations. */
  readonly body: string;
}

/** What is used of TensorFlow.js's backend, whose version is pinned. */
export interface WebGpuBackend {
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: tf.TypedArray): tf.TensorInfo;
  disposeData(id: tf.DataId): boolean;
  runWebGPUProgram(
    program: WgslProgram,
    inputs: tf.TensorInfo[],
    dtype: tf.DataType,
    uniforms: readonly { readonly type: string; readonly data: number[] }[],
  ): tf.TensorInfo;
}

const WORKGROUP_SIZE = 64;

/** The current backend, which must be that of WebGPU. */
export function webGpuBackend(): WebGpuBackend {
  return tf.backend() as unknown as WebGpuBackend;
}

/** Runs a program; the result is as any other tensor. */
export function runProgram(definition: ProgramDefinition): tf.Tensor {
  const { inputs, uniforms, outputShape } = definition;
  const invocations = definition.invocations ?? tf.util.sizeFromShape([...outputShape]);
  const values = [int(invocations), ...Object.values(uniforms)];
  const info = webGpuBackend().runWebGPUProgram(
    new WgslProgram(definition, invocations),
    Object.values(inputs),
    'float32',
    values.map(({ type, value }) => ({ type, data: [value] })),
  );
  return tf.engine().makeTensorFromTensorInfo(info);
}

/** A whole number for a program. */
export function int(value: number): Uniform {
  return { type: 'int32', value };
}

/** A number for a program. */
export function float(value: number): Uniform {
  return { type: 'float32', value };
}

/** Uploads arrays for one computation, and frees them after it. */
export function withUploads<Name extends string, T>(
  arrays: Readonly<Record<Name, tf.TypedArray>>,
  compute: (uploads: Readonly<Record<Name, tf.TensorInfo>>) => T,
): T {
  const uploads = upload(arrays);
  try {
    return compute(uploads);
  } finally {
    free(uploads);
  }
}

/** Tensors that neither the tape nor `tf.tidy` knows of. */
export function upload<Name extends string>(
  arrays: Readonly<Record<Name, tf.TypedArray>>,
): Readonly<Record<Name, tf.TensorInfo>> {
  const backend = webGpuBackend();
  const names = Object.keys(arrays) as Name[];
  const uploads = names.map((name): [Name, tf.TensorInfo] => {
    const values = arrays[name];
    const dtype = values instanceof Int32Array ? 'int32' : 'float32';
    // The backend reads the array when it is first used, by when its owner may have changed it.
    return [name, backend.makeTensorInfo([values.length], dtype, values.slice())];
  });
  return Object.fromEntries(uploads) as Record<Name, tf.TensorInfo>;
}

/** Frees what {@link upload} made. */
export function free(
  uploads: Readonly<Record<string, tf.TensorInfo>>,
  backend = webGpuBackend(),
): void {
  for (const { dataId } of Object.values(uploads)) backend.disposeData(dataId);
}

/** A program as the backend wants it; the names of the fields are the backend's. */
class WgslProgram {
  readonly outputShape: number[];
  readonly shaderKey: string;
  readonly variableNames: string[];
  readonly uniforms: string;
  readonly workgroupSize = [WORKGROUP_SIZE, 1, 1];
  readonly dispatchLayout: { x: number[] };
  readonly dispatch: number[];

  constructor(
    private readonly definition: ProgramDefinition,
    invocations: number,
  ) {
    this.outputShape = [...definition.outputShape];
    this.shaderKey = definition.key;
    this.variableNames = Object.keys(definition.inputs);
    const declared = Object.entries({ invocations: int(0), ...definition.uniforms });
    this.uniforms = declared
      .map(([name, { type }]) => `${name} : ${type === 'int32' ? 'i32' : 'f32'}, `)
      .join('');
    this.dispatchLayout = { x: this.outputShape.map((_, axis) => axis) };
    this.dispatch = [Math.ceil(invocations / WORKGROUP_SIZE), 1, 1];
  }

  getUserCode(): string {
    return `
      ${this.definition.declarations ?? ''}
      fn main(index : i32) {
        if (index >= uniforms.invocations) { return; }
        ${this.definition.body}
      }`;
  }
}
