import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs';
import { BackendError, errorMessage, ParamError, type Reporter } from '@dance-ts/core';
import { getKernels, plainKernels } from '@dance-ts/kernels';
import { acceleratorId, loadAccelerator } from './accelerator.js';
import { environment } from './environment.js';
import { installKernels } from './installed-kernels.js';
import { startForThreads, threadedKernels, wantedThreads } from './own-threads.js';
import { replaceReductionGradients } from './stock-gradients.js';
import { overrideStockKernels } from './stock-overrides.js';
import { loadSystemBlas, withBlas } from './system-blas.js';
import type { WasmBackend } from './wasm-heap.js';
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
  /** Threads of our own kernels; those of BLAS are named in `id`. */
  readonly threads: number;
}

/** Options of {@link selectBackend}. */
export interface BackendOptions {
  /** Refuse backends whose bytes differ between machines. */
  readonly deterministic?: boolean;
  /**
   * Threads; default the environment variable DANCE_THREADS, else all cores for BLAS and TensorFlow
   * and one for our own kernels. Results of our kernels do not depend on it. Whether they can have
   * threads is settled when the first of the devices `wasm` and `blas` starts.
   */
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
  const started =
    device === 'webgpu'
      ? { id: await activateWebGpu(hardwareOnly), threads: 1 }
      : await activateWithKernels(device, options);
  await selfTest(device);
  current = { device, ...started };
  return current;
}

async function activateWebGpu(hardwareOnly: boolean): Promise<string> {
  const id = await startWebGpu(hardwareOnly);
  await makeCurrent('webgpu');
  installKernels(tf.backend(), await getKernels()); // random numbers are drawn by the processor
  return id;
}

type Started = Omit<Backend, 'device'>;
type KernelDevice = Exclude<Backend['device'], 'webgpu'>;

async function activateWithKernels(
  device: KernelDevice,
  options: BackendOptions,
): Promise<Started> {
  const threads = wantedThreads(options.threads);
  if (device === 'node' || device === 'gpu') await loadAccelerator(device, threads);
  if (device === 'wasm' || device === 'blas') {
    await startForThreads(threads ?? 1, () => makeCurrent(device));
  } else {
    await makeCurrent(device);
  }
  return installOwnKernels(device, threads, options.reporter);
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
  threads: number | undefined,
  reporter: Reporter | undefined,
): Promise<Started> {
  const backend = tf.backend();
  switch (device) {
    case 'wasm':
    case 'blas': {
      const heap = backend as unknown as WasmBackend;
      const own = await threadedKernels(heap, threads ?? 1, reporter);
      installKernels(backend, own.kernels);
      overrideStockKernelsOnce();
      if (device === 'wasm') return { id: own.kernels.id, threads: own.threads };
      const blas = await loadSystemBlas({ threads });
      installKernels(backend, withBlas(own.kernels, blas));
      return { id: `${own.kernels.id}+${blas.id}`, threads: own.threads };
    }
    case 'cpu':
      installKernels(backend, plainKernels);
      return { id: `cpu-tfjs${tf.version_core}`, threads: 1 };
    case 'node':
    case 'gpu':
      installKernels(backend, await getKernels({ threads: threads ?? 1 }));
      return { id: acceleratorId(device), threads: threads ?? 1 };
  }
}

let isOverridden = false;

function overrideStockKernelsOnce(): void {
  if (isOverridden) return;
  isOverridden = true;
  overrideStockKernels();
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
