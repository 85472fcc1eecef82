import { DataError } from '@dance-ts/core';

/**
 * Target distribution of deep embedded clustering: p_ij proportional to q_ij² / f_j with
 * f_j = sum over i of q_ij, rows summing to 1 (Xie et al., 2016, arXiv:1511.06335). Worked out from
 * logarithms in float64, so that neither rare clusters nor small q lead to 0 / 0. f is over the
 * cells given: pass all cells, not a batch.
 *
 * @param logQ - ln q row by row, [n, K]
 * @param nClusters - K
 * @returns p row by row, [n, K]; a constant of the loss
 * @throws DataError if the values do not fill rows of K or are not finite
 */
export function targetDistribution(logQ: Float32Array, nClusters: number): Float32Array {
  check(logQ, nClusters);
  const logFrequency = logColumnSums(logQ, nClusters);
  const target = new Float32Array(logQ.length);
  const logits = new Float64Array(nClusters);
  for (let start = 0; start < logQ.length; start += nClusters) {
    for (let j = 0; j < nClusters; j++) logits[j] = 2 * logQ[start + j]! - logFrequency[j]!;
    const highest = logits.reduce((high, value) => Math.max(high, value), -Infinity);
    const sum = logits.reduce((total, value) => total + Math.exp(value - highest), 0);
    for (let j = 0; j < nClusters; j++) target[start + j] = Math.exp(logits[j]! - highest) / sum;
  }
  return target;
}

/** ln of the sum over rows of e^x, for each column. */
function logColumnSums(x: Float32Array, nColumns: number): Float64Array {
  const highest = new Float64Array(nColumns).fill(-Infinity);
  for (let i = 0; i < x.length; i++) {
    const column = i % nColumns;
    highest[column] = Math.max(highest[column]!, x[i]!);
  }
  const sums = new Float64Array(nColumns);
  for (let i = 0; i < x.length; i++) {
    const column = i % nColumns;
    sums[column] = sums[column]! + Math.exp(x[i]! - highest[column]!);
  }
  return sums.map((sum, column) => highest[column]! + Math.log(sum));
}

function check(logQ: Float32Array, nClusters: number): void {
  if (!(nClusters >= 1) || logQ.length % nClusters !== 0) {
    throw new DataError('targetDistribution: values', {
      got: String(logQ.length),
      expected: `rows of ${nClusters} clusters`,
    });
  }
  const bad = logQ.findIndex((value) => !Number.isFinite(value));
  if (bad === -1) return;
  throw new DataError(`targetDistribution: ln q of cell ${Math.floor(bad / nClusters)}`, {
    got: String(logQ[bad]),
    expected: 'a finite number',
    remedy: 'Pass logarithms, and look for NaN in the embedding.',
  });
}
