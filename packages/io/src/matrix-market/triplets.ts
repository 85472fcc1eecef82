import { CsrMatrix, DataError, FormatError } from '@dance-ts/core';
import type { MemoryBudget } from '../storage/read-options.js';

type Growable = Int32Array | Float32Array;

/** Bytes per entry that sorting entries which come in no order takes. */
const SORTING_BYTES = 56;

/** A typed array that grows as values come in, within a memory budget. */
export class GrowingArray<T extends Growable> {
  /** Number of values. */
  length = 0;

  /**
   * @param array - empty array of the type wanted
   * @param budget - is charged for each growth
   * @param element - what the values are, for messages
   */
  constructor(
    private array: T,
    private readonly budget: MemoryBudget,
    private readonly element: string,
  ) {}

  /** Appends a value. */
  push(value: number): void {
    if (this.length === this.array.length) this.reserve(this.length + 1);
    this.array[this.length++] = value;
  }

  /** Appends values. */
  append(values: ArrayLike<number>): void {
    this.reserve(this.length + values.length);
    this.array.set(values, this.length);
    this.length += values.length;
  }

  /** The values, as a view. */
  values(): T {
    return this.array.subarray(0, this.length) as T;
  }

  private reserve(length: number): void {
    if (length <= this.array.length) return;
    const capacity = Math.max(length, 2 * this.array.length, 1024);
    this.budget.claim(4 * (capacity - this.array.length), this.element);
    const grown = new (this.array.constructor as new (size: number) => T)(capacity);
    grown.set(this.array);
    this.array = grown;
  }
}

/** Entries of a sparse matrix in the order of a file; coordinates count from 0. */
export interface Triplets {
  readonly rows: Int32Array;
  readonly cols: Int32Array;
  readonly values: Float32Array;
}

/**
 * The CSR matrix of triplets; entries at the same place are added. Entries that are sorted by row
 * or by column, as programs write them, are not sorted again.
 *
 * @throws FormatError if the memory budget does not allow it
 */
export function compressTriplets(
  nRows: number,
  nCols: number,
  triplets: Triplets,
  budget: MemoryBudget,
): CsrMatrix {
  const { rows, cols, values } = triplets;
  budget.claim(4 * (nRows + 1), 'the row pointers');
  if (isSorted(rows, cols)) return fromSorted(nRows, nCols, rows, cols, values);
  budget.claim(4 * (nCols + 1), 'the column pointers');
  if (isSorted(cols, rows)) {
    budget.claim(8 * values.length, 'the sorted entries');
    return fromSorted(nCols, nRows, cols, rows, values).transpose();
  }
  budget.claim(SORTING_BYTES * values.length, 'the sorted entries');
  try {
    return CsrMatrix.fromTriplets(nRows, nCols, rows, cols, values);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new FormatError(`${budget.name} is no valid matrix (${error.message})`, { cause: error });
  }
}

/** True if the major coordinate never falls and the minor one rises strictly within it. */
function isSorted(major: Int32Array, minor: Int32Array): boolean {
  for (let e = 1; e < major.length; e++) {
    if (major[e]! < major[e - 1]!) return false;
    if (major[e] === major[e - 1] && minor[e]! <= minor[e - 1]!) return false;
  }
  return true;
}

function fromSorted(
  nMajor: number,
  nMinor: number,
  major: Int32Array,
  minor: Int32Array,
  values: Float32Array,
): CsrMatrix {
  const indptr = new Int32Array(nMajor + 1);
  for (const i of major) indptr[i + 1]! += 1;
  for (let i = 0; i < nMajor; i++) indptr[i + 1]! += indptr[i]!;
  return new CsrMatrix(nMajor, nMinor, indptr, minor, values);
}
