import * as tf from '@tensorflow/tfjs';
import { errorMessage } from '@dance-ts/core';
import {
  DEVICES,
  selectBackend,
  type Backend,
  type BackendOptions,
  type Device,
} from './select-backend.js';

/** What became of a device on this machine. */
export interface DeviceReport {
  readonly device: Exclude<Device, 'auto'>;
  /** Names what computes; undefined if the device cannot be used. */
  readonly id?: string;
  /** Threads of our kernels, where they compute. */
  readonly threads?: number;
  /** Speed of a matrix product of 512 x 512, in billions of multiplications and additions a second. */
  readonly gflops?: number;
  /** Why the device cannot be used. */
  readonly problem?: string;
}

/** All devices, and the one `auto` takes. */
export interface Diagnosis {
  readonly devices: readonly DeviceReport[];
  readonly chosen: Backend;
}

const PROBE_SIZE = 512;
const PROBE_MS = 100;

/** Tries every device and times a product on it. Leaves the one current that `auto` takes. */
export async function diagnoseDevices(options: BackendOptions = {}): Promise<Diagnosis> {
  const devices: DeviceReport[] = [];
  for (const device of DEVICES) {
    if (device !== 'auto') devices.push(await report(device, options));
  }
  return { devices, chosen: await selectBackend('auto', options) };
}

async function report(
  device: DeviceReport['device'],
  options: BackendOptions,
): Promise<DeviceReport> {
  try {
    const { id, threads } = await selectBackend(device, options);
    const hasKernels = device === 'wasm' || device === 'blas';
    return { device, id, ...(hasKernels && { threads }), gflops: await probe() };
  } catch (error) {
    return { device, problem: errorMessage(error) };
  }
}

async function probe(): Promise<number> {
  const a = tf.fill<tf.Rank.R2>([PROBE_SIZE, PROBE_SIZE], 1 / PROBE_SIZE);
  try {
    await multiply(a); // compiles, loads, allocates
    const start = performance.now();
    let products = 0;
    let elapsed = 0;
    for (; elapsed < PROBE_MS; elapsed = performance.now() - start) {
      await multiply(a);
      products += 1;
    }
    return (products * 2 * PROBE_SIZE ** 3) / elapsed / 1e6;
  } finally {
    a.dispose();
  }
}

/** A product whose result is waited for. */
async function multiply(a: tf.Tensor2D): Promise<void> {
  const corner = tf.tidy(() => tf.slice(tf.matMul(a, a), [0, 0], [1, 1]));
  await corner.data();
  corner.dispose();
}
