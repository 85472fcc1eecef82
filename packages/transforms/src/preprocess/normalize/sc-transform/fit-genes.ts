import { Pacer, type CsrMatrix, type Rng, type RunOptions } from '@dance-ts/core';
import { poissonLine, thetaOf } from './count-regression.js';
import { regularized, type GeneParameters } from './regularization.js';

/** Options of {@link fitGenes}. */
export interface FitGenesOptions extends RunOptions {
  /** A gene is fitted if so many of the cells have it. */
  readonly minCells: number;
  readonly gmeanEps: number;
  /** Genes to fit; all if there are no more. */
  readonly nGenes: number;
  /** Cells to fit on; all if undefined or if there are no more. */
  readonly nCells?: number | undefined;
  readonly bandwidthFactor: number;
  readonly rng: Rng;
}

/** The model of the counts of some cells. */
export interface FittedGenes extends GeneParameters {
  /** log10 geometric mean of each gene, -Infinity without counts. */
  readonly logMeans: Float64Array;
}

/**
 * Regularized parameters of all genes: a negative binomial regression of counts on log10 totals for a
 * sample of genes, spread evenly over the means, smoothed over the mean.
 *
 * @param byGene - counts, genes x cells
 * @param logTotals - log10 of the total of each cell
 * @returns undefined if no gene occurs in enough cells
 */
export async function fitGenes(
  byGene: CsrMatrix,
  logTotals: Float64Array,
  options: FitGenesOptions,
): Promise<FittedGenes | undefined> {
  const { minCells, gmeanEps, nGenes, nCells = Infinity, rng, signal } = options;
  const sampled =
    nCells < byGene.nCols
      ? rng.fork('cells').permutation(byGene.nCols).slice(0, nCells).sort()
      : undefined;
  const counts = sampled === undefined ? byGene : byGene.selectColumns(sampled);
  const totals =
    sampled === undefined ? logTotals : Float64Array.from(sampled, (i) => logTotals[i]!);
  const sampleMeans = logGeometricMeans(counts, gmeanEps);
  const possible = Int32Array.from(sampleMeans.keys()).filter(
    (g) => counts.indptr[g + 1]! - counts.indptr[g]! >= minCells,
  );
  if (possible.length === 0) return undefined;
  const chosen = evenlySpread(possible, sampleMeans, nGenes, rng.fork('genes'));
  const fitted = {
    intercept: new Float64Array(chosen.length),
    slope: new Float64Array(chosen.length),
    theta: new Float64Array(chosen.length),
  };
  const pacer = new Pacer(signal);
  for (let i = 0; i < chosen.length; i++) {
    await pacer.tick();
    const row = counts.row(chosen[i]!);
    const gene = { cells: row.indices, counts: row.data };
    const { intercept, slope } = poissonLine(gene, totals);
    const mu = totals.map((x) => Math.exp(intercept + slope * x));
    fitted.intercept[i] = intercept;
    fitted.slope[i] = slope;
    fitted.theta[i] = thetaOf(gene, mu);
  }
  const fittedAt = Float64Array.from(chosen, (g) => sampleMeans[g]!);
  const logMeans = sampled === undefined ? sampleMeans : logGeometricMeans(byGene, gmeanEps);
  const smooth = regularized(fittedAt, fitted, logMeans, options.bandwidthFactor);
  return { ...smooth, logMeans };
}

/** log10(exp(mean of ln(x + eps)) - eps) of each row. */
export function logGeometricMeans(byGene: CsrMatrix, eps: number): Float64Array {
  const logEps = Math.log(eps);
  return Float64Array.from({ length: byGene.nRows }, (_, g) => {
    let sum = 0;
    for (const count of byGene.row(g).data) sum += Math.log(count + eps) - logEps;
    // exp(mean) - eps, kept exact where the mean is small.
    return Math.log10(eps * Math.expm1(sum / byGene.nCols));
  });
}

/**
 * A sample of genes, without replacement, with weights inverse to the density of the means (Gaussian
 * kernel, Scott's bandwidth), ascending. Drawn by Efraimidis and Spirakis, Inf. Process. Lett. 97,
 * 2006: the largest of u^(1 / weight).
 */
function evenlySpread(genes: Int32Array, means: Float64Array, n: number, rng: Rng): Int32Array {
  if (genes.length <= n) return genes;
  const values = Float64Array.from(genes, (g) => means[g]!);
  const densities = densitiesAt(values);
  const keys = Float64Array.from(genes, (_, i) => Math.log(1 - rng.uniform()) * densities[i]!);
  const order = Uint32Array.from(genes.keys()).sort((a, b) => keys[b]! - keys[a]! || a - b);
  return Int32Array.from(order.subarray(0, n), (i) => genes[i]!).sort();
}

/** Kernel density at the values themselves, from a grid of 512 points. */
function densitiesAt(values: Float64Array): Float64Array {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const width = Math.sqrt(squares / (n - 1)) * n ** (-1 / 5);
  if (!(width > 0)) return new Float64Array(n).fill(1);
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const step = (high - low) / 511;
  const grid = Float64Array.from({ length: 512 }, (_, i) => {
    const point = low + i * step;
    return values.reduce((sum, value) => sum + Math.exp(-0.5 * ((value - point) / width) ** 2), 0);
  });
  return values.map((value) => {
    const place = (value - low) / step;
    const below = Math.min(510, Math.floor(place));
    const weight = place - below;
    return grid[below]! * (1 - weight) + grid[below + 1]! * weight;
  });
}
