import { expect, test } from '@jest/globals';
import { describeReport, type DoctorReport } from './doctor.js';

test('each device has a line with its speed or its problem, and the choice is named', () => {
  const report: DoctorReport = {
    ...{ node: '20.20.2', tfjs: '4.22.0', cpu: 'A processor', cores: 2, memoryGiB: 24 },
    devices: [
      { device: 'wasm', id: 'wasm-baseline', threads: 1, gflops: 17.26 },
      { device: 'blas', id: 'wasm-baseline+openblas-1/4t', threads: 2, gflops: 200 },
      { device: 'node', id: 'node-tfjs', gflops: 99 },
      { device: 'gpu', problem: 'device "gpu" needs a package' },
    ],
    chosen: { device: 'wasm', id: 'wasm-baseline', threads: 1 },
  };
  expect(describeReport(report).split('\n')).toEqual([
    'Node.js 20.20.2, TensorFlow.js 4.22.0',
    'A processor, 2 cores, 24 GiB',
    '',
    'wasm    yes: wasm-baseline, kernels on 1 thread, 17.3 GFLOP/s',
    'blas    yes: wasm-baseline+openblas-1/4t, kernels on 2 threads, 200.0 GFLOP/s',
    'node    yes: node-tfjs, 99.0 GFLOP/s',
    'gpu     no: device "gpu" needs a package',
    '',
    'auto takes wasm (wasm-baseline)',
    '',
  ]);
});
