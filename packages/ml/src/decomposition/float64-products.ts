import type { DenseMatrix } from '@dance-ts/core';

/** Rows that stay in the cache while every pair of their columns is multiplied. */
const ROWS_AT_ONCE = 128;
/** Columns of B whose sums are held in local variables, several times as fast as in memory. */
const STRIP = 4;

/** A^T B in float64, row-major [A.nCols * B.nCols]. */
export function crossProduct(A: DenseMatrix, B: DenseMatrix): Float64Array {
  const product = new Float64Array(A.nCols * B.nCols);
  for (let first = 0; first < A.nRows; first += ROWS_AT_ONCE) {
    const last = Math.min(A.nRows, first + ROWS_AT_ONCE);
    for (let a = 0; a < A.nCols; a++) addRow(A, a, B, 0, first, last, product);
  }
  return product;
}

/** Z^T Z in float64, [Z.nCols * Z.nCols]. */
export function gramMatrix(Z: DenseMatrix): Float64Array {
  const n = Z.nCols;
  const gram = new Float64Array(n * n);
  for (let first = 0; first < Z.nRows; first += ROWS_AT_ONCE) {
    const last = Math.min(Z.nRows, first + ROWS_AT_ONCE);
    for (let a = 0; a < n; a++) addRow(Z, a, Z, a - (a % STRIP), first, last, gram);
  }
  for (let a = 0; a < n; a++) for (let b = 0; b < a; b++) gram[a * n + b] = gram[b * n + a]!;
  return gram;
}

/** Adds to row `a` of the product, from column `b` on, what the rows first..last-1 contribute. */
function addRow(
  A: DenseMatrix,
  a: number,
  B: DenseMatrix,
  b: number,
  first: number,
  last: number,
  product: Float64Array,
): void {
  const wide = B.nCols - (B.nCols % STRIP);
  for (; b < wide; b += STRIP) addStrip(A, a, B, b, first, last, product);
  for (; b < B.nCols; b++) addOne(A, a, B, b, first, last, product);
}

function addStrip(
  A: DenseMatrix,
  a: number,
  B: DenseMatrix,
  b: number,
  first: number,
  last: number,
  product: Float64Array,
): void {
  const [strideA, strideB, dataA, dataB] = [A.nCols, B.nCols, A.data, B.data];
  const target = a * strideB + b;
  let [sum0, sum1, sum2, sum3] = [
    product[target]!,
    product[target + 1]!,
    product[target + 2]!,
    product[target + 3]!,
  ];
  let place = first * strideB + b;
  const end = last * strideA;
  for (let e = first * strideA + a; e < end; e += strideA) {
    const value = dataA[e]!;
    sum0 += value * dataB[place]!;
    sum1 += value * dataB[place + 1]!;
    sum2 += value * dataB[place + 2]!;
    sum3 += value * dataB[place + 3]!;
    place += strideB;
  }
  product[target] = sum0;
  product[target + 1] = sum1;
  product[target + 2] = sum2;
  product[target + 3] = sum3;
}

function addOne(
  A: DenseMatrix,
  a: number,
  B: DenseMatrix,
  b: number,
  first: number,
  last: number,
  product: Float64Array,
): void {
  const target = a * B.nCols + b;
  let sum = product[target]!;
  for (let i = first; i < last; i++) sum += A.data[i * A.nCols + a]! * B.data[i * B.nCols + b]!;
  product[target] = sum;
}
