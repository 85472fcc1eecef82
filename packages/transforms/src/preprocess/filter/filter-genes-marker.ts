import { booleanColumn, defineParams, Table, type AnnData, type ParamInput } from '@dance-ts/core';
import { z } from 'zod';
import { keepGenes } from '../../select.js';
import { BaseTransform, type TransformSpec } from '../../transform.js';
import { CELL_TOPIC_PROFILE_KEY } from '../pseudobulk/cell-topic-profile.js';
import { readProfileTable } from '../pseudobulk/profile-table.js';

const params = defineParams({
  ctProfileChannel: z
    .string()
    .min(1)
    .default(CELL_TOPIC_PROFILE_KEY)
    .describe('Key of varm with the profiles of the types'),
  subset: z.boolean().default(true).describe('Drop the other genes, or only annotate'),
  label: z
    .string()
    .min(1)
    .optional()
    .describe('Column of var for the mark of a marker of any type'),
  threshold: z
    .number()
    .default(1.25)
    .describe('A marker exceeds the mean of the other types by more than this, in natural logs'),
  eps: z.number().positive().default(1e-6).describe('Added before the logarithms'),
  out: z.string().min(1).default('FilterGenesMarker').describe('Key of varm for the markers'),
});

/**
 * Keeps the marker genes of cell types: those with, for any type i,
 *   ln(p_i + eps) - ln(mean of p_j over the other types + eps) > threshold,
 * p being the profiles of `CellTopicProfile`. Writes which gene marks which type as a table of truth
 * values, genes x types, in `varm[out]`.
 *
 * Source: Ma & Zhou, Nat. Biotechnol. 40, 2022 (CARD); DANCE (FilterGenesMarker). Used by: CARD.
 */
export class FilterGenesMarker extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'FilterGenesMarker',
    group: 'filter',
    summary: 'Keeps genes that a cell type expresses far above the mean of the others.',
    formula: 'ln(p_i + eps) - ln(mean_{j != i} p_j + eps) > threshold for a type i',
    source: 'Ma & Zhou, Nat. Biotechnol. 40, 2022; DANCE',
    usedBy: ['CARD'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(FilterGenesMarker.spec, input);
  }

  /** @throws DataError without profiles, or if no gene is left */
  protected override transform(data: AnnData): AnnData {
    const { ctProfileChannel, subset, label, threshold, eps, out } = this.params;
    const { names, profiles } = readProfileTable(data, ctProfileChannel, this.name);
    const nOthers = Math.max(1, profiles.length - 1);
    const any = new Uint8Array(data.nVars);
    const marks = profiles.map((profile) =>
      Uint8Array.from(profile, (value, g) => {
        const total = profiles.reduce((sum, other) => sum + other[g]!, 0);
        const others = (total - value) / nOthers;
        const isMarker = Math.log(value + eps) - Math.log(others + eps) > threshold;
        if (isMarker) any[g] = 1;
        return isMarker ? 1 : 0;
      }),
    );
    const annotated = data.view();
    const columns = names.map((name, t) => [name, booleanColumn(marks[t]!)] as const);
    annotated.varm.set(out, new Table(data.varNames, columns));
    if (label !== undefined) annotated.var.set(label, booleanColumn(any));
    return subset ? keepGenes(annotated, any, this.name) : annotated;
  }
}
