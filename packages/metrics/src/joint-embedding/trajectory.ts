import type { Labels } from '../clustering/contingency.js';
import { spearman } from '../regression/correlation.js';
import { meanDefined } from '../regression/per-line.js';
import { checkCells, groupCells } from './silhouette-widths.js';

/**
 * Trajectory conservation (Luecken et al., 2022): (mean over batches of Spearman's correlation of
 * pseudotime with its reference + 1) / 2. Cells without a reference or a pseudotime (NaN) are left
 * out, as are batches of fewer than two cells or with a constant side; NaN if none remains.
 *
 * @param reference - pseudotime before integration, [nCells]
 * @param pseudotime - pseudotime computed from the embedding, [nCells]
 * @param batches - batch of each cell; one batch if left out
 * @throws DataError if the lengths differ
 */
export function trajectoryConservation(
  reference: ArrayLike<number>,
  pseudotime: ArrayLike<number>,
  batches: Labels = new Uint8Array(reference.length),
): number {
  checkCells(reference.length, pseudotime, batches);
  const correlations = groupCells(batches).map((cells) => {
    const known = cells.filter((i) => !Number.isNaN(reference[i]) && !Number.isNaN(pseudotime[i]));
    if (known.length < 2) return NaN;
    return spearman(
      known.map((i) => reference[i]!),
      known.map((i) => pseudotime[i]!),
    );
  });
  return (meanDefined(correlations) + 1) / 2;
}
