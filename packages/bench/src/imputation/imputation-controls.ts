import {
  DenseMatrix,
  Rng,
  toCsr,
  type AnnData,
  type Matrix,
  type RunOptions,
} from '@dance-ts/core';
import { toLogNormalized } from '@dance-ts/imputation';
import { nearestNeighbors, pca } from '@dance-ts/ml';

/** Options of {@link imputationControls}. */
export interface ImputationControlOptions extends RunOptions {
  /** Genes that are imputed. */
  readonly genes: readonly string[];
  readonly seed: number;
  /** Neighbors that are averaged; default 15. */
  readonly nNeighbors?: number;
}

/**
 * What imputation reaches without a model, as expected counts of the given genes: the counts as
 * they are; the profile all cells have in common at each cell's depth; the mean profile of a cell
 * and its nearest cells (on 50 principal components) at its depth.
 *
 * @param data - the counts a model may see
 * @returns [nCells, genes.length] counts by control
 */
export async function imputationControls(
  data: AnnData,
  options: ImputationControlOptions,
): Promise<Record<string, DenseMatrix>> {
  const columnOf = new Map(data.varNames.map((name, column) => [name, column]));
  const columns = Int32Array.from(options.genes, (gene) => columnOf.get(gene) ?? -1);
  const counts = data.X.selectColumns(columns);
  const totals = data.X.rowSums();
  return {
    observed: counts.kind === 'dense' ? counts.copy() : counts.toDense(),
    'mean profile': meanProfile(counts, totals),
    'nearest cells': await neighborProfiles(data.X, counts, totals, options),
  };
}

function meanProfile(counts: Matrix, totals: Float64Array): DenseMatrix {
  const all = totals.reduce((sum, total) => sum + total, 0);
  const shares = counts.columnSums().map((sum) => sum / all);
  const out = DenseMatrix.zeros(counts.nRows, counts.nCols);
  for (let i = 0; i < out.nRows; i++) {
    out.row(i).forEach((_, j, row) => {
      row[j] = shares[j]! * totals[i]!;
    });
  }
  return out;
}

async function neighborProfiles(
  X: Matrix,
  counts: Matrix,
  totals: Float64Array,
  { seed, nNeighbors = 15, signal }: ImputationControlOptions,
): Promise<DenseMatrix> {
  const nComponents = Math.min(50, X.nRows, X.nCols);
  const rng = Rng.fromSeed(seed).fork('controls');
  const { scores } = await pca(toLogNormalized(X, totals), { nComponents, rng, signal });
  const k = Math.min(nNeighbors, X.nRows - 1);
  const { indices } = await nearestNeighbors(scores, { k, signal });
  const sparse = toCsr(counts);
  const out = DenseMatrix.zeros(counts.nRows, counts.nCols);
  for (let i = 0; i < out.nRows; i++) {
    const cells = [i, ...indices.subarray(i * k, (i + 1) * k)];
    const depth = cells.reduce((sum, cell) => sum + totals[cell]!, 0);
    if (depth === 0) continue;
    const row = out.row(i);
    for (const cell of cells) {
      const { indices: genes, data } = sparse.row(cell);
      genes.forEach((j, e) => {
        row[j]! += (data[e]! * totals[i]!) / depth;
      });
    }
  }
  return out;
}
