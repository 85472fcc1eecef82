import {
  DataError,
  toCsr,
  type AnnData,
  type CsrMatrix,
  type DenseMatrix,
  type RunOptions,
} from '@dance-ts/core';
import { VALIDATION_LAYER } from './held-out.js';
import { cellScale } from './normalize-cells.js';
import type { FeatureAutoencoder } from './scgnn-autoencoder.js';

/** Cells on which an epoch is judged, at most. */
const MOST_CELLS = 1000;

/** How well an autoencoder does on validation entries; the higher, the better. */
export type ValidationMerit = (
  network: FeatureAutoencoder,
  source: CsrMatrix | DenseMatrix,
  cells: Int32Array,
) => Promise<number>;

/**
 * Judge of autoencoders by the counts that were held out for validation: minus the mean squared
 * error of log expression at the entries of at most 1,000 of the cells; NaN if these have none.
 *
 * @throws DataError if the data bring no validation entries
 */
export function validationMerit(
  prepared: AnnData,
  owner: string,
  run: RunOptions,
): ValidationMerit {
  const layer = prepared.layers.get(VALIDATION_LAYER);
  if (layer === undefined) {
    throw new DataError(`${owner}: there is nothing to choose an epoch by`, {
      got: `no layer "${VALIDATION_LAYER}"`,
      remedy: 'Fit on holdOutEntries(data).data, or use modelSelection "last".',
    });
  }
  const truth = toCsr(layer).scaleRows(cellScale(prepared)).mapData(Math.log1p);
  return async (network, source, cells) => {
    const judged = cells
      .filter((cell) => truth.indptr[cell + 1]! > truth.indptr[cell]!)
      .slice(0, MOST_CELLS);
    const { output } = await network.reconstruct(source, judged, run.signal);
    let [sum, n] = [0, 0];
    judged.forEach((cell, i) => {
      const { indices, data } = truth.row(cell);
      const row = output.row(i);
      indices.forEach((gene, e) => {
        sum += (row[gene]! - data[e]!) ** 2;
        n += 1;
      });
    });
    return -sum / n;
  };
}
