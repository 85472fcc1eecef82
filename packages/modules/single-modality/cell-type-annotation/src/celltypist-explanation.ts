import { DenseMatrix, type AnnData, type Explanation } from '@dance-ts/core';
import { columnMeans } from '@dance-ts/nn';
import type { TrainedModel } from './celltypist-training.js';
import type { ClassToExplain } from './explainable-model.js';
import { scaledGenes } from './gene-scaler.js';

/**
 * What each gene contributes to the linear score of a class (one against the rest, so no margin):
 * its coefficient times the difference between its standardized value and that of the baseline.
 * These are the integrated gradients of the score, exactly. Genes that the cells lack contribute
 * nothing.
 *
 * @param cells - log-normalized
 */
export function linearExplanation(
  cells: AnnData,
  { coef, intercept, scaler, genes }: TrainedModel,
  { target, code, cells: names, rows, baseline }: ClassToExplain,
): Explanation {
  const X = genes.length === cells.nVars ? cells.X : cells.X.selectColumns(genes);
  const width = genes.length;
  // With two classes there is one function, of the second.
  const isBinary = intercept.length === 1;
  const sign = isBinary && code === 0 ? -1 : 1;
  const start = isBinary ? 0 : code * width;
  const weights = coef.subarray(start, start + width).map((weight) => sign * weight);
  const { sparse } = scaledGenes(X.selectRows(rows), scaler);
  // Of the genes at the baseline, as they are in `sparse`: less the value without expression.
  const means =
    baseline === 'zero'
      ? new Float32Array(width)
      : standardized(new DenseMatrix(1, width, columnMeans(X)), scaler);
  const attributions = DenseMatrix.zeros(rows.length, width);
  let [missed, size] = [0, 0];
  for (let i = 0; i < rows.length; i++) {
    const contributions = means.map((mean, g) => -weights[g]! * mean);
    let difference = -weights.reduce((sum, weight, g) => sum + weight * means[g]!, 0);
    for (let e = sparse.indptr[i]!; e < sparse.indptr[i + 1]!; e++) {
      const gene = sparse.indices[e]!;
      contributions[gene]! += weights[gene]! * sparse.data[e]!;
      difference += weights[gene]! * sparse.data[e]!;
    }
    attributions.row(i).set(contributions);
    missed += Math.abs(difference - contributions.reduce((sum, value) => sum + value, 0));
    size += Math.abs(difference);
  }
  const completenessError = size === 0 ? missed : missed / size;
  const ofModel = Array.from(genes, (gene) => cells.varNames[gene]!);
  return { target, genes: ofModel, cells: names, attributions, completenessError };
}

/** Standardized values of one row, less those of genes without expression. */
function standardized(row: DenseMatrix, scaler: TrainedModel['scaler']): Float32Array {
  return scaledGenes(row, scaler).sparse.toDense().data;
}
