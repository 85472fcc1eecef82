import {
  booleanColumn,
  DataError,
  defineParams,
  numericColumn,
  stringColumn,
  Table,
  type AnnData,
  type ParamInput,
} from '@dance-ts/core';
import { z } from 'zod';
import { keepGenes } from '../../select.js';
import { BaseTransform, type TransformSpec } from '../../transform.js';
import { CELL_GIOTTO_TOPIC_PROFILE_KEY } from '../pseudobulk/cell-giotto-topic-profile.js';
import { CELL_TYPE_NUMS_KEY, readCellTypeNums } from '../pseudobulk/cell-type-nums.js';
import { readProfileTable } from '../pseudobulk/profile-table.js';
import { giniScores, type GiniRule, type GiniScores } from './gini-scores.js';

const params = defineParams({
  ctProfileChannel: z
    .string()
    .min(1)
    .default(CELL_GIOTTO_TOPIC_PROFILE_KEY)
    .describe('Key of varm with the mean expression of the types'),
  ctProfileDetectionChannel: z
    .string()
    .min(1)
    .default('CellGiottoDetectionTopicProfile')
    .describe('Key of varm with the share of cells of the types that express each gene'),
  ctNumsChannel: z
    .string()
    .min(1)
    .default(CELL_TYPE_NUMS_KEY)
    .describe('Key of uns with the numbers of cells of the types'),
  minExprGiniScore: z.number().min(0).default(0.2).describe('Gini of expression above this'),
  minDetGiniScore: z.number().min(0).default(0.2).describe('Gini of detection above this'),
  minGenes: z.int().min(0).default(5).describe('The best genes of each type, kept whatever'),
  compat: z
    .enum(['none', 'dance'])
    .default('none')
    .describe('dance: compare expression and detection, not their Gini, with the limits'),
  subset: z.boolean().default(true).describe('Drop the other genes, or only annotate'),
  label: z
    .string()
    .min(1)
    .optional()
    .describe('Column of var for the mark of a marker of any type'),
  out: z.string().min(1).default('FilterGenesMarkerGini').describe('Key of uns for the scores'),
});

/**
 * Keeps the marker genes of cell types by Gini coefficients, each type against all others.
 *
 * For a type, e and d are its mean expression and share of expressing cells, e' and d' the means of
 * those of the other types weighted by their numbers of cells. With the Gini coefficient of a pair
 * G(a, b) = |a - b| / (2 (a + b)) (0 for two zeros) and R(a, b) = 1 if a > b, else 0.1, the score is
 *   G(e, e') G(d, d') R(e, e') R(d, d').
 * A gene marks the type if it is among the `minGenes` best, or if the type is ahead (e > e', d > d')
 * with both Gini coefficients above the limits. DANCE compares e and d themselves with the limits,
 * which makes every widely expressed gene a marker of every type (`compat: 'dance'`).
 *
 * Writes the markers with their scores as a table in `uns[out]`. Needs `CellGiottoTopicProfile` (twice,
 * once with `detectionThreshold: 0` and `out: 'CellGiottoDetectionTopicProfile'`) and `CellTypeNums`.
 *
 * Source: Dries et al., Genome Biol. 22, 2021 (Giotto); DANCE (FilterGenesMarkerGini). Used by:
 * search spaces of deconvolution.
 */
export class FilterGenesMarkerGini extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'FilterGenesMarkerGini',
    group: 'filter',
    summary: 'Keeps marker genes of cell types by Gini coefficients.',
    formula: "G(e, e') G(d, d') R(e, e') R(d, d'), G(a, b) = |a - b| / (2 (a + b)), R = 1 or 0.1",
    source: 'Dries et al., Genome Biol. 22, 2021; DANCE',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(FilterGenesMarkerGini.spec, input);
  }

  /** @throws DataError without profiles or numbers, for fewer than two types, or if no gene is left */
  protected override transform(data: AnnData): AnnData {
    const { ctProfileChannel, ctProfileDetectionChannel, ctNumsChannel, label } = this.params;
    const expression = readProfileTable(data, ctProfileChannel, this.name);
    const detection = readProfileTable(data, ctProfileDetectionChannel, this.name);
    const { names } = expression;
    if (names.length < 2 || names.join('\n') !== detection.names.join('\n')) {
      throw new DataError(`${this.name}: types of the profiles`, {
        got: `${names.join(', ')} and ${detection.names.join(', ')}`,
        expected: 'the same two or more types in both',
      });
    }
    const sizes = readCellTypeNums(data, ctNumsChannel, names, this.name);
    const { minExprGiniScore, minDetGiniScore, minGenes, compat } = this.params;
    const rule: GiniRule = { minExprGiniScore, minDetGiniScore, minGenes, compat };
    const found = names.map((_, t) =>
      giniScores(
        { own: expression.profiles[t]!, others: meanOfOthers(expression.profiles, sizes, t) },
        { own: detection.profiles[t]!, others: meanOfOthers(detection.profiles, sizes, t) },
        rule,
      ),
    );
    const any = Uint8Array.from({ length: data.nVars }, (_, g) =>
      found.some(({ isMarker }) => isMarker[g] === 1) ? 1 : 0,
    );
    const annotated = data.view();
    annotated.uns.set(this.params.out, markerTable(data.varNames, names, found));
    if (label !== undefined) annotated.var.set(label, booleanColumn(any));
    return this.params.subset ? keepGenes(annotated, any, this.name) : annotated;
  }
}

function meanOfOthers(
  profiles: readonly Float64Array[],
  sizes: Float64Array,
  type: number,
): Float64Array {
  const mean = new Float64Array(profiles[type]!.length);
  let total = 0;
  profiles.forEach((profile, t) => {
    if (t === type) return;
    total += sizes[t]!;
    profile.forEach((value, g) => {
      mean[g]! += value * sizes[t]!;
    });
  });
  return mean.map((sum) => sum / total);
}

/** One row a marker, types in order. */
function markerTable(
  genes: readonly string[],
  types: readonly string[],
  found: readonly GiniScores[],
): Table {
  const rows = found.flatMap((scores, t) =>
    genes.flatMap((gene, g) => (scores.isMarker[g] === 1 ? [{ gene, g, t, scores }] : [])),
  );
  const numbers = (key: Exclude<keyof GiniScores, 'isMarker'>) =>
    numericColumn(Float64Array.from(rows, ({ scores, g }) => scores[key][g]!));
  return new Table(
    rows.map(({ gene }) => gene),
    [
      ['cell_type', stringColumn(rows.map(({ t }) => types[t]!))],
      ['score', numbers('score')],
      ['rank', numbers('rank')],
      ['expression_gini', numbers('expressionGini')],
      ['detection_gini', numbers('detectionGini')],
    ],
  );
}
