import * as tf from '@tensorflow/tfjs';
import { BackendError } from '@dance-ts/core';
import type { Kernels } from '@dance-ts/kernels';

const installations = new WeakMap<object, Kernels>();

/** Makes `kernels` the ones that work on the tensors of a TensorFlow.js backend. */
export function installKernels(backend: object, kernels: Kernels): void {
  installations.set(backend, kernels);
}

/** The kernels of the current backend; undefined if there is none yet or none were installed. */
export function currentKernels(): Kernels | undefined {
  // The name comes first: asking for the backend would start one.
  return tf.getBackend() ? installations.get(tf.backend()) : undefined;
}

/**
 * The kernels that work on the tensors of a backend.
 *
 * @throws BackendError if none were installed
 */
export function kernelsOf(backend: object): Kernels {
  const kernels = installations.get(backend);
  if (kernels !== undefined) return kernels;
  throw new BackendError('this TensorFlow.js backend has no kernels of ours', {
    remedy: 'Call selectBackend() before using tensors.',
  });
}
