import {
  DataError,
  defineParams,
  Rng,
  type AnnData,
  type ParamInput,
  type UnsDict,
} from '@dance-ts/core';
import { z } from 'zod';
import { assertFinite } from '../graph-construct/assert-finite.js';
import { BaseTransform, type TransformContext, type TransformSpec } from '../transform.js';
import { geneBlocks, type GeneBlock } from './gene-blocks.js';

/** Key of `uns` under which the blocks are kept unless another is asked for. */
export const GENE_HOLDOUT_KEY = 'GeneHoldout';

const params = defineParams({
  nTop: z.int().min(1).default(5).describe('Predictors chosen for each target gene'),
  batchSize: z
    .int()
    .min(1)
    .default(512)
    .describe('Target genes of a block; at most half of the genes'),
  minVmr: z
    .number()
    .min(0)
    .optional()
    .describe('Predict only genes with variance / (1 + mean) above this; all if left out'),
  seed: z.int().optional().describe("Seed of the blocks; the run's own if left out"),
  out: z.string().min(1).default(GENE_HOLDOUT_KEY).describe('Key of uns for the blocks'),
});

/**
 * Shares the genes out to blocks whose genes are predicted from others, the most correlated ones
 * outside of the block, as `geneBlocks` does. Read them back with `readGeneHoldout`.
 *
 * Source: Arisdakessian et al., Genome Biology 20:211, 2019 (DeepImpute). DANCE's version takes
 * ranks for genes and signed covariance for correlation; this one does what the paper says.
 */
export class GeneHoldout extends BaseTransform<typeof params> {
  static readonly spec: TransformSpec<typeof params> = {
    name: 'GeneHoldout',
    group: 'split',
    summary: 'Chooses blocks of target genes and the genes that predict them.',
    formula: 'predictors = genes outside the block, nTop largest |Pearson| for each target',
    source: 'Arisdakessian et al., Genome Biology 20:211, 2019',
    usedBy: [],
    params,
  };

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: ParamInput<typeof params>) {
    super(GeneHoldout.spec, input);
  }

  /** @throws DataError with fewer than two genes or for values not finite; AbortError */
  protected override async transform(data: AnnData, context: TransformContext): Promise<AnnData> {
    const { nTop, batchSize, minVmr, seed, out } = this.params;
    assertFinite(data.X, this.name);
    const blocks = await geneBlocks(data.X, {
      ...{ nTop, blockSize: batchSize, minVmr, signal: context.signal, reporter: context.reporter },
      rng: seed === undefined ? context.rng : Rng.fromSeed(seed),
    });
    const view = data.view();
    view.uns.set(out, blocksToUns(blocks, data.nVars));
    return view;
  }
}

/**
 * The blocks that `GeneHoldout` left in `uns`.
 *
 * @throws DataError if there are none, or if genes were chosen since
 */
export function readGeneHoldout(data: AnnData, key = GENE_HOLDOUT_KEY): GeneBlock[] {
  const stored = data.uns.get(key);
  const [targets, predictors] =
    stored instanceof Map ? [stored.get('targets'), stored.get('predictors')] : [];
  if (!(stored instanceof Map && targets instanceof Map && predictors instanceof Map)) {
    throw new DataError(`the data have no blocks of genes uns["${key}"]`, {
      remedy: 'Run the transform GeneHoldout, or the preprocess method of the model.',
    });
  }
  const nGenes = stored.get('n_genes');
  if (nGenes !== data.nVars) {
    throw new DataError(`uns["${key}"] does not fit the genes`, {
      got: `${data.nVars} genes`,
      expected: typeof nGenes === 'number' ? String(nGenes) : 'their number in n_genes',
      remedy: 'Run GeneHoldout after every step that selects genes.',
    });
  }
  return [...targets].map(([block, genes]) => ({
    targets: genes as Int32Array,
    predictors: predictors.get(block) as Int32Array,
  }));
}

function blocksToUns(blocks: readonly GeneBlock[], nGenes: number): UnsDict {
  const named = (part: (block: GeneBlock) => Int32Array): UnsDict =>
    new Map(blocks.map((block, b) => [String(b), part(block)]));
  return new Map<string, UnsDict | number>([
    ['targets', named(({ targets }) => targets)],
    ['predictors', named(({ predictors }) => predictors)],
    ['n_genes', nGenes],
  ]);
}
