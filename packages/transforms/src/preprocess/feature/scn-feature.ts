import {
  assertCounts,
  DataError,
  defineParams,
  ParamError,
  type AnnData,
  type ParamInput,
  type UnsValue,
} from '@dance-ts/core';
import { z } from 'zod';
import { BaseTransform, type TransformContext, type TransformSpec } from '../../transform.js';
import { pairFeatures, pairNames } from './pair-features.js';
import { topScoringPairs } from './top-scoring-pairs.js';

/** Key of `obsm` and `uns` under which {@link SCNFeature} leaves its result. */
export const SCN_FEATURE_KEY = 'SCNFeature';

/** Parameters of the choice of gene pairs, shared with the models that choose them. */
export const genePairParams = {
  numTopGenes: z
    .int()
    .min(1)
    .default(10)
    .describe('Genes from either end of the ranking of each class that form pairs'),
  alpha1: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe('Genes expressed in a larger share of the cells count'),
  alpha2: z
    .number()
    .min(0)
    .max(1)
    .default(0.001)
    .describe('So do genes expressed in a larger share than this with a mean above mu'),
  mu: z.number().default(2).describe('Mean over the expressing cells, see alpha2'),
  numTopGenePairs: z.int().min(1).default(25).describe('Gene pairs of each class'),
  maxGenePerCt: z.int().min(1).default(3).describe('Pairs of a class a gene may be part of'),
} as const;

const params = defineParams({
  ...genePairParams,
  labelKey: z
    .string()
    .optional()
    .describe('Column of obs with the classes; the label channel if left out'),
});

/**
 * Top scoring gene pairs: for each class the pairs whose order (more of the first gene than of the
 * second) goes with membership, chosen on the labelled cells of the train split, see
 * `topScoringPairs`. All cells get the features in `obsm['SCNFeature']`, [nCells, nPairs] of 0 and
 * 1; `uns['SCNFeature']` holds the columns `first` and `second` and the `names` (`first&second`).
 *
 * Source: Tan & Cahan, SingleCellNet, Cell Systems 9:207, 2019; DANCE (SCNFeature).
 */
export class SCNFeature extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'SCNFeature',
    group: 'feature',
    summary: 'Top scoring gene pairs of each class as features of 0 and 1.',
    source: 'Tan & Cahan, Cell Systems 9:207, 2019',
    usedBy: ['SingleCellNet'],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(SCNFeature.spec, input);
  }

  /** @throws ParamError if no labels are named; DataError for negative or non-finite values or
   *   without two classes and two genes */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    assertCounts(data.X);
    const { labelKey, ...options } = this.params;
    const { signal, reporter } = context;
    const { rows, codes, nClasses } = this.trainingCells(data, labelKey);
    const X = rows.length === data.nObs ? data.X : data.X.selectRows(rows);
    const pairs = await topScoringPairs(X, codes, nClasses, { ...options, signal, reporter });
    const view = data.view();
    view.obsm.set(SCN_FEATURE_KEY, await pairFeatures(data.X, pairs, signal));
    view.uns.set(
      SCN_FEATURE_KEY,
      new Map<string, UnsValue>([
        ['first', pairs.first],
        ['second', pairs.second],
        ['names', pairNames(pairs, data.varNames)],
      ]),
    );
    return view;
  }

  /** Labelled cells of the train split; codes count the classes that occur there. */
  private trainingCells(data: AnnData, labelKey: string | undefined) {
    const { label } = data.channels;
    const key = labelKey ?? (label?.slot === 'obs' ? label.key : undefined);
    if (key === undefined) {
      throw new ParamError(`${this.name}: parameter "labelKey"`, {
        got: 'nothing, and the data have no label channel',
        expected: 'the column of obs that holds the classes',
      });
    }
    const { codes } = data.labels(key);
    const rows = data.splits.train.filter((row) => codes[row]! >= 0);
    const classes = [...new Set(Array.from(rows, (row) => codes[row]!))].sort((a, b) => a - b);
    if (classes.length < 2) {
      throw new DataError(`${this.name} needs at least two classes`, {
        got: `${classes.length} among the training cells in obs["${key}"]`,
      });
    }
    const placeOf = new Map(classes.map((code, place) => [code, place]));
    const places = Int32Array.from(rows, (row) => placeOf.get(codes[row]!) ?? 0);
    return { rows, codes: places, nClasses: classes.length };
  }
}
