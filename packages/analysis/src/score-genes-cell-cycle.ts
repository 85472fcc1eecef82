import {
  categoricalFromStrings,
  defaultReporter,
  defineParams,
  parseParams,
  type AnnData,
  type ParamInput,
  type RunOptions,
} from '@dance-ts/core';
import { z } from 'zod';
import { scoreGenes } from './score-genes.js';
import { FORMER_SYMBOLS, G2M_GENES, S_GENES } from './score-genes-cell-cycle-sets.js';

/** Parameters of {@link scoreGenesCellCycle}. */
export const scoreGenesCellCycleParams = defineParams({
  sGenes: z.array(z.string()).min(1).optional().describe('Genes of the S phase'),
  g2mGenes: z.array(z.string()).min(1).optional().describe('Genes of the G2 and M phases'),
  nBins: z.int().min(2).default(25).describe('Bins of mean expression'),
  ctrlAsRef: z
    .boolean()
    .default(true)
    .describe('Draw controls among the genes of the set, too, and drop those drawn'),
  layer: z.string().min(1).optional().describe('Layer with log expression; X if left out'),
  seed: z.int().min(0).default(0).describe('Seed of the drawing of control genes'),
});

/** Options of {@link scoreGenesCellCycle}. */
export type ScoreGenesCellCycleOptions = ParamInput<typeof scoreGenesCellCycleParams> & RunOptions;

/** Phase of the cell cycle. */
export type CellCyclePhase = 'G1' | 'G2M' | 'S';

/** What {@link scoreGenesCellCycle} found, one a cell. */
export interface CellCycle {
  readonly sScore: Float64Array;
  readonly g2mScore: Float64Array;
  readonly phase: readonly CellCyclePhase[];
}

/**
 * Scores the S and the G2/M phase of each cell (see `scoreGenes`) and takes the higher for its phase: G1
 * if both are negative, S of equal ones. As many control genes are drawn from each bin as the shorter set
 * has genes.
 *
 * Writes `obs['S_score']`, `obs['G2M_score']` and `obs['phase']`. Without gene lists, those of Tirosh et
 * al. are used: 43 of S, 54 of G2/M, by their symbols of today or of then, in whatever capitals, so that
 * those of mouse are found, too.
 *
 * Source: Tirosh et al., Science 352, 2016; scanpy tl.score_genes_cell_cycle.
 *
 * @throws as `scoreGenes`
 */
export async function scoreGenesCellCycle(
  data: AnnData,
  options: ScoreGenesCellCycleOptions = {},
): Promise<CellCycle> {
  const { signal, reporter = defaultReporter(), ...given } = options;
  const params = parseParams(scoreGenesCellCycleParams, given, 'scoreGenesCellCycle');
  const { sGenes = namesInData(data, S_GENES), g2mGenes = namesInData(data, G2M_GENES) } = params;
  const { nBins, ctrlAsRef, layer, seed } = params;
  const ctrlSize = Math.min(sGenes.length, g2mGenes.length);
  const score = (geneList: readonly string[], scoreName: string): Promise<Float64Array> =>
    scoreGenes(data, {
      geneList: [...geneList],
      scoreName,
      ctrlSize,
      nBins,
      ctrlAsRef,
      layer,
      seed,
      signal,
      reporter,
    });
  const sScore = await score(sGenes, 'S_score');
  const g2mScore = await score(g2mGenes, 'G2M_score');
  const phase = Array.from(sScore, (s, cell) => phaseOf(s, g2mScore[cell]!));
  data.obs.set('phase', categoricalFromStrings(phase));
  return { sScore, g2mScore, phase };
}

function phaseOf(s: number, g2m: number): CellCyclePhase {
  if (s < 0 && g2m < 0) return 'G1';
  return g2m > s ? 'G2M' : 'S';
}

/** Names of var for human symbols: as they are, in other capitals, or by an earlier symbol. */
function namesInData(data: AnnData, symbols: readonly string[]): string[] {
  const known = new Map(data.varNames.map((name) => [name.toUpperCase(), name]));
  return symbols.map((symbol) => {
    const former = FORMER_SYMBOLS[symbol];
    return known.get(symbol) ?? (former === undefined ? undefined : known.get(former)) ?? symbol;
  });
}
