import { DataError, DenseMatrix, type Matrix } from '@dance-ts/core';

/**
 * What the values of a cell are: `counts`; `normalized`, counts times the cell's scale (see
 * `NormalizeCells`; 1 where cells are not scaled); `log1p`, the logarithm of 1 + that; or `sqrt`, the
 * square root of that.
 */
export type ExpressionScale = 'counts' | 'normalized' | 'log1p' | 'sqrt';

/** Total count of a cell on the scale on which models are compared. */
export const TARGET_SUM = 1e4;

/** The way back from each scale to one that is proportional to counts. */
const LINEAR: Readonly<Record<ExpressionScale, (value: number) => number>> = {
  counts: (value) => value,
  normalized: (value) => value,
  log1p: Math.expm1,
  sqrt: (value) => Math.max(0, value) ** 2,
};

/**
 * Values as expected counts, at least 0; the matrix is overwritten.
 *
 * @param values - [nCells, nGenes]
 * @param cellScale - [nCells] what the counts of each cell were multiplied by
 * @throws DataError for a value that is not finite
 */
export function toCounts(
  values: DenseMatrix,
  scale: ExpressionScale,
  cellScale: Float64Array,
): DenseMatrix {
  const linear = LINEAR[scale];
  for (let i = 0; i < values.nRows; i++) {
    const row = values.row(i);
    const factor = scale === 'counts' ? 1 : cellScale[i]!;
    for (let j = 0; j < row.length; j++) {
      const value = linear(row[j]!);
      if (!Number.isFinite(value)) {
        throw new DataError(`the imputed value of cell ${i}, gene ${j} is not finite`, {
          got: `${row[j]!} (${scale})`,
          remedy: 'Lower the learning rate or check the data for extreme values.',
        });
      }
      row[j] = Math.max(0, value / factor);
    }
  }
  return values;
}

/**
 * log(1 + count x 10,000 / total) of counts.
 *
 * @param counts - [nCells, nGenes]
 * @param totals - [nCells] total count of each cell; cells with none become 0
 */
export function toLogNormalized(counts: Matrix, totals: Float64Array): Matrix {
  const factors = totals.map((total) => (total > 0 ? TARGET_SUM / total : 0));
  return counts.scaleRows(factors).mapData(Math.log1p);
}
