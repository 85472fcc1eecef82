import { FormatError } from '@dance-ts/core';
import {
  PickleArray,
  PickleTuple,
  type PickleArrayData,
  type PickleValue,
} from './pickle-values.js';

/** Element type of a NumPy array: kind (`f`, `i`, `u`, `b`, `U`, `S`, `O`) and bytes an element. */
export class NumpyDtype {
  bigEndian = false;

  private constructor(
    readonly kind: string,
    readonly size: number,
  ) {}

  /** From the code a pickle names it by, such as `f8`, `<U12` or `O8`. */
  static parse(code: PickleValue | undefined): NumpyDtype {
    const match = typeof code === 'string' ? /^([<>|=]?)([biufUSO])(\d*)$/.exec(code) : null;
    if (match === null) {
      throw new FormatError('element type of an array in the pickle', {
        got: typeof code === 'string' ? `"${code}"` : typeof code,
        expected: 'booleans, integers, floats, texts or objects',
      });
    }
    const [, order, kind = 'O', width = ''] = match;
    const dtype = new NumpyDtype(kind, Number(width) * (kind === 'U' ? 4 : 1));
    dtype.bigEndian = order === '>';
    return dtype;
  }

  /** Takes over the state that follows the code: (version, byte order, ...). */
  setState(state: PickleValue): void {
    const [version, order, subarray, names] = state instanceof PickleTuple ? state.items : [];
    if (typeof version !== 'number' || subarray !== null || names !== null) {
      throw new FormatError('element type of an array in the pickle', {
        got: 'a structured type',
        expected: 'plain numbers, texts or objects',
      });
    }
    this.bigEndian = order === '>';
  }
}

/** Elements of a buffer, in the order of the buffer. */
export function decodeElements(bytes: Uint8Array, dtype: NumpyDtype): PickleArrayData {
  const { kind, size } = dtype;
  if (kind === 'O' || (size > 0 && bytes.length % size !== 0)) {
    throw new FormatError('an array in the pickle has no whole number of elements', {
      got: `${bytes.length} bytes of type ${kind}${size}`,
    });
  }
  const count = size === 0 ? 0 : bytes.length / size;
  if (kind === 'U' || kind === 'S') {
    return Array.from({ length: count }, (_, i) =>
      textOf(bytes.subarray(i * size, (i + 1) * size), dtype),
    );
  }
  const own = bytes.slice();
  if (dtype.bigEndian)
    for (let e = 0; e < count; e++) own.subarray(e * size, (e + 1) * size).reverse();
  const { buffer } = own;
  switch (`${kind}${size}`) {
    case 'b1':
    case 'u1':
      return own;
    case 'i1':
      return new Int8Array(buffer);
    case 'i2':
      return new Int16Array(buffer);
    case 'u2':
      return new Uint16Array(buffer);
    case 'i4':
      return new Int32Array(buffer);
    case 'u4':
      return new Uint32Array(buffer);
    case 'i8':
      return Float64Array.from(new BigInt64Array(buffer), Number);
    case 'u8':
      return Float64Array.from(new BigUint64Array(buffer), Number);
    case 'f4':
      return new Float32Array(buffer);
    case 'f8':
      return new Float64Array(buffer);
    default:
      throw new FormatError('element type of an array in the pickle', {
        got: `${kind}${size}`,
        expected: 'integers up to 64 bits or floats of 32 or 64',
      });
  }
}

/** Fills an array with elements of the given shape; Fortran order is turned into C order. */
export function fillArray(
  array: PickleArray,
  shape: PickleValue | undefined,
  elements: PickleArrayData,
  fortran: boolean,
): PickleArray {
  const sizes = shape instanceof PickleTuple ? shape.items.map(Number) : [NaN];
  const count = sizes.reduce((product, size) => product * size, 1);
  if (count !== elements.length || sizes.some((size) => !(size >= 0))) {
    throw new FormatError('an array in the pickle does not fill its shape', {
      got: `${elements.length} elements`,
      expected: sizes.join(' x '),
    });
  }
  array.shape = sizes;
  array.data = fortran && sizes.length > 1 ? inCOrder(elements, sizes) : elements;
  return array;
}

function inCOrder(elements: PickleArrayData, shape: readonly number[]): PickleArrayData {
  const ordered = elements.slice();
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1));
  const place = shape.map(() => 0);
  for (let e = 0; e < elements.length; e++) {
    const from = place.reduce((sum, p, axis) => sum + p * strides[axis]!, 0);
    (ordered as PickleValue[])[e] = elements[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis]! += 1;
      if (place[axis]! < shape[axis]!) break;
      place[axis] = 0;
    }
  }
  return ordered;
}

/** A text of fixed width, trailing zeros removed. */
function textOf(bytes: Uint8Array, { kind, bigEndian }: NumpyDtype): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const codes: number[] = [];
  for (let at = 0; at < bytes.length; at += kind === 'U' ? 4 : 1) {
    codes.push(kind === 'U' ? view.getUint32(at, !bigEndian) : bytes[at]!);
  }
  while (codes.at(-1) === 0) codes.pop();
  if (codes.some((code) => code > 0x10ffff)) {
    throw new FormatError('a text of the pickle has an invalid character');
  }
  return codes.map((code) => String.fromCodePoint(code)).join('');
}
