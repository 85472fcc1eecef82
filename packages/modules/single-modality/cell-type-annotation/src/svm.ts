import {
  DataError,
  defineParams,
  DenseMatrix,
  FormatError,
  loadModelBundle,
  parseParams,
  type AnnData,
  type ArtifactStore,
  type Bundle,
  type FitContext,
  type Json,
  type ModelSpec,
  type ParamInput,
  type ParamValues,
  type RunContext,
} from '@dance-ts/core';
import { SVC } from '@dance-ts/ml';
import {
  Compose,
  Log1P,
  NormalizeTotal,
  SetConfig,
  WEIGHTED_FEATURE_PCA_KEY,
  weightedCellFeatures,
  WeightedFeaturePca,
} from '@dance-ts/transforms';
import { z } from 'zod';
import { AnnotationModel, annotationFitParams } from './annotation-model.js';
import type { LabelledCells } from './labelled-cells.js';
import type { Classified } from './query-blocks.js';

const params = defineParams({
  C: z.number().positive().default(1).describe('Upper bound of the multipliers; small is smooth'),
  kernel: z.enum(['rbf', 'linear']).default('rbf').describe('Radial basis function or linear'),
  gamma: z
    .union([z.enum(['scale', 'auto']), z.number().positive()])
    .default('scale')
    .describe('Width of the RBF: 1 / (features x variance), 1 / features, or a number'),
  balanced: z.boolean().default(false).describe('Weigh classes inversely to their frequency'),
  probability: z
    .boolean()
    .default(true)
    .describe('Fit probabilities by 5-fold Platt scaling; without them votes are shown instead'),
  seed: z.int().min(0).default(0).describe('Seed of the folds for probabilities'),
});

const fitParams = defineParams({
  tol: z.number().positive().default(1e-3).describe('Stop when optimality is violated by less'),
  ...annotationFitParams,
});

const preprocessParams = defineParams({
  normalize: z
    .boolean()
    .default(true)
    .describe('Scale each cell to 10,000 counts and take log(1 + x); off if that is done already'),
  denseDim: z.int().min(1).default(400).describe('Width of the features'),
});

/** Constructor parameters of {@link SVM}. */
export type SVMParams = ParamInput<typeof params>;
/** Parameters of {@link SVM.fit}. */
export type SVMFitParams = ParamInput<typeof fitParams>;
/** Parameters of {@link SVM.preprocessing}. */
export type SVMPreprocessParams = ParamInput<typeof preprocessParams>;

const GENE_FEATURES = 'geneFeatures';
const SVC_PREFIX = 'svc/';

/**
 * SVM: a support vector classifier on features of genes, averaged over what a cell expresses.
 *
 * Genes get the principal component scores of the genes over the reference cells, a cell the mean
 * of its genes' features weighted by expression. One classifier a pair of classes votes; the class
 * with the most votes wins. Probabilities are those of Platt's sigmoids, coupled; as in
 * scikit-learn the most probable class need not be the one voted for.
 *
 * Memory: genes x denseDim x 4 bytes, and the kernel matrix of the reference (at most 200 MB are
 * kept).
 *
 * Departures from DANCE: counts are normalized first, because the files of its benchmark are
 * normalized already; the features of query cells use the components of the reference.
 *
 * Source: the baseline of Ding et al., DANCE, Genome Biology 25:72, 2024; Cortes & Vapnik, 1995.
 */
export class SVM extends AnnotationModel<typeof params, typeof fitParams, typeof preprocessParams> {
  static readonly spec: ModelSpec<typeof params, typeof fitParams, typeof preprocessParams> = {
    id: 'svm',
    name: 'SVM',
    task: 'cell-type-annotation',
    inference: 'inductive',
    backbone: 'SVM',
    paper: {
      authors: 'Cortes & Vapnik',
      title: 'Support-vector networks',
      venue: 'Machine Learning 20:273-297',
      year: 1995,
      doi: '10.1007/BF00994018',
    },
    params,
    fitParams,
    preprocessParams,
  };

  private classifier: SVC | undefined;
  private geneFeatures: DenseMatrix | undefined;

  /** @throws ParamError for an unknown or invalid parameter */
  constructor(input?: SVMParams) {
    super(SVM.spec, input);
  }

  /** A saved model, ready to predict. */
  static async load(store: ArtifactStore): Promise<SVM> {
    const saved = await loadModelBundle(store, SVM.spec);
    return new SVM(saved.params).restore(saved.bundle);
  }

  /** Normalization and the features of genes and cells. */
  static preprocessing(options?: SVMPreprocessParams): Compose {
    return pipeline(parseParams(preprocessParams, options, 'SVM.preprocessing'));
  }

  protected override referencePipeline(values: ParamValues<typeof preprocessParams>): Compose {
    return pipeline(values);
  }

  protected override queryPipeline(values: ParamValues<typeof preprocessParams>): Compose {
    return new Compose(normalization(values.normalize));
  }

  protected override async learn(
    cells: LabelledCells,
    { tol }: ParamValues<typeof fitParams>,
    context: FitContext,
  ): Promise<void> {
    const { C, kernel, gamma, balanced, probability, seed } = this.params;
    const classWeight = balanced ? 'balanced' : null;
    const classifier = new SVC({ C, kernel, gamma, classWeight, probability, seed, tol });
    const features = cells.data.obsm.get(WEIGHTED_FEATURE_PCA_KEY);
    const geneFeatures = cells.reference.varm.get(WEIGHTED_FEATURE_PCA_KEY);
    if (!(features instanceof DenseMatrix) || !(geneFeatures instanceof DenseMatrix)) {
      throw new DataError(`the reference has no features "${WEIGHTED_FEATURE_PCA_KEY}"`, {
        remedy: 'Call await model.preprocess(reference) first.',
      });
    }
    await classifier.fit(features, cells.codes, { ...context, nClasses: cells.classes.length });
    this.classifier = classifier;
    this.geneFeatures = geneFeatures;
  }

  protected override async classify(cells: AnnData, context: RunContext): Promise<Classified> {
    const { classifier, geneFeatures } = this;
    if (!classifier || !geneFeatures) throw new DataError('SVM holds no classifier');
    const features = await weightedCellFeatures(cells.X, geneFeatures);
    const run = { signal: context.signal };
    const codes = await classifier.predict(features, run);
    const probabilities = this.params.probability
      ? await classifier.predictProba(features, run)
      : oneHot(codes, this.classes.length);
    return { codes, probabilities };
  }

  protected override captureLearned(): Bundle {
    const { classifier, geneFeatures } = this;
    if (!classifier || !geneFeatures) throw new DataError('SVM holds no classifier');
    const { facts, tensors } = classifier.toState();
    return {
      facts: { svc: facts },
      tensors: new Map([
        ...[...tensors].map(([name, tensor]) => [SVC_PREFIX + name, tensor] as const),
        [GENE_FEATURES, { shape: geneFeatures.shape, data: geneFeatures.data }],
      ]),
    };
  }

  protected override async restoreLearned({ facts, tensors }: Bundle): Promise<void> {
    const features = tensors.get(GENE_FEATURES);
    if (!(features?.data instanceof Float32Array)) {
      throw new FormatError('the saved SVM has no features of genes', {
        remedy: 'Save the model again.',
      });
    }
    const [nGenes = 0, width = 0] = features.shape;
    this.geneFeatures = new DenseMatrix(nGenes, width, features.data);
    const own = [...tensors]
      .filter(([name]) => name.startsWith(SVC_PREFIX))
      .map(([name, tensor]) => [name.slice(SVC_PREFIX.length), tensor] as const);
    this.classifier = SVC.fromState({
      facts: facts['svc'] as Readonly<Record<string, Json>>,
      tensors: new Map(own),
    });
    return Promise.resolve();
  }

  protected override releaseLearned(): void {
    this.classifier = undefined;
    this.geneFeatures = undefined;
  }
}

function normalization(normalize: boolean): (NormalizeTotal | Log1P)[] {
  return normalize ? [new NormalizeTotal({ targetSum: 1e4 }), new Log1P()] : [];
}

function pipeline({ normalize, denseDim }: ParamValues<typeof preprocessParams>): Compose {
  return new Compose([
    ...normalization(normalize),
    new WeightedFeaturePca({ nComponents: denseDim }),
    new SetConfig({ feature: [{ slot: 'obsm', key: WEIGHTED_FEATURE_PCA_KEY }] }),
  ]);
}

function oneHot(codes: Int32Array, nClasses: number): DenseMatrix {
  const matrix = DenseMatrix.zeros(codes.length, nClasses);
  codes.forEach((code, i) => (matrix.row(i)[code] = 1));
  return matrix;
}
