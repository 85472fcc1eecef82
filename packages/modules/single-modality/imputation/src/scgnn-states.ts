import { DataError, toCsr, type AnnData, type CsrMatrix, type RunContext } from '@dance-ts/core';
import { ltmg } from '@dance-ts/ml';
import { COUNTS_LAYER } from './keep-counts.js';

/**
 * Regulatory states of prepared data by LTMG, of counts scaled to the mean total count, as LTMG's
 * authors model normalized expression.
 *
 * @returns 0, 1, 2 ... for each stored count, [nCells, nGenes]
 */
export async function regulatoryStates(prepared: AnnData, run: RunContext): Promise<CsrMatrix> {
  const stored = prepared.layers.get(COUNTS_LAYER);
  if (stored === undefined) throw new DataError('scGNN: the data have no layer "counts"');
  const counts = toCsr(stored);
  const sums = counts.rowSums();
  const mean = sums.reduce((total, sum) => total + sum, 0) / Math.max(1, sums.length);
  const scaled = counts.scaleRows(sums.map((sum) => (sum > 0 ? mean / sum : 0)));
  const { states } = await ltmg(scaled, { signal: run.signal, reporter: run.reporter });
  return states;
}
