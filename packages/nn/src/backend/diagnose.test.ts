import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import { diagnoseDevices } from './diagnose.js';
import { currentBackend, DEVICES } from './select-backend.js';

test('every device is reported with its speed or what it lacks', async () => {
  const { devices, chosen } = await diagnoseDevices({ threads: 1 });
  expect(devices.map(({ device }) => device)).toEqual(DEVICES.filter((name) => name !== 'auto'));
  for (const { id, gflops = 0, problem } of devices) {
    if (id === undefined) expect(problem).toMatch(/\w/);
    else expect(gflops).toBeGreaterThan(0.01);
  }
  const byName = new Map(devices.map((report) => [report.device, report]));
  expect(byName.get('wasm')?.id).toBe('wasm-baseline');
  expect(byName.get('wasm')?.threads).toBe(1);
  expect(byName.get('cpu')?.threads).toBeUndefined();
  expect(byName.get('cpu')?.id).toMatch(/^cpu-/);
  // The tests' environment asks for wasm in place of auto.
  expect(chosen.device).toBe('wasm');
  expect(currentBackend()).toEqual(chosen);
  expect(tf.memory().numTensors).toBe(0);
});
