import { FormatError } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { readNpyMatrix } from './npy.js';

/** As numpy.save writes it. */
function file(header: string, values: readonly number[]): Uint8Array {
  const text = `${header.padEnd(117)}\n`;
  const head = [0x93, ...Buffer.from('NUMPY'), 1, 0, text.length, 0, ...Buffer.from(text)];
  const bytes = new Uint8Array(head.length + 4 * values.length);
  bytes.set(head);
  const view = new DataView(bytes.buffer);
  values.forEach((value, k) => {
    view.setFloat32(head.length + 4 * k, value, true);
  });
  return bytes;
}

const HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";

test('a matrix', () => {
  const matrix = readNpyMatrix(file(HEADER, [1, 2.5, -3, 4, NaN, 6]));
  expect(matrix.shape).toEqual([2, 3]);
  expect([...matrix.data]).toEqual([1, 2.5, -3, 4, NaN, 6]);
});

test.each([
  ['other numbers', file(HEADER.replace('f4', 'f8'), [1, 2, 3, 4, 5, 6])],
  ['columns first', file(HEADER.replace('False', 'True'), [1, 2, 3, 4, 5, 6])],
  ['a vector', file(HEADER.replace('2, 3', '6,'), [1, 2, 3, 4, 5, 6])],
  ['too little', file(HEADER, [1, 2])],
  ['no such file', new Uint8Array(200)],
])('%s: refused', (_, bytes) => {
  expect(() => readNpyMatrix(bytes)).toThrow(FormatError);
});
