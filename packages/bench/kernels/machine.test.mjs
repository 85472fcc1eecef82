import { describe, expect, test } from '@jest/globals';
import { busyWarning, describeLoad, watchLoad } from './machine.mjs';

describe('load of the machine', () => {
  const load = { loadBefore: 1, loadAfter: 2, foreignCores: 0.1 };

  test('what others used during the run decides', () => {
    expect(busyWarning(load)).toBeNull();
    expect(busyWarning({ ...load, foreignCores: 0.5 })).toBe(
      'other programs used 0.50 cores during the run',
    );
  });

  test('the load before decides where that is unknown', () => {
    const unknown = { ...load, foreignCores: null };
    expect(busyWarning(unknown)).toBe('the machine had a load of 1.00 before the run');
    expect(busyWarning({ ...unknown, loadBefore: 0.4 })).toBeNull();
    expect(describeLoad(unknown)).toBe('load 1.00 before, 2.00 after; other programs: unknown');
  });

  test('CPU time of the peer is not foreign', () => {
    let peerCpuMs = 0;
    const end = watchLoad(() => peerCpuMs);
    const start = performance.now();
    while (performance.now() - start < 50);
    peerCpuMs = 1e9;
    expect([0, null]).toContain(end().foreignCores);
  });
});
