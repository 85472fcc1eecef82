import { expect, test } from '@jest/globals';
import { describeReport, type DoctorReport } from './doctor.js';

test('each device has a line with its speed or its problem, and the choice is named', () => {
  const report: DoctorReport = {
    ...{ node: '20.20.2', tfjs: '4.22.0', cpu: 'A processor', cores: 2, memoryGiB: 24 },
    devices: [
      { device: 'wasm', id: 'wasm-baseline', gflops: 17.26 },
      { device: 'gpu', problem: 'device "gpu" needs a package' },
    ],
    chosen: { device: 'wasm', id: 'wasm-baseline' },
  };
  expect(describeReport(report).split('\n')).toEqual([
    'Node.js 20.20.2, TensorFlow.js 4.22.0',
    'A processor, 2 cores, 24 GiB',
    '',
    'wasm    yes: wasm-baseline, 17.3 GFLOP/s',
    'gpu     no: device "gpu" needs a package',
    '',
    'auto takes wasm (wasm-baseline)',
    '',
  ]);
});
