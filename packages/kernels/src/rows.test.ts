import { describe, expect, test } from '@jest/globals';
import { DataError } from '@dance-ts/core';
import { loadVariant, VARIANTS } from './testing/variants.js';

describe.each(VARIANTS)('row kernels, %s', (variant) => {
  test('gatherRows copies rows, also repeatedly', async () => {
    const kernels = await loadVariant(variant);
    const out = new Float32Array(9).fill(9);
    const source = Float32Array.of(1, 2, 3, NaN);
    kernels.gatherRows({ source, width: 2, indices: Int32Array.of(1, 0, 1, 0), out });
    expect([...out]).toEqual([3, NaN, 1, 2, 3, NaN, 1, 2, 9]);
  });

  test('gatherRows refuses a row that is not there', async () => {
    const kernels = await loadVariant(variant);
    const [source, out] = [new Float32Array(4), new Float32Array(2)];
    for (const index of [-1, 2]) {
      expect(() => {
        kernels.gatherRows({ source, width: 2, indices: Int32Array.of(index), out });
      }).toThrow(DataError);
    }
  });

  test('segmentSum adds rows by id, leaves out negative ids, clears empty segments', async () => {
    const kernels = await loadVariant(variant);
    const values = Float32Array.of(1, 2, 10, 20, 100, 200, 5, 5);
    const segmentIds = Int32Array.of(2, 0, 2, -1);
    const out = new Float32Array(7).fill(9);
    kernels.segmentSum({ values, width: 2, segmentIds, nSegments: 3, out });
    expect([...out]).toEqual([10, 20, 0, 0, 101, 202, 9]);
  });

  test('segmentSum refuses an id that is too high', async () => {
    const kernels = await loadVariant(variant);
    const [values, out] = [new Float32Array(1), new Float32Array(2)];
    expect(() => {
      kernels.segmentSum({ values, width: 1, segmentIds: Int32Array.of(2), nSegments: 2, out });
    }).toThrow('Kernel index segmentIds[0] is out of range: got 2');
  });
});
