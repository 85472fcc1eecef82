import {
  DenseMatrix,
  Rng,
  toCsr,
  type AnnData,
  type CsrMatrix,
  type RunOptions,
} from '@dance-ts/core';
import { toLogNormalized } from '@dance-ts/imputation';
import { truncatedSvd } from '@dance-ts/ml';

/** Singular values looked at, and from which share of them on they are taken to be noise. */
const SPECTRUM = 100;
const NOISE_SHARE = 0.8;
/** Standard deviations of the noise's spacings by which a spacing must exceed their mean. */
const SPACING_SDS = 6;
/** Order of the quantile of a gene whose size is the threshold. */
const THRESHOLD_QUANTILE = 0.001;
/** Total count of a cell before the logarithm. */
const DEPTH = 1e4;

/**
 * What a low-rank matrix imputes: `truncated SVD` of log-normalized counts, negative values cut off,
 * and `ALRA`, the same matrix after ALRA's thresholding: values of a gene below the size of its
 * 0.001 quantile become 0, the others are scaled to the mean and standard deviation of the gene's
 * observed positive values, and observed counts that became 0 are put back. The rank is ALRA's: the
 * last singular value whose distance from the next one exceeds the mean distance of the noise by 6
 * standard deviations.
 *
 * Source: Linderman et al., Nature Communications 13:192, 2022.
 *
 * @param data - the counts a method may see
 * @returns [nCells, nGenes] counts by control
 */
export async function lowRankControls(
  data: AnnData,
  { seed, signal }: RunOptions & { readonly seed: number },
): Promise<Record<'truncated SVD' | 'ALRA', DenseMatrix>> {
  const totals = data.X.rowSums();
  const logs = toCsr(toLogNormalized(data.X, totals));
  const approximation = await lowRank(logs, Rng.fromSeed(seed).fork('svd'), signal);
  const thresholded = alraThreshold(approximation, logs);
  approximation.data.forEach((value, e) => {
    approximation.data[e] = Math.max(0, value);
  });
  return {
    'truncated SVD': toCounts(approximation, totals),
    ALRA: toCounts(thresholded, totals),
  };
}

/**
 * The rank of a signal by the spacings s_k - s_(k+1) of descending singular values; at least 1.
 *
 * @param noiseStart - number of the first singular value (from 1) that is taken to be noise
 */
export function chooseRank(singularValues: ArrayLike<number>, noiseStart: number): number {
  const spacings = Array.from(
    { length: singularValues.length - 1 },
    (_, k) => singularValues[k]! - singularValues[k + 1]!,
  );
  const noise = spacings.slice(noiseStart - 1);
  if (noise.length < 2) return 1;
  const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length;
  const squares = noise.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const limit = mean + SPACING_SDS * Math.sqrt(squares / (noise.length - 1));
  return Math.max(1, spacings.findLastIndex((spacing) => spacing > limit) + 1);
}

/**
 * ALRA's thresholding of a low-rank approximation, as a new matrix.
 *
 * @param approximation - [nCells, nGenes]
 * @param observed - the matrix it approximates
 */
export function alraThreshold(approximation: DenseMatrix, observed: CsrMatrix): DenseMatrix {
  const { nRows, nCols } = approximation;
  const out = DenseMatrix.zeros(nRows, nCols);
  const byGene = observed.transpose();
  const column = new Float64Array(nRows);
  for (let gene = 0; gene < nCols; gene++) {
    for (let i = 0; i < nRows; i++) column[i] = approximation.get(i, gene);
    const threshold = Math.abs(quantile(column, THRESHOLD_QUANTILE));
    const kept = column.map((value) => (value > threshold ? value : 0));
    const row = byGene.row(gene);
    const [from, to] = [moments(kept), moments(row.data)];
    const scale = from.sd > 0 && to.sd > 0 ? to.sd / from.sd : 1;
    const shift = from.n > 0 && to.n > 0 ? to.mean - scale * from.mean : 0;
    kept.forEach((value, i) => {
      if (value > 0) out.data[i * nCols + gene] = Math.max(0, scale * value + shift);
    });
    row.indices.forEach((i, e) => {
      const place = i * nCols + gene;
      if (out.data[place] === 0) out.data[place] = row.data[e]!;
    });
  }
  return out;
}

async function lowRank(
  logs: CsrMatrix,
  rng: Rng,
  signal: AbortSignal | undefined,
): Promise<DenseMatrix> {
  // The end of a small matrix's spectrum is no sample of the noise that a signal stands out from.
  const nComponents = Math.min(SPECTRUM, Math.ceil(Math.min(logs.nRows, logs.nCols) / 2));
  const { U, s, Vt } = await truncatedSvd(logs, { nComponents, rng, signal });
  const rank = chooseRank(s, Math.round(NOISE_SHARE * nComponents));
  const out = DenseMatrix.zeros(logs.nRows, logs.nCols);
  for (let i = 0; i < out.nRows; i++) {
    const [row, left] = [out.row(i), U.row(i)];
    for (let k = 0; k < rank; k++) {
      const [weight, right] = [left[k]! * s[k]!, Vt.row(k)];
      for (let j = 0; j < row.length; j++) row[j]! += weight * right[j]!;
    }
  }
  return out;
}

/** log(1 + count x 10,000 / total) back to counts; the matrix is overwritten. */
function toCounts(logs: DenseMatrix, totals: Float64Array): DenseMatrix {
  for (let i = 0; i < logs.nRows; i++) {
    const [row, factor] = [logs.row(i), totals[i]! / DEPTH];
    for (let j = 0; j < row.length; j++) row[j] = Math.expm1(row[j]!) * factor;
  }
  return logs;
}

function quantile(values: Float64Array, order: number): number {
  const sorted = values.slice().sort();
  const place = order * (sorted.length - 1);
  const below = Math.floor(place);
  const next = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return sorted[below]! + (place - below) * (next - sorted[below]!);
}

/** Number, mean and sample standard deviation of the positive values. */
function moments(values: Iterable<number>): { n: number; mean: number; sd: number } {
  let [n, mean, squares] = [0, 0, 0];
  for (const value of values) {
    if (!(value > 0)) continue;
    n += 1;
    const distance = value - mean;
    mean += distance / n;
    squares += distance * (value - mean);
  }
  return { n, mean, sd: n > 1 ? Math.sqrt(squares / (n - 1)) : 0 };
}
