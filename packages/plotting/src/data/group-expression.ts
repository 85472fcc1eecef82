import { DataError, Pacer, type AnnData } from '@dance-ts/core';
import type { CategoryLabels } from './category-labels.js';
import { expressionMatrix, geneIndices } from './lookup.js';

/** Expression of some genes in groups of cells; arrays are [genes, groups], row-major. */
export interface GroupExpression {
  /** Mean over all cells of the group; NaN for an empty group. */
  readonly mean: Float64Array;
  /** Part of the cells of the group above the threshold; NaN for an empty group. */
  readonly fraction: Float64Array;
}

/** Cells between two looks at the clock. */
const BLOCK = 2048;

/**
 * Means and expressing fractions. Reads only the wanted genes and keeps nothing a cell.
 *
 * @param threshold - a cell expresses a gene above this value
 * @throws DataError if there is no such gene or layer, or at a value that is not finite
 * @throws AbortError
 */
export async function groupExpression(
  data: AnnData,
  genes: readonly string[],
  { codes, categories }: CategoryLabels,
  {
    layer,
    threshold,
    signal,
  }: { layer: string | undefined; threshold: number; signal: AbortSignal | undefined },
): Promise<GroupExpression> {
  const matrix = expressionMatrix(data, layer);
  const columns = geneIndices(data, genes);
  const nGroups = categories.length;
  const mean = new Float64Array(genes.length * nGroups);
  const fraction = new Float64Array(genes.length * nGroups);
  const sizes = new Float64Array(nGroups);
  const pacer = new Pacer(signal);
  for (let cell = 0; cell < data.nObs; cell++) {
    if (cell % BLOCK === 0) await pacer.tick();
    const group = codes[cell]!;
    if (group < 0) continue;
    sizes[group]! += 1;
    for (let g = 0; g < columns.length; g++) {
      const value = finite(matrix.get(cell, columns[g]!), data, cell, genes[g]!);
      mean[g * nGroups + group]! += value;
      if (value > threshold) fraction[g * nGroups + group]! += 1;
    }
  }
  for (let i = 0; i < mean.length; i++) {
    mean[i]! /= sizes[i % nGroups]!;
    fraction[i]! /= sizes[i % nGroups]!;
  }
  return { mean, fraction };
}

/**
 * Expression of some genes in each cell, [genes, cells], row-major.
 *
 * @param cells - which, in which order
 * @throws DataError if there is no such gene or layer, or at a value that is not finite
 * @throws AbortError
 */
export async function cellExpression(
  data: AnnData,
  genes: readonly string[],
  cells: Int32Array,
  { layer, signal }: { layer: string | undefined; signal: AbortSignal | undefined },
): Promise<Float64Array> {
  const matrix = expressionMatrix(data, layer);
  const columns = geneIndices(data, genes);
  const values = new Float64Array(genes.length * cells.length);
  const pacer = new Pacer(signal);
  for (let c = 0; c < cells.length; c++) {
    if (c % BLOCK === 0) await pacer.tick();
    const cell = cells[c]!;
    for (let g = 0; g < columns.length; g++) {
      values[g * cells.length + c] = finite(matrix.get(cell, columns[g]!), data, cell, genes[g]!);
    }
  }
  return values;
}

function finite(value: number, data: AnnData, cell: number, gene: string): number {
  if (Number.isFinite(value)) return value;
  throw new DataError(`expression of "${gene}" is not finite in cell "${data.obsNames[cell]!}"`, {
    got: String(value),
    expected: 'finite values',
  });
}

/**
 * Each gene's values as (value - mean) / sd over all of them; a constant gene becomes 0. Empty
 * groups (NaN) stay so.
 *
 * @param values - [genes, n], row-major; changed in place
 */
export function zScoreGenes(values: Float64Array, nGenes: number): void {
  const n = values.length / nGenes;
  for (let g = 0; g < nGenes; g++) {
    const row = values.subarray(g * n, (g + 1) * n);
    const known = row.filter((value) => !Number.isNaN(value));
    const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length;
    const scale = variance > 1e-24 ? 1 / Math.sqrt(variance) : 0;
    for (let i = 0; i < n; i++) row[i] = (row[i]! - mean) * scale;
  }
}

/**
 * Each gene's values as parts of the way from its smallest to its largest; a constant gene becomes
 * 0. Empty groups (NaN) stay so.
 *
 * @param values - [genes, n], row-major; changed in place
 */
export function unitScaleGenes(values: Float64Array, nGenes: number): void {
  const n = values.length / nGenes;
  for (let g = 0; g < nGenes; g++) {
    const row = values.subarray(g * n, (g + 1) * n);
    const known = row.filter((value) => !Number.isNaN(value));
    const low = known.reduce((least, value) => Math.min(least, value), Infinity);
    const high = known.reduce((most, value) => Math.max(most, value), -Infinity);
    const scale = high > low ? 1 / (high - low) : 0;
    for (let i = 0; i < n; i++) row[i] = (row[i]! - low) * scale;
  }
}
