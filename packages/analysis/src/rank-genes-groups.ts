import {
  DataError,
  defaultReporter,
  defineParams,
  Pacer,
  parseParams,
  type AnnData,
  type Matrix,
  type ParamInput,
  type ParamValues,
  type Reporter,
  type RunOptions,
} from '@dance-ts/core';
import { benjaminiHochberg, bonferroni } from '@dance-ts/ml';
import { z } from 'zod';
import { matrixToRank, selectGroups, type GroupSelection } from './rank-genes-input.js';
import { mergedMoments, momentsByGroup, type GeneMoments } from './rank-genes-moments.js';
import { welchTest, wilcoxonTests, type GeneTest } from './rank-genes-tests.js';
import { storeRankedGenes } from './rank-genes-uns.js';

/** Parameters of {@link rankGenesGroups}. */
export const rankGenesGroupsParams = defineParams({
  groupby: z.string().min(1).describe('Column of obs with the groups'),
  method: z
    .enum(['wilcoxon', 't-test', 't-test_overestim_var'])
    .default('wilcoxon')
    .describe("Wilcoxon's rank-sum test, Welch's t test, or that with an overestimated variance"),
  layer: z.string().min(1).optional().describe('Layer with log expression; X if left out'),
  useRaw: z.boolean().default(false).describe('Read raw.X, which may hold more genes'),
  groups: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Groups to find markers of, in this order; all if left out'),
  reference: z
    .string()
    .default('rest')
    .describe('Group to compare with, or "rest" for all cells outside the group'),
  tieCorrect: z.boolean().default(false).describe('Correct the variance for ties (wilcoxon)'),
  nGenes: z.int().min(1).optional().describe('Genes to keep for each group; all if left out'),
  rankByAbs: z.boolean().default(false).describe('Order by the size of the score, either sign'),
  corrMethod: z
    .enum(['benjamini-hochberg', 'bonferroni'])
    .default('benjamini-hochberg')
    .describe('Adjustment of the p-values for the number of genes'),
  pts: z.boolean().default(false).describe('Also store the shares of cells that express each gene'),
  keyAdded: z.string().min(1).default('rank_genes_groups').describe('Key of uns for the result'),
});

/** Options of {@link rankGenesGroups}. */
export type RankGenesGroupsOptions = ParamInput<typeof rankGenesGroupsParams> & RunOptions;

/** Genes of one group, the best marker first; all lists have the same length and order. */
export interface RankedGroup {
  readonly group: string;
  readonly names: readonly string[];
  /** z of the rank-sum test, or t. */
  readonly scores: Float64Array;
  /** log2 of the ratio of the mean expressions, each from the mean of its logarithms. */
  readonly logFoldChanges: Float64Array;
  readonly pvals: Float64Array;
  /** Adjusted for the number of genes tested. */
  readonly pvalsAdj: Float64Array;
  /** Share of the group's cells that express the gene. */
  readonly fractionIn: Float64Array;
  /** The same of the cells it is compared with. */
  readonly fractionOut: Float64Array;
}

/** What {@link rankGenesGroups} found. */
export interface RankedGenes {
  readonly groups: readonly string[];
  readonly byGroup: readonly RankedGroup[];
}

type Params = ParamValues<typeof rankGenesGroupsParams>;

/** Added to both mean expressions before their ratio. */
const SMALLEST_EXPRESSION = 1e-9;

/**
 * Ranks the genes of each group by how much more they are expressed in it than in the other cells, or
 * than in a reference group. Reads log expression (`log1p`), sparse or dense, which stays sparse.
 *
 * Writes `uns[keyAdded]` in the layout of scanpy: `params`, and `names`, `scores`, `pvals`, `pvals_adj`
 * and `logfoldchanges` as records with one field a group (with `pts` also `pts` and `pts_rest`).
 *
 * Cells without a label are in no group, but in the rest of all. Equal scores keep the order of the genes.
 * Scanpy reads `raw` by default where there is one; here `useRaw` has to say so. Its default method is
 * the t test.
 *
 * Source: scanpy tl.rank_genes_groups; Wilcoxon, Biometrics Bull. 1, 1945; Welch, Biometrika 34, 1947.
 *
 * @throws ParamError for an unknown or invalid parameter or group; DataError without the column, layer or
 * raw data, for values that are not finite, and for a group of fewer than two cells or without others;
 * AbortError
 */
export async function rankGenesGroups(
  data: AnnData,
  options: RankGenesGroupsOptions,
): Promise<RankedGenes> {
  const { signal, reporter = defaultReporter(), ...given } = options;
  const params = parseParams(rankGenesGroupsParams, given, 'rankGenesGroups');
  const { X, geneNames, logBase } = matrixToRank(data, params);
  warnOfCounts(X, reporter);
  const selection = selectGroups(data, params);
  const pacer = new Pacer(signal);
  const moments = await momentsByGroup(X, selection.codes, selection.sizes, pacer);
  const tests = await testsOf(X, selection, moments, params, { pacer, reporter });
  const compared = selection.names.flatMap((group, g) => {
    if (g === selection.reference) return [];
    return [
      { group, ...columnsOf(tests[g]!, moments[g]!, othersOf(g, selection, moments), logBase) },
    ];
  });
  const byGroup = compared.map((columns) => ranked(columns, geneNames, params));
  const result = { groups: byGroup.map(({ group }) => group), byGroup };
  const fractions = {
    geneNames,
    inside: compared.map(({ fractionIn }) => fractionIn),
    outside: compared.map(({ fractionOut }) => fractionOut),
  };
  storeRankedGenes(data, result, {
    ...params,
    fractions: params.pts ? fractions : undefined,
    reporter,
  });
  return result;
}

/** Values of all genes, unsorted. */
interface GeneColumns extends GeneTest {
  readonly logFoldChanges: Float64Array;
  readonly fractionIn: Float64Array;
  readonly fractionOut: Float64Array;
}

async function testsOf(
  X: Matrix,
  selection: GroupSelection,
  moments: readonly GeneMoments[],
  { method, tieCorrect }: Params,
  { pacer, reporter }: { pacer: Pacer; reporter: Reporter },
): Promise<GeneTest[]> {
  if (method !== 'wilcoxon') {
    return selection.names.map((_, g) =>
      welchTest(moments[g]!, othersOf(g, selection, moments), method === 't-test_overestim_var'),
    );
  }
  const onGene = (done: number): void => {
    reporter.progress({ task: 'rankGenesGroups: genes', done, total: X.nCols });
  };
  return wilcoxonTests(X, selection, { tieCorrect, pacer, onGene });
}

/** Moments of the cells that a group is compared with. */
function othersOf(
  group: number,
  { reference }: GroupSelection,
  moments: readonly GeneMoments[],
): GeneMoments {
  if (reference !== undefined) return moments[reference]!;
  return mergedMoments(
    moments.filter((_, g) => g !== group),
    moments[group]!.mean.length,
  );
}

function columnsOf(
  test: GeneTest,
  group: GeneMoments,
  others: GeneMoments,
  logBase: number,
): GeneColumns {
  const expression = (logs: number): number =>
    Math.expm1(logs * Math.log(logBase)) + SMALLEST_EXPRESSION;
  return {
    ...test,
    logFoldChanges: group.mean.map((mean, gene) =>
      Math.log2(expression(mean) / expression(others.mean[gene]!)),
    ),
    fractionIn: group.nExpressing.map((n) => n / group.nCells),
    fractionOut: others.nExpressing.map((n) => n / others.nCells),
  };
}

function ranked(
  columns: GeneColumns & { readonly group: string },
  geneNames: readonly string[],
  { rankByAbs, nGenes, corrMethod }: Params,
): RankedGroup {
  const { group, scores, pvals } = columns;
  const keys = rankByAbs ? scores.map(Math.abs) : scores;
  const order = Int32Array.from(scores.keys())
    .sort((a, b) => (keys[a] === keys[b] ? a - b : keys[b]! - keys[a]!))
    .subarray(0, nGenes);
  const pick = (values: Float64Array): Float64Array =>
    Float64Array.from(order, (gene) => values[gene]!);
  const adjust = corrMethod === 'bonferroni' ? bonferroni : benjaminiHochberg;
  return {
    group,
    names: Array.from(order, (gene) => geneNames[gene]!),
    scores: pick(scores),
    logFoldChanges: pick(columns.logFoldChanges),
    pvals: pick(pvals),
    pvalsAdj: pick(adjust(pvals)),
    fractionIn: pick(columns.fractionIn),
    fractionOut: pick(columns.fractionOut),
  };
}

/** @throws DataError for values that are not finite */
function warnOfCounts({ data }: Matrix, reporter: Reporter): void {
  let allWhole = data.length > 0;
  for (const value of data) {
    if (!Number.isFinite(value)) {
      throw new DataError('rankGenesGroups: the expression holds a value that is not finite', {
        got: String(value),
        remedy: 'Remove or impute missing values first.',
      });
    }
    allWhole &&= Number.isInteger(value) && value >= 0;
  }
  if (!allWhole) return;
  reporter.message(
    'warning',
    'rankGenesGroups: the values look like raw counts; normalize and take the logarithm first ' +
      '(NormalizeTotal, Log1P)',
  );
}
