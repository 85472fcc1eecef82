import {
  AnnData,
  booleanColumn,
  categoricalColumn,
  DenseMatrix,
  defineParams,
  numericColumn,
  Pacer,
  parseParams,
  Rng,
  Table,
  type CsrMatrix,
  type Matrix,
  type ParamInput,
  type ParamValues,
  type RunOptions,
} from '@dance-ts/core';
import { z } from 'zod';
import { CsrBuilder } from './csr-builder.js';

// Looked up once: in a sandbox such as a test runner's, each look-up of a global is slow.
const { exp, log, sqrt } = Math;

const positive = z.number().positive();
const probability = z.number().min(0).max(1);

/** Parameters of the single-cell simulator, with Splatter's names and defaults. */
export const singleCellParams = defineParams({
  nCells: z.int().min(1).default(500).describe('Cells'),
  nGenes: z.int().min(1).default(1000).describe('Genes'),
  meanShape: positive.default(0.6).describe('Shape of the gamma distribution of gene means'),
  meanRate: positive.default(0.3).describe('Rate of the gamma distribution of gene means'),
  libLoc: z.number().default(11).describe('Mean of the log library size'),
  libScale: z.number().min(0).default(0.2).describe('Standard deviation of the log library size'),
  outProbability: probability.default(0.05).describe('Probability that a gene is an outlier'),
  outFacLoc: z.number().default(4).describe('Mean of the log outlier factor'),
  outFacScale: z
    .number()
    .min(0)
    .default(0.5)
    .describe('Standard deviation of the log outlier factor'),
  groupProbabilities: z
    .array(positive)
    .min(1)
    .default([1])
    .describe('Probabilities of the cell groups; scaled to a sum of 1'),
  deProbability: probability.default(0.1).describe('Probability that a gene differs in a group'),
  deDownProbability: probability.default(0.5).describe('Probability that it is lower there'),
  deFacLoc: z.number().default(0.1).describe('Mean of the log expression factor'),
  deFacScale: z.number().min(0).default(0.4).describe('Standard deviation of the log factor'),
  bcvCommon: z.number().min(0).default(0.1).describe('Common biological coefficient of variation'),
  bcvDf: positive.default(60).describe('Degrees of freedom of its chi-square variation'),
  dropoutMid: z
    .number()
    .nullable()
    .default(null)
    .describe('Log mean at which half the counts drop out; null: no dropout'),
  dropoutShape: z.number().default(-1).describe('Slope of the dropout logistic'),
  keepTruth: z
    .boolean()
    .default(false)
    .describe('Keep the counts before dropout and the expected counts as layers'),
  seed: z.int().min(0).default(0).describe('Seed of every random stream'),
});

/** What a caller of {@link simulateSingleCell} may set. */
export type SingleCellParams = ParamInput<typeof singleCellParams>;
type Values = ParamValues<typeof singleCellParams>;

/**
 * Simulates UMI counts of cells in groups after Splatter (Zappia, Phipson & Oshlack, Genome
 * Biology 18:174, 2017).
 *
 * Gene means are gamma distributed, some inflated to outliers; each group multiplies the means of
 * some genes by log-normal factors; a cell's means are scaled to its log-normal library size,
 * varied by a gamma with the biological coefficient of variation
 * B = (bcvCommon + 1 / sqrt(mean)) sqrt(df / chi2_df), and counted by a Poisson. With dropout, a
 * count is lost with probability 1 / (1 + exp(-shape (log mean - mid))).
 *
 * The true values are kept: `obs.cell_type` (group), `obs.ExpLibSize`, `var.BaseGeneMean`,
 * `var.IsOutlier`, `var.DEFac<group>`. Each kind of draw has a random stream of its own, so that
 * changing one parameter leaves the other draws as they are. With `keepTruth` also
 * `layers.TrueCounts`, the counts before dropout, and `layers.BaseCellMeans`, the expected counts
 * of a cell of that group and library size (dense), which is the best that imputation could give.
 *
 * @throws ParamError, AbortError
 */
export async function simulateSingleCell(
  params: SingleCellParams = {},
  options: RunOptions = {},
): Promise<AnnData> {
  const values = parseParams(singleCellParams, params, 'simulateSingleCell');
  const rng = Rng.fromSeed(values.seed).fork('splatter');
  const genes = simulateGenes(values, rng);
  const groups = drawGroups(values, rng.fork('groups'));
  const libraries = drawLogNormals(
    values.nCells,
    values.libLoc,
    values.libScale,
    rng.fork('library'),
  );
  const { X, layers } = await countCells(
    values,
    genes,
    { groups, libraries },
    rng,
    new Pacer(options.signal),
  );
  const names = values.groupProbabilities.map((_, g) => `Group${g + 1}`);
  const obs = Table.withGeneratedIndex(values.nCells, 'Cell')
    .set('cell_type', categoricalColumn(groups, names))
    .set('ExpLibSize', numericColumn(libraries));
  const variables = Table.withGeneratedIndex(values.nGenes, 'Gene')
    .set('BaseGeneMean', numericColumn(genes.baseMeans))
    .set('IsOutlier', booleanColumn(genes.isOutlier));
  genes.factors.forEach((factors, g) => {
    variables.set(`DEFac${names[g] ?? ''}`, numericColumn(factors));
  });
  const data = new AnnData({ X, obs, var: variables, layers });
  data.channels = { label: { slot: 'obs', key: 'cell_type' } };
  return data;
}

interface Genes {
  readonly baseMeans: Float64Array;
  readonly isOutlier: Uint8Array;
  /** Means with outliers. */
  readonly means: Float64Array;
  /** Expression factor of each gene, by group. */
  readonly factors: readonly Float64Array[];
}

function simulateGenes(values: Values, rng: Rng): Genes {
  const { nGenes, meanShape, meanRate, groupProbabilities } = values;
  const meanStream = rng.fork('means');
  const baseMeans = Float64Array.from({ length: nGenes }, () =>
    meanStream.gamma(meanShape, 1 / meanRate),
  );
  const outlierStream = rng.fork('outliers');
  const isOutlier = Uint8Array.from({ length: nGenes }, () =>
    outlierStream.uniform() < values.outProbability ? 1 : 0,
  );
  const inflation = drawLogNormals(nGenes, values.outFacLoc, values.outFacScale, outlierStream);
  const center = median(baseMeans);
  const means = baseMeans.map((mean, g) => (isOutlier[g] ? center * inflation[g]! : mean));
  const factors = groupProbabilities.map((_, g) =>
    drawExpressionFactors(values, rng.fork(`group-${g}`)),
  );
  return { baseMeans, isOutlier, means, factors };
}

function drawExpressionFactors(values: Values, rng: Rng): Float64Array {
  const { nGenes, deProbability, deDownProbability, deFacLoc, deFacScale } = values;
  return Float64Array.from({ length: nGenes }, () => {
    const differs = rng.uniform() < deProbability;
    const isDown = rng.uniform() < deDownProbability;
    const factor = exp(deFacLoc + deFacScale * rng.normal());
    if (!differs) return 1;
    // A factor below 1 is turned over first, so that "down" decides the direction.
    const up = Math.max(factor, 1 / factor);
    return isDown ? 1 / up : up;
  });
}

function drawGroups({ nCells, groupProbabilities }: Values, rng: Rng): Int32Array {
  const total = groupProbabilities.reduce((sum, value) => sum + value, 0);
  return Int32Array.from({ length: nCells }, () => {
    let rest = rng.uniform() * total;
    for (const [g, weight] of groupProbabilities.entries()) {
      rest -= weight;
      if (rest < 0) return g;
    }
    return groupProbabilities.length - 1;
  });
}

interface Cells {
  readonly groups: Int32Array;
  /** Expected library sizes. */
  readonly libraries: Float64Array;
}

async function countCells(
  values: Values,
  genes: Genes,
  { groups, libraries }: Cells,
  rng: Rng,
  pacer: Pacer,
): Promise<{ X: CsrMatrix; layers: [string, Matrix][] }> {
  const { nCells, nGenes, keepTruth } = values;
  const streams = {
    bcv: rng.fork('bcv'),
    counts: rng.fork('counts'),
    dropout: rng.fork('dropout'),
  };
  const kept = new CsrBuilder(nCells, nGenes);
  const full = new CsrBuilder(nCells, nGenes);
  const expected = DenseMatrix.zeros(keepTruth ? nCells : 0, nGenes);
  const groupMeans = genes.factors.map((factors) =>
    factors.map((factor, g) => factor * genes.means[g]!),
  );
  const groupSums = groupMeans.map((means) => means.reduce((sum, mean) => sum + mean, 0));
  for (let cell = 0; cell < nCells; cell++) {
    await pacer.tick();
    const group = groups[cell]!;
    const scale = libraries[cell]! / groupSums[group]!;
    for (let gene = 0; gene < nGenes; gene++) {
      const mean = groupMeans[group]![gene]! * scale;
      const { count, isLost } = drawCount(values, mean, streams);
      if (!isLost) kept.push(gene, count);
      if (!keepTruth) continue;
      full.push(gene, count);
      expected.data[cell * nGenes + gene] = mean;
    }
    kept.endRow();
    full.endRow();
  }
  const layers: [string, Matrix][] = [
    ['TrueCounts', full.build()],
    ['BaseCellMeans', expected],
  ];
  return { X: kept.build(), layers: keepTruth ? layers : [] };
}

function drawCount(
  { bcvCommon, bcvDf, dropoutMid, dropoutShape }: Values,
  mean: number,
  streams: { bcv: Rng; counts: Rng; dropout: Rng },
): { count: number; isLost: boolean } {
  if (mean <= 0) return { count: 0, isLost: false };
  const chiSquare = streams.bcv.gamma(bcvDf / 2, 2);
  const bcv = (bcvCommon + 1 / sqrt(mean)) * sqrt(bcvDf / chiSquare);
  const varied = streams.bcv.gamma(1 / (bcv * bcv), mean * bcv * bcv);
  const count = streams.counts.poisson(varied);
  if (dropoutMid === null) return { count, isLost: false };
  const lost = 1 / (1 + exp(-dropoutShape * (log(varied) - dropoutMid)));
  return { count, isLost: streams.dropout.uniform() < lost };
}

function drawLogNormals(n: number, location: number, scale: number, rng: Rng): Float64Array {
  return Float64Array.from({ length: n }, () => exp(location + scale * rng.normal()));
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
