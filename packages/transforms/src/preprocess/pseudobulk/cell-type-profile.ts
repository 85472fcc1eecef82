import { DenseMatrix, type Matrix } from '@dance-ts/core';
import { ascending, quantile } from '../../numeric/quantile.js';

/** Ways to sum up the cells of a type. */
export const PROFILE_METHODS = ['mean', 'median'] as const;

/** One of {@link PROFILE_METHODS}. */
export type ProfileMethod = (typeof PROFILE_METHODS)[number];

/**
 * Mean or median of each column over some rows; values that a sparse matrix does not store count
 * as 0.
 *
 * @param rows - at least one
 * @returns [nCols]
 */
export function columnCenters(X: Matrix, rows: Int32Array, method: ProfileMethod): Float64Array {
  const cells = X.selectRows(rows);
  if (method === 'mean') return cells.columnSums().map((sum) => sum / rows.length);
  const columns = cells.transpose();
  const centers = new Float64Array(X.nCols);
  const values = new Float64Array(rows.length);
  for (let j = 0; j < X.nCols; j++) {
    const stored = columns.kind === 'csr' ? columns.row(j).data : columns.row(j);
    values.fill(0);
    values.set(stored);
    centers[j] = quantile(ascending(values), 0.5);
  }
  return centers;
}

/**
 * Profile of one type over batches: the center of the cells of each batch, divided by its sum; the
 * center of those over the batches, times the center of the sums.
 *
 * With a_b the center of batch b and s_b = sum(a_b), it is center_b(a_b / s_b) center_b(s_b). A batch
 * without any count has no shape and enters the sums only. With one batch it is a_b itself.
 *
 * Source: DANCE (CellTopicProfile).
 *
 * @param batches - cells of the type in each batch, at least one, none empty
 * @returns [nCols]
 */
export function profileOverBatches(
  X: Matrix,
  batches: readonly Int32Array[],
  method: ProfileMethod,
): Float64Array {
  const centers = batches.map((rows) => columnCenters(X, rows, method));
  if (centers.length === 1) return centers[0]!;
  const sums = Float64Array.from(centers, sumOf);
  const shapes = centers.flatMap((center, b) =>
    sums[b]! > 0 ? [center.map((value) => value / sums[b]!)] : [],
  );
  const size = centerOf(sums, method);
  return new Float64Array(X.nCols).map((_, j) =>
    shapes.length === 0
      ? 0
      : size *
        centerOf(
          Float64Array.from(shapes, (s) => s[j]!),
          method,
        ),
  );
}

/** The columns side by side, [nRows, columns.length]. */
export function matrixOfColumns(nRows: number, columns: readonly Float64Array[]): DenseMatrix {
  const matrix = DenseMatrix.zeros(nRows, columns.length);
  columns.forEach((column, c) => {
    column.forEach((value, i) => {
      matrix.data[i * columns.length + c] = value;
    });
  });
  return matrix;
}

/** Sum of the values. */
export function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function centerOf(values: Float64Array, method: ProfileMethod): number {
  return method === 'mean' ? sumOf(values) / values.length : quantile(ascending(values), 0.5);
}
