import { DenseMatrix, type CsrMatrix, type Rng, type RunOptions } from '@dance-ts/core';
import { getKernels } from '@dance-ts/kernels';
import { columnMoments, pca } from '@dance-ts/ml';
import { deviationsToDivideBy } from '../../numeric/deviations.js';
import { sparseTimesDense } from '../../numeric/sparse-times-dense.js';

/** Options of {@link doubletSpace}. */
export interface DoubletSpaceOptions extends RunOptions {
  /** At most what the cells allow. */
  readonly nComponents: number;
  readonly rng: Rng;
}

/**
 * Cells and simulated doublets in the principal components of the standardized cells, cells first,
 * [nCells + nSimulated, k]. Neither matrix is made dense.
 */
export async function doubletSpace(
  cells: CsrMatrix,
  simulated: CsrMatrix,
  { nComponents, rng, signal }: DoubletSpaceOptions,
): Promise<DenseMatrix> {
  const scale = deviationsToDivideBy(columnMoments(cells));
  const { scores, components, mean } = await pca(cells, {
    nComponents: Math.min(nComponents, cells.nRows - 1, cells.nCols),
    scale,
    rng,
    signal,
  });
  const loadings = components.transpose().scaleRows(scale.map((value) => 1 / value));
  const shift = shiftOf(mean, loadings);
  const projected = sparseTimesDense(await getKernels(), simulated, loadings);
  const space = DenseMatrix.zeros(cells.nRows + simulated.nRows, scores.nCols);
  space.data.set(scores.data);
  for (let i = 0; i < projected.nRows; i++) {
    const row = space.row(cells.nRows + i);
    projected.row(i).forEach((value, c) => {
      row[c] = value - shift[c]!;
    });
  }
  return space;
}

/** The projection of the mean. */
function shiftOf(mean: Float64Array, loadings: DenseMatrix): Float64Array {
  const shift = new Float64Array(loadings.nCols);
  for (let g = 0; g < loadings.nRows; g++) {
    const row = loadings.row(g);
    for (let c = 0; c < row.length; c++) shift[c]! += mean[g]! * row[c]!;
  }
  return shift;
}
