import { crc32 } from 'node:zlib';
import type { CsrMatrix } from '@dance-ts/core';

/** Numbers a peer reads. */
export type NpyNumbers = Float32Array | Float64Array | Int32Array | Uint8Array;

/** An array a peer reads; numbers without a shape are one-dimensional. */
export type NpyArray =
  NpyNumbers | { readonly shape: readonly number[]; readonly data: NpyNumbers };

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const ZIP_VERSION = 20;

/** NumPy's .npz: an uncompressed ZIP of .npy files. */
export function npz(arrays: Readonly<Record<string, NpyArray>>): Uint8Array {
  const bodies: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, array] of Object.entries(arrays)) {
    const content = npy(array);
    const fileName = new TextEncoder().encode(`${name}.npy`);
    const common = [ZIP_VERSION, 0, 0, 0, 0];
    const sizes = [crc32(content), content.length, content.length];
    const local = [...words(LOCAL), ...shorts(common), ...words(...sizes)];
    const header = Uint8Array.from([...local, ...shorts([fileName.length, 0])]);
    bodies.push(header, fileName, content);
    const entry = [...words(CENTRAL), ...shorts([ZIP_VERSION, ...common]), ...words(...sizes)];
    const tail = [...shorts([fileName.length, 0, 0, 0, 0]), ...words(0, offset)];
    directory.push(Uint8Array.from([...entry, ...tail]), fileName);
    offset += header.length + fileName.length + content.length;
  }
  const count = Object.keys(arrays).length;
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = [...words(END), ...shorts([0, 0, count, count]), ...words(size, offset), 0, 0];
  return joined([...bodies, ...directory, Uint8Array.from(end)]);
}

/** The arrays of a sparse matrix, which a peer reads as `name_data` and so on. */
export function csrArrays(
  name: string,
  { data, indices, indptr, shape }: CsrMatrix,
): Record<string, NpyArray> {
  return {
    [`${name}_data`]: data,
    [`${name}_indices`]: indices,
    [`${name}_indptr`]: indptr,
    [`${name}_shape`]: Int32Array.from(shape),
  };
}

/** A .npy file, version 1.0, with its data on a multiple of 64 bytes. */
function npy(array: NpyArray): Uint8Array {
  const { shape, data: numbers } =
    'shape' in array ? array : { shape: [array.length], data: array };
  const sizes = shape.length === 1 ? `${shape[0]!},` : shape.join(', ');
  const text = `{'descr': '${dtypeOf(numbers)}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const header = `${text.padEnd(length - 1)}\n`;
  const magic = Uint8Array.from([0x93, ...Buffer.from('NUMPY'), 1, 0, ...shorts([length])]);
  const data = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return joined([magic, new TextEncoder().encode(header), data]);
}

function dtypeOf(numbers: NpyNumbers): string {
  if (numbers instanceof Uint8Array) return '|u1';
  if (numbers instanceof Int32Array) return '<i4';
  return numbers instanceof Float64Array ? '<f8' : '<f4';
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let start = 0;
  for (const part of parts) {
    whole.set(part, start);
    start += part.length;
  }
  return whole;
}

/** Little-endian 16-bit numbers as bytes. */
function shorts(values: readonly number[]): number[] {
  return values.flatMap((value) => [value & 255, (value >>> 8) & 255]);
}

/** Little-endian 32-bit numbers as bytes. */
function words(...values: number[]): number[] {
  return values.flatMap((value) => shorts([value & 65535, value >>> 16]));
}
