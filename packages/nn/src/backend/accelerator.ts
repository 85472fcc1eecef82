import * as tf from '@tensorflow/tfjs';
import { BackendError, errorMessage } from '@dance-ts/core';

/** Devices computed on by TensorFlow itself. */
export type AcceleratorDevice = 'node' | 'gpu';

const PACKAGES = { node: '@tensorflow/tfjs-node', gpu: '@tensorflow/tfjs-node-gpu' } as const;

/** What we use of tfjs-node's backend. */
interface TensorFlowBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
}

/**
 * Loads TensorFlow through its optional package, which registers the backend "tensorflow".
 *
 * @param threads - threads of an operation; counts only the first time, default all cores
 * @throws BackendError if the package is not installed or does not load
 */
export async function loadAccelerator(
  device: AcceleratorDevice,
  threads: number | undefined,
): Promise<void> {
  const name = PACKAGES[device];
  try {
    configure(threads);
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

/**
 * Names the rounding of the current backend's results.
 *
 * @throws BackendError if the device is "gpu" and TensorFlow found none
 */
export function acceleratorId(device: AcceleratorDevice): string {
  const { isUsingGpuDevice, binding } = tf.backend() as unknown as TensorFlowBackend;
  if (device === 'gpu' && !isUsingGpuDevice) {
    throw new BackendError('TensorFlow found no GPU', {
      expected: 'an NVIDIA GPU with its driver, CUDA and cuDNN',
      remedy: 'Use --device wasm.',
    });
  }
  return `${device}-tfjs${tf.version_core}-tf${binding.TF_Version}`;
}

/** TensorFlow reads its settings from the environment when it loads; what the user set stays. */
function configure(threads: number | undefined): void {
  const { env } = (globalThis as { process?: { env: Record<string, string | undefined> } })
    .process ?? { env: {} };
  // Level 2 leaves errors only; TensorFlow tells on stderr how it was compiled otherwise.
  env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  if (threads === undefined) return;
  env['TF_NUM_INTRAOP_THREADS'] ??= String(threads);
  env['TF_NUM_INTEROP_THREADS'] ??= String(threads);
}

/** The tfjs-node of this version calls two functions of `util` that Node 23 removed. */
async function polyfillNodeUtil(): Promise<void> {
  const specifier = 'node:util';
  const { default: util } = (await import(specifier)) as {
    default: { isNullOrUndefined?: unknown; isArray?: unknown };
  };
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}
