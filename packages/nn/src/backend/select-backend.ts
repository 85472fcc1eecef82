import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs';
import { BackendError, errorMessage, ParamError, type Reporter } from '@dance-ts/core';
import { getKernels, plainKernels, type Kernels } from '@dance-ts/kernels';
import { hasKernels, installKernels, kernelsOf } from './installed-kernels.js';
import { overrideStockKernels } from './stock-overrides.js';
import { kernelsOnHeap, type WasmBackend } from './wasm-heap.js';

/** Devices a user can ask for. */
export const DEVICES = ['auto', 'cpu', 'wasm', 'node', 'gpu'] as const;

/** `auto` takes a GPU through tfjs-node-gpu if that is installed, else WebAssembly. */
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
  readonly reporter?: Reporter;
}

/** Version of TensorFlow.js. */
export const TFJS_VERSION: string = tf.version_core;

let current: Backend | undefined;

/** What {@link selectBackend} chose last, undefined before the first call. */
export function currentBackend(): Backend | undefined {
  return current;
}

const TFJS_NAME = { cpu: 'cpu', wasm: 'wasm', node: 'tensorflow', gpu: 'tensorflow' } as const;
const ACCELERATOR_PACKAGE = {
  node: '@tensorflow/tfjs-node',
  gpu: '@tensorflow/tfjs-node-gpu',
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
    try {
      return await activate('gpu', options);
    } catch (error) {
      if (!isNotInstalled(error)) {
        options.reporter?.message('warning', `GPU passed over: ${errorMessage(error)}`);
      }
    }
  }
  return activate('wasm', options);
}

async function activate(device: Backend['device'], options: BackendOptions): Promise<Backend> {
  if ((options.deterministic ?? false) && (device === 'node' || device === 'gpu')) {
    throw new BackendError(`device "${device}" is not deterministic`, {
      expected: 'cpu or wasm',
      remedy: 'Leave out --deterministic or use --device wasm.',
    });
  }
  // Silences TensorFlow.js's advertisement of tfjs-node on stderr.
  tf.enableProdMode();
  if (device === 'node' || device === 'gpu') await loadAccelerator(device);
  if (!(await tf.setBackend(TFJS_NAME[device]))) {
    throw new BackendError(
      `the TensorFlow.js backend "${TFJS_NAME[device]}" could not be started`,
      {
        remedy: 'Use --device cpu.',
      },
    );
  }
  await tf.ready();
  await installOwnKernels(device);
  await selfTest(device);
  current = { device, id: backendId(device) };
  return current;
}

async function installOwnKernels(device: Backend['device']): Promise<void> {
  const backend = tf.backend();
  if (hasKernels(backend)) return;
  installKernels(backend, await kernelsFor(device, backend));
  if (device === 'wasm') overrideStockKernels();
}

function kernelsFor(device: Backend['device'], backend: object): Promise<Kernels> {
  if (device === 'wasm') return kernelsOnHeap(backend as WasmBackend);
  return device === 'cpu' ? Promise.resolve(plainKernels) : getKernels();
}

function backendId(device: Backend['device']): string {
  if (device === 'wasm') return kernelsOf(tf.backend()).id;
  return `${device}-tfjs${tf.version_core}`;
}

async function loadAccelerator(device: 'node' | 'gpu'): Promise<void> {
  const name = ACCELERATOR_PACKAGE[device];
  try {
    await polyfillNodeUtil();
    await import(name);
  } catch (cause) {
    throw new BackendError(`device "${device}" needs the optional package ${name}`, {
      got: errorMessage(cause).slice(0, 120),
      remedy: `Run "npm install ${name}@4.22.0", or use --device wasm.`,
      cause,
    });
  }
}

/** tfjs-node 4.22 calls two functions of `util` that Node 23 removed. */
async function polyfillNodeUtil(): Promise<void> {
  const specifier = 'node:util';
  const { default: util } = (await import(specifier)) as {
    default: { isNullOrUndefined?: unknown; isArray?: unknown };
  };
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
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
  const host = globalThis as { process?: { env?: Record<string, string | undefined> } };
  const name = host.process?.env?.['DANCE_DEVICE'];
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
