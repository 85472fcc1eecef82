import { CsrMatrix } from '@dance-ts/core';

/** The matrix without stored zeros; the same object if there are none. */
export function withoutStoredZeros(matrix: CsrMatrix): CsrMatrix {
  const { nRows, nCols, indptr, indices, data } = matrix;
  let nonZero = 0;
  for (const value of data) if (value !== 0) nonZero += 1;
  if (nonZero === data.length) return matrix;
  const keptIndptr = new Int32Array(nRows + 1);
  const keptIndices = new Int32Array(nonZero);
  const keptData = new Float32Array(nonZero);
  let end = 0;
  for (let i = 0; i < nRows; i++) {
    for (let e = indptr[i]!; e < indptr[i + 1]!; e++) {
      if (data[e] === 0) continue;
      keptIndices[end] = indices[e]!;
      keptData[end++] = data[e]!;
    }
    keptIndptr[i + 1] = end;
  }
  return new CsrMatrix(nRows, nCols, keptIndptr, keptIndices, keptData);
}

/**
 * Scales the edges into each node (the entries of its row) so that they sum to their number, which
 * makes their mean weight 1. Rows that sum to 0 stay as they are.
 */
export function toMeanWeightOne(edges: CsrMatrix): CsrMatrix {
  const factors = edges.rowSums().map((sum, i) => {
    const degree = edges.indptr[i + 1]! - edges.indptr[i]!;
    return sum === 0 ? 1 : degree / sum;
  });
  return edges.scaleRows(factors);
}
