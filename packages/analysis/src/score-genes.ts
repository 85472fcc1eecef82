import {
  DataError,
  defaultReporter,
  defineParams,
  numericColumn,
  Pacer,
  parseParams,
  Rng,
  type AnnData,
  type Matrix,
  type ParamInput,
  type Reporter,
  type RunOptions,
} from '@dance-ts/core';
import { z } from 'zod';
import { controlGenes } from './score-genes-controls.js';

/** Names of absent genes that are listed in the warning. */
const MAX_NAMED = 10;

/** Parameters of {@link scoreGenes}. */
export const scoreGenesParams = defineParams({
  geneList: z.array(z.string()).min(1).describe('Genes of the set; absent ones are passed over'),
  genePool: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Genes to draw controls from; all if left out'),
  ctrlSize: z.int().min(1).default(50).describe('Control genes drawn from each bin'),
  nBins: z.int().min(2).default(25).describe('Bins of mean expression'),
  ctrlAsRef: z
    .boolean()
    .default(true)
    .describe('Draw among the genes of the set, too, and drop those drawn, as scanpy below 2.0'),
  layer: z.string().min(1).optional().describe('Layer with log expression; X if left out'),
  scoreName: z.string().min(1).default('score').describe('Column of obs for the result'),
  seed: z.int().min(0).default(0).describe('Seed of the drawing'),
});

/** Options of {@link scoreGenes}. */
export type ScoreGenesOptions = ParamInput<typeof scoreGenesParams> & RunOptions;

/**
 * Scores each cell by the mean expression of a set of genes above that of control genes, which are drawn
 * from the bins of mean expression that the set has genes in. Reads log expression.
 *
 * Writes `obs[scoreName]`. Scores equal those of scanpy where both use the same controls; the draw itself
 * has another stream of random numbers. Genes of the set that the pool lacks are added to it.
 *
 * Source: Satija et al., Nat. Biotechnol. 33, 2015; Tirosh et al., Science 352, 2016; scanpy
 * tl.score_genes.
 *
 * @returns [nCells]
 * @throws ParamError for an unknown or invalid parameter; DataError without the layer, for a value that is
 * not finite, or if no gene of the set or no control is among the data; AbortError
 */
export async function scoreGenes(data: AnnData, options: ScoreGenesOptions): Promise<Float64Array> {
  const { signal, reporter = defaultReporter(), ...given } = options;
  const params = parseParams(scoreGenesParams, given, 'scoreGenes');
  const pacer = new Pacer(signal);
  await pacer.tick();
  const X = expression(data, params.layer);
  const genes = genesOfSet(data, params.geneList, reporter);
  const pool = params.genePool && genesByName(data, [...params.genePool, ...params.geneList]).found;
  const means = X.columnSums().map((sum) => sum / Math.max(1, X.nRows));
  await pacer.tick();
  const { controls, emptyBins } = controlGenes(means, genes, {
    ...params,
    pool,
    rng: Rng.fromSeed(params.seed).fork('controls'),
  });
  if (controls.length === 0) throw noControls(genes.length, pool?.length ?? data.nVars);
  if (emptyBins > 0) {
    reporter.message('warning', `scoreGenes: ${emptyBins} bins of expression hold no control gene`);
  }
  const scores = geneSetScore(X, genes, controls);
  await pacer.tick();
  data.obs.set(params.scoreName, numericColumn(scores));
  return scores;
}

/**
 * Mean of each cell over some genes less its mean over others.
 *
 * @param genes - numbers of the genes of the set
 * @param controls - numbers of the control genes
 * @returns [nCells]
 */
export function geneSetScore(
  X: Matrix,
  genes: ArrayLike<number>,
  controls: ArrayLike<number>,
): Float64Array {
  const weights = new Float64Array(X.nCols);
  for (let e = 0; e < genes.length; e++) weights[genes[e]!]! += 1 / genes.length;
  for (let e = 0; e < controls.length; e++) weights[controls[e]!]! -= 1 / controls.length;
  return Float64Array.from({ length: X.nRows }, (_, i) => {
    const { indices, data } = X.kind === 'csr' ? X.row(i) : { indices: undefined, data: X.row(i) };
    let sum = 0;
    for (let e = 0; e < data.length; e++) sum += data[e]! * weights[indices?.[e] ?? e]!;
    return sum;
  });
}

/** Numbers of the genes of the set that the data have; tells of the others. */
function genesOfSet(data: AnnData, geneList: readonly string[], reporter: Reporter): Int32Array {
  const { found, absent } = genesByName(data, geneList);
  if (found.length === 0) {
    throw new DataError('scoreGenes: none of the genes of the set is in the data', {
      got: `${absent.slice(0, 3).join(', ')} (${absent.length} in all)`,
      remedy: 'Give names as var has them: mind capitals, species, symbols or identifiers.',
    });
  }
  if (absent.length > 0) {
    const list = absent.slice(0, MAX_NAMED).join(', ') + (absent.length > MAX_NAMED ? ' ...' : '');
    reporter.message(
      'warning',
      `scoreGenes: ${absent.length} of the genes are not in the data: ${list}`,
    );
  }
  return found;
}

function noControls(nGenes: number, nPool: number): DataError {
  return new DataError('scoreGenes: there are no control genes', {
    got: `${nGenes} genes in the set, ${nPool} in the pool`,
    remedy: 'Give a larger pool (genePool), fewer bins (nBins), or ctrlAsRef: false.',
  });
}

function expression(data: AnnData, layer: string | undefined): Matrix {
  const X = layer === undefined ? data.X : data.layers.get(layer);
  if (X === undefined) {
    throw new DataError(`scoreGenes: the data have no layer "${layer ?? ''}"`, {
      got: `layers ${[...data.layers.keys()].join(', ') || '(none)'}`,
      remedy: 'Name one of those, or leave the parameter "layer" out to use X.',
    });
  }
  const bad = X.data.find((value) => !Number.isFinite(value));
  if (bad === undefined) return X;
  throw new DataError('scoreGenes: the expression holds a value that is not finite', {
    got: String(bad),
    remedy: 'Remove or impute missing values first.',
  });
}

/** Numbers of the genes, each once; of genes of the same name the first. */
function genesByName(
  data: AnnData,
  names: readonly string[],
): { found: Int32Array; absent: string[] } {
  const numberOf = new Map<string, number>();
  data.varNames.forEach((name, gene) => {
    if (!numberOf.has(name)) numberOf.set(name, gene);
  });
  const distinct = [...new Set(names)];
  return {
    found: Int32Array.from(distinct.flatMap((name) => numberOf.get(name) ?? [])),
    absent: distinct.filter((name) => !numberOf.has(name)),
  };
}
