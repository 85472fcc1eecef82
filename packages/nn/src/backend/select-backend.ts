import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs';
import { BackendError, errorMessage, ParamError, type Reporter } from '@dance-ts/core';
import { getKernels, plainKernels, type Kernels } from '@dance-ts/kernels';
import { acceleratorId, loadAccelerator } from './accelerator.js';
import { installKernels } from './installed-kernels.js';
import { replaceReductionGradients } from './stock-gradients.js';
import { overrideStockKernels } from './stock-overrides.js';
import { loadSystemBlas, withBlas } from './system-blas.js';
import { kernelsOnHeap, type WasmBackend } from './wasm-heap.js';
import { startWebGpu } from './webgpu/start-webgpu.js';

/** Devices a user can ask for. */
export const DEVICES = ['auto', 'cpu', 'wasm', 'blas', 'node', 'gpu', 'webgpu'] as const;

/**
 * `auto` takes a GPU through tfjs-node-gpu if that is installed, else one through WebGPU, else
 * WebAssembly with the machine's BLAS (`blas`) if the package koffi is, else WebAssembly alone. `cpu`
 * is a slow reference; `webgpu` by name also takes an adapter that computes in software.
 */
export type Device = (typeof DEVICES)[number];

/** What computes now; `id` names everything that changes rounding and goes into every result. */
export interface Backend {
  readonly device: Exclude<Device, 'auto'>;
  readonly id: string;
}

/** Options of {@link selectBackend}. */
export interface BackendOptions {
  /** Refuse backends whose bytes differ between machines. */
  readonly deterministic?: boolean;
  /** Threads of BLAS or TensorFlow; default the environment variable DANCE_THREADS, else all cores. */
  readonly threads?: number;
  readonly reporter?: Reporter;
}

replaceReductionGradients();

/** Version of TensorFlow.js. */
export const TFJS_VERSION: string = tf.version_core;

let current: Backend | undefined;

/** What {@link selectBackend} chose last, undefined before the first call. */
export function currentBackend(): Backend | undefined {
  return current;
}

const TFJS_NAME = {
  cpu: 'cpu',
  wasm: 'wasm',
  blas: 'wasm',
  node: 'tensorflow',
  gpu: 'tensorflow',
  webgpu: 'webgpu',
} as const;

/**
 * Makes a TensorFlow.js backend current and checks it with a small product and its gradient.
 *
 * `auto` passes over what is missing or fails; a device asked for by name must work. The
 * environment variable DANCE_DEVICE stands in for `auto`.
 *
 * @throws BackendError if the device asked for is not there or computes wrongly
 */
export async function selectBackend(
  device: Device = 'auto',
  options: BackendOptions = {},
): Promise<Backend> {
  const wanted = device === 'auto' ? deviceFromEnvironment() : device;
  if (wanted !== 'auto') return activate(wanted, options);
  if (!(options.deterministic ?? false)) {
    for (const accelerator of ['gpu', 'webgpu', 'blas'] as const) {
      const backend = await activateIfPresent(accelerator, options);
      if (backend !== undefined) return backend;
    }
  }
  return activate('wasm', options);
}

/** Undefined if the device is not there; why is only told if something that is installed failed. */
async function activateIfPresent(
  device: Backend['device'],
  options: BackendOptions,
): Promise<Backend | undefined> {
  try {
    return await activate(device, options, true);
  } catch (error) {
    if (!isNotInstalled(error)) {
      options.reporter?.message('warning', `${device} passed over: ${errorMessage(error)}`);
    }
    return undefined;
  }
}

async function activate(
  device: Backend['device'],
  options: BackendOptions,
  hardwareOnly = false,
): Promise<Backend> {
  if ((options.deterministic ?? false) && device !== 'cpu' && device !== 'wasm') {
    throw new BackendError(`device "${device}" is not deterministic`, {
      expected: 'cpu or wasm',
      remedy: 'Leave out --deterministic or use --device wasm.',
    });
  }
  // Silences TensorFlow.js's advertisement of tfjs-node on stderr.
  tf.enableProdMode();
  const id =
    device === 'webgpu'
      ? await activateWebGpu(hardwareOnly)
      : await activateWithKernels(device, options);
  await selfTest(device);
  current = { device, id };
  return current;
}

async function activateWebGpu(hardwareOnly: boolean): Promise<string> {
  const id = await startWebGpu(hardwareOnly);
  await makeCurrent('webgpu');
  return id;
}

type KernelDevice = Exclude<Backend['device'], 'webgpu'>;

async function activateWithKernels(device: KernelDevice, options: BackendOptions): Promise<string> {
  if (device === 'node' || device === 'gpu') {
    await loadAccelerator(device, options.threads ?? threadsFromEnvironment());
  }
  await makeCurrent(device);
  return installOwnKernels(device, options);
}

async function makeCurrent(device: Backend['device']): Promise<void> {
  if (!(await tf.setBackend(TFJS_NAME[device]))) {
    throw new BackendError(
      `the TensorFlow.js backend "${TFJS_NAME[device]}" could not be started`,
      { remedy: 'Use --device cpu.' },
    );
  }
  await tf.ready();
}

/** Puts our kernels on the backend; returns what names the rounding of its results. */
async function installOwnKernels(
  device: KernelDevice,
  { threads }: BackendOptions,
): Promise<string> {
  const backend = tf.backend();
  switch (device) {
    case 'wasm':
    case 'blas': {
      const kernels = await heapKernelsOf(backend as unknown as WasmBackend);
      installKernels(backend, kernels);
      if (device === 'wasm') return kernels.id;
      const blas = await loadSystemBlas({ threads: threads ?? threadsFromEnvironment() });
      installKernels(backend, withBlas(kernels, blas));
      return `${kernels.id}+${blas.id}`;
    }
    case 'cpu':
      installKernels(backend, plainKernels);
      return `cpu-tfjs${tf.version_core}`;
    case 'node':
    case 'gpu':
      installKernels(backend, await getKernels());
      return acceleratorId(device);
  }
}

const heapKernels = new WeakMap<WasmBackend, Kernels>();

/** Our kernels on the backend's heap, put there once. */
async function heapKernelsOf(backend: WasmBackend): Promise<Kernels> {
  let kernels = heapKernels.get(backend);
  if (kernels === undefined) {
    kernels = await kernelsOnHeap(backend);
    heapKernels.set(backend, kernels);
    overrideStockKernels();
  }
  return kernels;
}

/** d(sum((A B)^2))/dA = 2 (A B) B^T on a 2 x 2 case with a transposed factor. */
async function selfTest(device: string): Promise<void> {
  const gradient = tf.tidy(() => {
    const b = tf.tensor2d([5, 6, 7, 8], [2, 2]);
    const f = (a: tf.Tensor2D): tf.Scalar => tf.sum(tf.square(tf.matMul(a, b, false, true)));
    return tf.grad(f as (x: tf.Tensor) => tf.Scalar)(tf.tensor2d([1, 2, 3, 4], [2, 2]));
  });
  const got = Array.from(await gradient.data());
  gradient.dispose();
  const expected = [492, 572, 1132, 1316];
  const wrong = expected.some((value, i) => !(Math.abs(value - got[i]!) < 1e-3 * value));
  if (wrong) {
    throw new BackendError(`backend "${device}" failed its self-test`, {
      got: got.join(', '),
      expected: expected.join(', '),
      remedy: 'Use --device cpu and report this machine.',
    });
  }
}

function environment(name: string): string | undefined {
  const host = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return host.process?.env?.[name];
}

function threadsFromEnvironment(): number | undefined {
  const text = environment('DANCE_THREADS');
  if (text === undefined || text === '') return undefined;
  const threads = Number(text);
  if (Number.isInteger(threads) && threads > 0) return threads;
  throw new ParamError('environment variable DANCE_THREADS', {
    got: `"${text}"`,
    expected: 'a whole number above 0',
  });
}

function deviceFromEnvironment(): Device {
  const name = environment('DANCE_DEVICE');
  if (name === undefined || name === '') return 'auto';
  const device = DEVICES.find((known) => known === name);
  if (device === undefined) {
    throw new ParamError('environment variable DANCE_DEVICE', {
      got: `"${name}"`,
      expected: `one of ${DEVICES.join(', ')}`,
    });
  }
  return device;
}

function isNotInstalled(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = (cause as { code?: string } | undefined)?.code;
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}
