import * as tf from '@tensorflow/tfjs';
import { BackendError, errorMessage } from '@dance-ts/core';
import { describeAdapter, isSoftware, type AdapterDescription } from './adapter.js';

/** The part of the WebGPU interface that is used. */
interface Gpu {
  requestAdapter(options: { powerPreference: 'high-performance' }): Promise<Adapter | null>;
}

interface Adapter {
  readonly info?: AdapterDescription;
}

/** The npm package webgpu: WebGPU for Node. */
interface NodeWebGpu {
  readonly create: (options: readonly string[]) => Gpu;
  readonly globals: Readonly<Record<string, unknown>>;
}

const BACKEND_PACKAGE = '@tensorflow/tfjs-backend-webgpu';
const NODE_PACKAGE = 'webgpu';
const INSTALL = `npm install ${BACKEND_PACKAGE}@4.22.0`;

/**
 * Makes TensorFlow.js's WebGPU backend available, in Node through the package webgpu.
 *
 * @param hardwareOnly - refuse an adapter that computes on the processor
 * @returns names the adapter
 * @throws BackendError if a package or an adapter is missing
 */
export async function startWebGpu(hardwareOnly: boolean): Promise<string> {
  const adapter = await requestAdapter(browserGpu() ?? (await nodeGpu()));
  const info = adapter.info ?? {};
  const name = describeAdapter(info);
  if (hardwareOnly && isSoftware(info)) {
    throw new BackendError('the only WebGPU adapter is a software one', {
      got: name,
      remedy: 'Use --device webgpu to take it nevertheless.',
    });
  }
  await importOptional(BACKEND_PACKAGE, INSTALL);
  // Else small tensors are computed on the processor, with other bytes than those on the GPU.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  return `webgpu-${name}-tfjs${tf.version_core}`;
}

async function requestAdapter(gpu: Gpu): Promise<Adapter> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter !== null) return adapter;
  throw new BackendError('device "webgpu": no adapter was found', {
    expected: 'a GPU with a Vulkan, Metal or Direct3D 12 driver',
    remedy: 'Install or update the driver, or use --device wasm.',
  });
}

function browserGpu(): Gpu | undefined {
  return (globalThis as { navigator?: { gpu?: Gpu } }).navigator?.gpu;
}

/** Puts WebGPU where the backend looks for it: in a browser's globals. */
async function nodeGpu(): Promise<Gpu> {
  const install = `${INSTALL} ${NODE_PACKAGE}`;
  const { create, globals } = (await importOptional(NODE_PACKAGE, install)) as NodeWebGpu;
  for (const [name, value] of Object.entries(globals)) {
    if (!(name in globalThis)) define(globalThis, name, value);
  }
  const gpu = create([]);
  if (!('navigator' in globalThis)) define(globalThis, 'navigator', {});
  define((globalThis as unknown as { navigator: object }).navigator, 'gpu', gpu);
  return gpu;
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
}

async function importOptional(name: string, install: string): Promise<unknown> {
  try {
    return (await import(name)) as unknown;
  } catch (cause) {
    throw new BackendError(`device "webgpu" needs the optional package ${name}`, {
      got: errorMessage(cause).slice(0, 120),
      remedy: `Run "${install}", or use --device wasm.`,
      cause,
    });
  }
}
