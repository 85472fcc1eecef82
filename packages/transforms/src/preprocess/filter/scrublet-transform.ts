import {
  booleanColumn,
  defineParams,
  numericColumn,
  type AnnData,
  type ParamInput,
  type UnsValue,
} from '@dance-ts/core';
import { z } from 'zod';
import { keepCells } from '../../select.js';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { doubletScores } from '../quality/doublet-scores.js';

/** So many times the expected share of doublets asks for a second look. */
const SUSPICIOUS = 4;

const params = defineParams({
  simDoubletRatio: z.number().positive().default(2).describe('Simulated doublets for each cell'),
  expectedDoubletRate: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.05)
    .describe('Share of doublets expected among the cells'),
  nComponents: z.int().min(1).default(30).describe('Principal components'),
  nNeighbors: z
    .int()
    .min(1)
    .optional()
    .describe('Neighbors before simulated ones are added; round(sqrt(cells) / 2) if left out'),
  logTransform: z.boolean().default(false).describe('Logarithm of 1 + counts first'),
  threshold: z
    .number()
    .optional()
    .describe('Score above which cells are doublets; the minimum between two modes if left out'),
});

/**
 * Drops cells that look like two cells in one droplet, see `doubletScores`. Writes
 * `obs.doublet_score`, `obs.predicted_doublet` (false for all cells that stay) and, in
 * `uns['scrublet']`, the threshold, the scores of the simulated doublets and the number of cells dropped.
 * Where the scores of simulated doublets do not part in two modes, no cell is dropped, with a warning; one
 * comes, too, where far more are found than expected. X must hold raw counts.
 *
 * Source: Wolock, Lopez & Klein, Cell Syst. 8, 2019; DANCE (ScrubletTransform). Used by: search spaces.
 */
export class ScrubletTransform extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'ScrubletTransform',
    group: 'filter',
    summary: 'Drops cells that resemble simulated doublets.',
    formula: 'q rho / r / (1 - rho - q (1 - rho - rho / r)), q = (d + 1) / (k + 2)',
    source: 'Wolock, Lopez & Klein, Cell Syst. 8, 2019; DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(ScrubletTransform.spec, input);
  }

  /** @throws DataError as `doubletScores` does, or if no cell is left; AbortError */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { nNeighbors, threshold, ...rest } = this.params;
    const found = await doubletScores(data.X, {
      ...rest,
      ...(nNeighbors === undefined ? {} : { nNeighbors }),
      ...(threshold === undefined ? {} : { threshold }),
      ...context,
    });
    if (found.threshold === undefined) {
      context.reporter?.message(
        'warning',
        `${this.name}: the scores have no two modes, no cell is dropped; give a threshold`,
      );
    }
    const nDoublets = found.predicted.reduce((count, value) => count + value, 0);
    if (nDoublets > SUSPICIOUS * Math.max(0.05, rest.expectedDoubletRate) * data.nObs) {
      context.reporter?.message(
        'warning',
        `${this.name}: ${nDoublets} of ${data.nObs} cells are called doublets, far more than ` +
          'expected; the data may have too few kinds of cells, or the threshold needs to be given',
      );
    }
    const annotated = data.view();
    annotated.obs.set('doublet_score', numericColumn(found.scores));
    annotated.obs.set('predicted_doublet', booleanColumn(found.predicted));
    annotated.uns.set(
      'scrublet',
      new Map<string, UnsValue>([
        ['threshold', found.threshold ?? null],
        ['doublet_scores_sim', found.simulatedScores],
        ['n_doublets', nDoublets],
      ]),
    );
    const keep = found.predicted.map((value) => 1 - value);
    return keepCells(annotated, keep, this.name);
  }
}
