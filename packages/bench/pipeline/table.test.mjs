import { expect, test } from '@jest/globals';
import { pipelineTable } from './table.mjs';

const step = (name, seconds) => ({ name, seconds, cpu: seconds / 2 });
const RESULT = {
  date: '2026-01-02T03:04:05Z',
  machine: { cpu: 'X', cores: 2, platform: 'linux x64' },
  versions: { node: '20', peer: 'scanpy 1' },
  threads: '1',
  loadBefore: 0.1,
  size: { cells: 1000, genes: 200 },
  agreement: 0.5,
  ours: {
    steps: [step('read', 2), step('neighbors', 3), step('connectivities', 1)],
    csrBytes: 2 ** 20,
    peakBytes: 2.5 * 2 ** 20,
    nClusters: 3,
  },
  peer: { steps: [step('read', 1), step('neighbors', 8)], peakBytes: 2 ** 20, nClusters: 4 },
};

test('steps of both sides, their sum and the ratio; weights count to the neighbors', () => {
  const text = pipelineTable(RESULT);
  expect(text).toContain('| read | 2.0 | 1.0 | 1.0 | 0.5 | 0.50 |');
  expect(text).toContain('| neighbors | 4.0 | 2.0 | 8.0 | 4.0 | 2.00 |');
  expect(text).toContain('| **total** | 6.0 | 3.0 | 9.0 | 4.5 | 1.50 |');
  expect(text).not.toContain('connectivities');
  expect(text).toContain('2.50 times the 1 MiB of the counts; peer 1 MiB.');
  expect(text).toContain('ours 3, peer 4; ARI of one to the other 0.500');
});

test('without a peer its columns are empty', () => {
  const text = pipelineTable({ ...RESULT, peer: null, agreement: null });
  expect(text).toContain('| read | 2.0 | 1.0 |  |  |  |');
  expect(text).toContain('no peer');
  expect(text).toContain('3 clusters.');
});
