import type { DenseMatrix } from '@dance-ts/core';

/**
 * A^T B in float64, row-major [A.nCols * B.nCols].
 *
 * Strips of four columns of B are summed in local variables, which is several times as fast as
 * summing in memory.
 */
export function crossProduct(A: DenseMatrix, B: DenseMatrix): Float64Array {
  const product = new Float64Array(A.nCols * B.nCols);
  const wide = B.nCols - (B.nCols % 4);
  for (let a = 0; a < A.nCols; a++) {
    for (let b = 0; b < wide; b += 4) sumStrip(A, a, B, b, product);
    for (let b = wide; b < B.nCols; b++) sumOne(A, a, B, b, product);
  }
  return product;
}

/** Z^T Z in float64, [Z.nCols * Z.nCols]. */
export function gramMatrix(Z: DenseMatrix): Float64Array {
  return crossProduct(Z, Z);
}

function sumStrip(
  A: DenseMatrix,
  a: number,
  B: DenseMatrix,
  b: number,
  product: Float64Array,
): void {
  const [strideA, strideB, dataA, dataB] = [A.nCols, B.nCols, A.data, B.data];
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
  let place = b;
  for (let e = a; e < dataA.length; e += strideA) {
    const value = dataA[e]!;
    sum0 += value * dataB[place]!;
    sum1 += value * dataB[place + 1]!;
    sum2 += value * dataB[place + 2]!;
    sum3 += value * dataB[place + 3]!;
    place += strideB;
  }
  const target = a * strideB + b;
  product[target] = sum0;
  product[target + 1] = sum1;
  product[target + 2] = sum2;
  product[target + 3] = sum3;
}

function sumOne(A: DenseMatrix, a: number, B: DenseMatrix, b: number, product: Float64Array): void {
  let sum = 0;
  for (let i = 0; i < A.nRows; i++) sum += A.data[i * A.nCols + a]! * B.data[i * B.nCols + b]!;
  product[a * B.nCols + b] = sum;
}
