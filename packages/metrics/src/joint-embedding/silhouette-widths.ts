import { DataError, type DenseMatrix, type RunOptions } from '@dance-ts/core';
import type { Labels } from '../clustering/contingency.js';
import { silhouetteSamples, silhouetteScore } from '../clustering/internal.js';
import { meanDefined } from '../regression/per-line.js';

/**
 * Average silhouette width of the cell types, scaled to 0..1: (mean silhouette + 1) / 2 (Luecken et
 * al., 2022). O(n^2 d).
 *
 * @param embedding - [nCells, d]
 * @throws DataError if there are not 2..n-1 cell types; AbortError
 */
export async function aswLabel(
  embedding: DenseMatrix,
  cellTypes: Labels,
  options: RunOptions = {},
): Promise<number> {
  return ((await silhouetteScore(embedding, cellTypes, options)) + 1) / 2;
}

/**
 * Batch mixing by silhouettes (Luecken et al., 2022): within each cell type the mean of
 * 1 - |silhouette of the batches|, then the mean over types; 1 if batches are mixed. A type with
 * one batch, or a batch for each cell, is left out; NaN if none remains. O(n^2 d).
 *
 * @param embedding - [nCells, d]
 * @throws DataError if the lengths differ; AbortError
 */
export async function aswBatch(
  embedding: DenseMatrix,
  batches: Labels,
  cellTypes: Labels,
  options: RunOptions = {},
): Promise<number> {
  checkCells(embedding.nRows, batches, cellTypes);
  const scores: number[] = [];
  for (const cells of groupCells(cellTypes)) {
    const own = cells.map((i) => batches[i]!);
    const nBatches = new Set(own).size;
    if (nBatches < 2 || nBatches >= cells.length) continue;
    const widths = await silhouetteSamples(embedding.selectRows(cells), own, options);
    scores.push(widths.reduce((sum, width) => sum + 1 - Math.abs(width), 0) / widths.length);
  }
  return meanDefined(scores);
}

/** Indices of the cells of each label, labels in order of first appearance. */
export function groupCells(labels: Labels): number[][] {
  const groups = new Map<number | string, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const group = groups.get(labels[i]!);
    if (group === undefined) groups.set(labels[i]!, [i]);
    else group.push(i);
  }
  return Array.from(groups.values());
}

/** @throws DataError unless each array has one value a cell, and there is a cell */
export function checkCells(nCells: number, ...perCell: ArrayLike<unknown>[]): void {
  if (nCells > 0 && perCell.every((values) => values.length === nCells)) return;
  throw new DataError('labels or covariates do not fit the cells', {
    got: `${perCell.map((values) => values.length).join(', ')} values for ${nCells} cells`,
    expected: 'one a cell, at least one cell',
  });
}
