import { inflateRawSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { readNpyMatrix } from './imputation/npy.js';
import { npz } from './npz.js';

/** Files of a ZIP by name, found through its central directory. */
function filesOf(zip: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const end = zip.length - 22;
  const files = new Map<string, Uint8Array>();
  let at = view.getUint32(end + 16, true);
  for (let i = 0; i < view.getUint16(end + 10, true); i++) {
    const [method, size, nameLength] = [10, 20, 28].map((k) =>
      k === 20 ? view.getUint32(at + k, true) : view.getUint16(at + k, true),
    ) as [number, number, number];
    const start = view.getUint32(at + 42, true);
    const name = new TextDecoder().decode(zip.subarray(at + 46, at + 46 + nameLength));
    const body = start + 30 + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
    const content = zip.subarray(body, body + size);
    files.set(name, method === 0 ? content : inflateRawSync(content));
    at += 46 + nameLength;
  }
  return files;
}

test('arrays by name, with their types and shapes', () => {
  const matrix = Float32Array.of(1, 2, 3, 4, 5, -0.5);
  const files = filesOf(
    npz({
      'layer/weight': { shape: [2, 3], data: matrix },
      counts: Int32Array.of(7, -8),
      totals: Float64Array.of(0.1),
      masks: Uint8Array.of(1, 0, 1),
    }),
  );
  expect([...files.keys()]).toEqual([
    ...['layer/weight.npy', 'counts.npy', 'totals.npy', 'masks.npy'],
  ]);
  const file = (name: string): Uint8Array => files.get(name) ?? new Uint8Array();
  const read = readNpyMatrix(file('layer/weight.npy'));
  expect(read.shape).toEqual([2, 3]);
  expect([...read.data]).toEqual([...matrix]);
  const header = (name: string): string => new TextDecoder('latin1').decode(file(name));
  expect(header('counts.npy')).toContain("{'descr': '<i4', 'fortran_order': False, 'shape': (2,)");
  expect(header('totals.npy')).toContain("'<f8', 'fortran_order': False, 'shape': (1,)");
  expect(header('masks.npy')).toContain("'|u1', 'fortran_order': False, 'shape': (3,)");
  expect([...file('masks.npy').slice(-3)]).toEqual([1, 0, 1]);
  expect(file('totals.npy').length % 64).toBe(8);
});
