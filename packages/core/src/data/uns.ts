import type { Matrix } from '../matrix/matrix.js';
import { CsrMatrix } from '../matrix/csr-matrix.js';
import { DenseMatrix } from '../matrix/dense-matrix.js';
import { copyColumn, type Column, type NumericArray } from '../table/column.js';
import { Table } from '../table/table.js';

/** A number array of any shape, as anndata keeps them in `uns` and `obsm`. */
export interface NdArray {
  readonly kind: 'ndarray';
  readonly shape: readonly number[];
  readonly data: NumericArray;
}

/**
 * What may stand in the unstructured part of an AnnData. A column stands for what an array cannot
 * hold: categories, and numbers, truth values or texts of which some are missing.
 */
export type UnsValue =
  | string
  | number
  | boolean
  | null
  | readonly string[]
  | NumericArray
  | NdArray
  | Column
  | Matrix
  | Table
  | UnsDict;

/** Nested dictionary of unstructured annotation. */
export type UnsDict = Map<string, UnsValue>;

/** Deep copy of a dictionary. */
export function copyUns(dict: UnsDict): UnsDict {
  return new Map([...dict].map(([key, value]) => [key, copyValue(value)]));
}

/** Copy of the dictionaries and tables only; arrays and matrices are shared. */
export function viewUns(dict: UnsDict): UnsDict {
  return new Map([...dict].map(([key, value]) => [key, viewValue(value)]));
}

function viewValue(value: UnsValue): UnsValue {
  if (value instanceof Map) return viewUns(value);
  return value instanceof Table ? value.view() : value;
}

function copyValue(value: UnsValue): UnsValue {
  if (value instanceof Map) return copyUns(value);
  if (value instanceof Table || value instanceof CsrMatrix || value instanceof DenseMatrix) {
    return value.copy();
  }
  if (ArrayBuffer.isView(value)) return value.slice();
  if (typeof value === 'object' && value !== null && 'kind' in value) {
    return value.kind === 'ndarray' ? { ...value, data: value.data.slice() } : copyColumn(value);
  }
  return value;
}
