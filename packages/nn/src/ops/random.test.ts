import { beforeAll, describe, expect, test } from '@jest/globals';
import { Rng } from '@dance-ts/core';
import { plainKernels } from '@dance-ts/kernels';
import { selectBackend } from '../backend/select-backend.js';
import { TESTED_DEVICES } from '../testing/numeric.js';
import { normalNoise } from './random.js';

describe.each(TESTED_DEVICES)('normalNoise on %s', (device) => {
  beforeAll(async () => {
    await selectBackend(device);
  });

  test('has the bytes of the kernel, and the stream goes on after them', () => {
    const [rng, expected] = [Rng.fromSeed(6), Rng.fromSeed(6)];
    for (const rows of [1, 20_001]) {
      const noise = normalNoise([rows, 3], 2.5, rng);
      const out = new Float32Array(3 * rows);
      expected.drawWith((state) => {
        plainKernels.normalNoise({ state, deviation: 2.5, out });
      });
      expect(noise.shape).toEqual([rows, 3]);
      expect(noise.dataSync()).toEqual(out);
      expect(rng.state()).toEqual(expected.state());
      noise.dispose();
    }
  });
});
