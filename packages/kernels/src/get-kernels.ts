import type { Kernels } from './kernels.js';
import { plainKernels } from './plain/plain-kernels.js';

/** The kernels to use on this machine. */
export function getKernels(): Promise<Kernels> {
  return Promise.resolve(plainKernels);
}
