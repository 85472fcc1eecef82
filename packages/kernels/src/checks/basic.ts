import { DataError, ParamError } from '@dance-ts/core';

type AnyArray = Float32Array | Int32Array | Uint32Array;

/** Throws unless `value` is a whole number >= 0. */
export function checkSize(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new ParamError(`Kernel argument ${name} is not a size`, {
      got: String(value),
      expected: 'a whole number >= 0',
    });
  }
}

/** Throws if `array` has fewer than `needed` elements. */
export function checkLength(name: string, array: AnyArray, needed: number): void {
  if (array.length < needed) {
    throw new ParamError(`Kernel array ${name} is too short`, {
      got: `${array.length} elements`,
      expected: `at least ${needed}`,
    });
  }
}

/** Throws unless every element of `array[start, end)` lies in `minimum .. limit - 1`. */
export function checkIndices(
  name: string,
  array: Int32Array,
  [start, end]: readonly [number, number],
  [minimum, limit]: readonly [number, number],
): void {
  for (let i = start; i < end; i++) {
    const index = array[i]!;
    if (index < minimum || index >= limit) {
      throw new DataError(`Kernel index ${name}[${i}] is out of range`, {
        got: String(index),
        expected: `${minimum} to ${limit - 1}`,
      });
    }
  }
}

/** Rows of `width` elements that `array` holds; unlimited when rows are empty. */
export function rowsOf(array: Float32Array, width: number): number {
  return width === 0 ? 2 ** 31 : Math.floor(array.length / width);
}
