import {
  defineParams,
  DenseMatrix,
  loadModelBundle,
  Pacer,
  ParamError,
  parseParams,
  type AnnData,
  type ArtifactStore,
  type Bundle,
  type CsrMatrix,
  type FitContext,
  type Matrix,
  type ModelSpec,
  type ParamInput,
  type ParamValues,
} from '@dance-ts/core';
import {
  CellPca,
  Compose,
  FilterCellsScanpy,
  FilterGenesScanpy,
  SetConfig,
} from '@dance-ts/transforms';
import { z } from 'zod';
import {
  diffuse,
  diffusionOperator,
  procrustesDistance,
  product,
  unexplainedChange,
} from './diffusion.js';
import { ImputationModel, type Imputation } from './imputation-model.js';
import { NormalizeCells } from './normalize-cells.js';
import { rescaleToQuantile } from './rescale-to-quantile.js';
import { expressionScale, ScaleValues, VALUE_FUNCTIONS } from './scale-values.js';

const params = defineParams({
  k: z.int().min(2).default(30).describe('Nearest cells of each cell, itself counted'),
  ka: z
    .int()
    .min(1)
    .default(10)
    .describe('The distance to the cell of this rank is the bandwidth; less than k'),
  decay: z
    .number()
    .positive()
    .default(2)
    .describe('Exponent of the kernel: 2 is a Gaussian (paper), 1 the default of the program'),
  epsilon: z.number().positive().default(1).describe('Factor on all bandwidths'),
  rescale: z
    .number()
    .min(0)
    .max(100)
    .default(0)
    .describe('Percentile at which each gene keeps its value; 0 leaves genes as they are'),
  seed: z.int().min(0).default(0).describe('Seed of every random stream'),
});

const fitParams = defineParams({
  t: z
    .union([z.int().min(0), z.literal('auto')])
    .default('auto')
    .describe('Steps of the diffusion; "auto": until a step changes little, see tRule'),
  tRule: z
    .enum(['rsquared', 'procrustes'])
    .default('rsquared')
    .describe('Step is small: 1 - R^2 < 0.05 (paper) or Procrustes distance < 0.001 (program)'),
  tMax: z.int().min(1).default(20).describe('Most steps that "auto" tries'),
});

const preprocessParams = defineParams({
  minCells: z
    .number()
    .min(0)
    .default(0.01)
    .describe('Fewest cells that express a gene; below 1 a share of all'),
  normalize: z.boolean().default(true).describe('Scale each cell to 10,000 counts'),
  transform: z
    .enum(VALUE_FUNCTIONS)
    .default('sqrt')
    .describe('Function of the values that are averaged and on which cells are near or far'),
  nComponents: z
    .int()
    .min(1)
    .default(20)
    .describe('Principal components on which cells are near or far'),
});

/** Constructor parameters of {@link MAGIC}. */
export type MAGICParams = ParamInput<typeof params>;
/** Parameters of {@link MAGIC.fit}. */
export type MAGICFitParams = ParamInput<typeof fitParams>;
/** Parameters of {@link MAGIC.preprocessing}. */
export type MAGICPreprocessParams = ParamInput<typeof preprocessParams>;

/** At most so many genes decide on the number of steps. */
const GENES_FOR_T = { rsquared: 500, procrustes: 200 } as const;
const SMALL_CHANGE = { rsquared: 0.05, procrustes: 1e-3 } as const;

/**
 * MAGIC: imputes each cell from the cells a random walk reaches in t steps.
 *
 * On the principal components of the square roots of normalized counts, each cell gets affinities
 * a_ij = exp(-(d_ij / (epsilon sigma_i))^decay) to its k nearest cells, sigma_i being the distance
 * to the ka-th; A + A^T with rows divided by their sums is the Markov matrix M, and the result is
 * M^t X. With `t: 'auto'` it is the first t at which a step leaves almost all as it was, on at most
 * 500 genes: 1 - R^2(X_t, X_t-1) < 0.05 (paper) or Procrustes distance < 0.001 (authors' program).
 *
 * Memory: imputed cells x genes, 2 k entries a cell for M, 2 x 64 x cells beside that; M^t is never
 * formed. Time: t x 2 k x cells x genes.
 *
 * Departures from DANCE: the kernel comes before the symmetrization (DANCE adds up distances, so
 * that mutual neighbors count as far apart); components are those of the data the model sees, not
 * of the unmasked ones; cells are scaled to 10,000 counts, as in the paper, and square roots are
 * averaged, as with the authors' program (DANCE: `normalize: false, transform: 'log1p'`); t is found,
 * not 6; no rescaling by default, as in the authors' present program.
 *
 * Source: van Dijk et al., Recovering gene interactions from single-cell data using data diffusion,
 * Cell 174(3), 2018.
 */
export class MAGIC extends ImputationModel<
  typeof params,
  typeof fitParams,
  typeof preprocessParams
> {
  static readonly spec: ModelSpec<typeof params, typeof fitParams, typeof preprocessParams> = {
    id: 'magic',
    name: 'MAGIC',
    task: 'imputation',
    inference: 'transductive',
    backbone: 'diffusion',
    paper: {
      authors: 'van Dijk et al.',
      title: 'Recovering gene interactions from single-cell data using data diffusion',
      venue: 'Cell 174(3):716-729',
      year: 2018,
      doi: '10.1016/j.cell.2018.05.061',
    },
    params,
    fitParams,
    preprocessParams,
  };

  private usedSteps: number | undefined;

  /** @throws ParamError for an unknown or invalid parameter, or if ka is not below k */
  constructor(input?: MAGICParams) {
    super(MAGIC.spec, input);
    const { k, ka } = this.params;
    if (ka < k) return;
    throw new ParamError('MAGIC: parameter "ka"', { got: String(ka), expected: `below k = ${k}` });
  }

  /** A saved model, ready to predict for the cells it was fitted on. */
  static async load(store: ArtifactStore): Promise<MAGIC> {
    const saved = await loadModelBundle(store, MAGIC.spec);
    return new MAGIC(saved.params).restore(saved.bundle);
  }

  /** Filters, normalization, square roots and principal components. */
  static preprocessing(options?: MAGICPreprocessParams): Compose {
    return pipeline(parseParams(preprocessParams, options, 'MAGIC.preprocessing'));
  }

  /** Steps of the diffusion; undefined before `fit`. */
  get steps(): number | undefined {
    return this.usedSteps;
  }

  protected override modelPipeline(values: ParamValues<typeof preprocessParams>): Compose {
    return pipeline(values);
  }

  protected override async learn(
    prepared: AnnData,
    values: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<Imputation> {
    const components = prepared.obsm.get('X_pca');
    if (!(components instanceof DenseMatrix)) {
      throw new ParamError('MAGIC needs principal components', {
        got: 'no dense obsm["X_pca"]',
        remedy: 'Call await model.preprocess(data) first.',
      });
    }
    const { X } = prepared;
    const operator = await diffusionOperator(components, { ...this.params, ...context });
    const steps =
      values.t === 'auto' ? await this.enoughSteps(operator, X, values, context) : values.t;
    this.usedSteps = steps;
    const imputed = await diffuse(operator, X, steps, context);
    if (this.params.rescale > 0) rescaleToQuantile(imputed, X, this.params.rescale / 100);
    return { values: imputed, scale: expressionScale(prepared) };
  }

  protected override captureLearned(): Bundle {
    return { facts: { steps: this.usedSteps ?? null }, tensors: new Map() };
  }

  protected override async restoreLearned({ facts }: Bundle): Promise<void> {
    this.usedSteps = (facts['steps'] as number | null) ?? undefined;
    return Promise.resolve();
  }

  protected override releaseLearned(): void {
    this.usedSteps = undefined;
  }

  /** The first step that changes little; how much each changes goes into the history. */
  private async enoughSteps(
    operator: CsrMatrix,
    X: Matrix,
    { tRule, tMax }: ParamValues<typeof fitParams>,
    { rng, signal, reporter }: FitContext,
  ): Promise<number> {
    const pacer = new Pacer(signal);
    const sample = rng
      .fork('genes for t')
      .permutation(X.nCols)
      .subarray(0, GENES_FOR_T[tRule])
      .sort();
    const changes: number[] = [];
    this.history['change'] = changes;
    let before = X.selectColumns(sample).toDense();
    for (let t = 1; t <= tMax; t++) {
      await pacer.tick();
      const after = await product(operator, before);
      const change =
        tRule === 'rsquared'
          ? unexplainedChange(before, after)
          : await procrustesDistance(before, after, pacer);
      changes.push(change);
      reporter.progress({ task: 'MAGIC: step', done: t, total: tMax, values: { change } });
      if (change < SMALL_CHANGE[tRule]) return t;
      before = after;
    }
    reporter.message('warning', `MAGIC: the diffusion still changes after ${tMax} steps`);
    return tMax;
  }
}

function pipeline(values: ParamValues<typeof preprocessParams>): Compose {
  const { minCells, normalize, transform, nComponents } = values;
  return new Compose([
    new FilterGenesScanpy({ minCells }),
    new FilterCellsScanpy({ minCounts: 1 }),
    ...(normalize ? [new NormalizeCells({ targetSum: 1e4 })] : []),
    new ScaleValues({ f: transform }),
    new CellPca({ nComponents }),
    new SetConfig({ feature: [{ slot: 'X' }] }),
  ]);
}
