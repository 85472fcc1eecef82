import { DenseMatrix } from '@dance-ts/core';

/**
 * Spreads columns of the classes that occur over all label codes.
 *
 * @param values - [n * classes.length], row-major
 * @param classes - label code of each column
 * @param absent - value of the codes that do not occur
 * @returns [n, nClasses]
 */
export function toClassColumns(
  values: ArrayLike<number>,
  classes: Int32Array,
  nClasses: number,
  absent: number,
): DenseMatrix {
  const k = classes.length;
  const nRows = values.length / k;
  const out = new Float32Array(nRows * nClasses);
  if (k < nClasses) out.fill(absent);
  for (let i = 0; i < nRows; i++) {
    for (let c = 0; c < k; c++) out[i * nClasses + classes[c]!] = values[i * k + c]!;
  }
  return new DenseMatrix(nRows, nClasses, out);
}

/** Label code of the largest value of each row; the first of equal ones. */
export function argmaxClasses(values: ArrayLike<number>, classes: Int32Array): Int32Array {
  const k = classes.length;
  return Int32Array.from({ length: values.length / k }, (_, i) => {
    let best = 0;
    for (let c = 1; c < k; c++) if (values[i * k + c]! > values[i * k + best]!) best = c;
    return classes[best]!;
  });
}
