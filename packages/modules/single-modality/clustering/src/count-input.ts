import { DataError, toCsr, type AnnData, type CsrMatrix, type Matrix } from '@dance-ts/core';

/** What models of counts read from data that a pipeline with `SaveRaw` prepared. */
export interface CountInput {
  /** Normalized values, the network's input, [nCells, nGenes]. */
  readonly x: Matrix;
  /** Counts of the same genes, [nCells, nGenes]. */
  readonly counts: CsrMatrix;
  /** Total count of each cell divided by the median cell's, [nCells]. */
  readonly sizeFactors: Float32Array;
}

/**
 * X, `layers.counts` and the size factors from `obs.n_counts`.
 *
 * @throws DataError if the data were not prepared
 */
export function readCountInput(data: AnnData): CountInput {
  const counts = data.layers.get('counts');
  const totals = data.obs.has('n_counts') ? data.obs.get('n_counts') : undefined;
  if (counts === undefined || totals?.kind !== 'numeric') {
    throw new DataError('the data hold no counts beside the normalized values', {
      got: counts === undefined ? 'no layers["counts"]' : 'no numbers in obs["n_counts"]',
      remedy: 'Run the preprocess method of the model, or the transforms FilterCells and SaveRaw.',
    });
  }
  return { x: data.X, counts: toCsr(counts), sizeFactors: sizeFactors(totals.values) };
}

/**
 * Factors on the mean of each cell's counts: its total divided by the median total.
 *
 * @throws DataError if a total is not a number above 0
 */
export function sizeFactors(totals: ArrayLike<number>): Float32Array {
  const sorted = Float64Array.from(totals).sort();
  const bad = sorted.find((total) => !(total > 0 && total < Infinity));
  if (bad !== undefined) {
    throw new DataError('the total count of a cell is not a number above 0', {
      got: String(bad),
      remedy: 'Filter the cells by their counts.',
    });
  }
  const middle = sorted.length / 2;
  const median = (sorted[Math.floor(middle - 0.5)]! + sorted[Math.floor(middle)]!) / 2;
  return Float32Array.from(totals, (total) => total / median);
}
