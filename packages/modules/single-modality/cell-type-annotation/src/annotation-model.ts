import {
  AnnData,
  BaseModel,
  booleanColumn,
  categoricalColumn,
  compareText,
  DataError,
  FormatError,
  numericColumn,
  Pacer,
  silentReporter,
  Table,
  uniqueNames,
  type Bundle,
  type Classifier,
  type DenseMatrix,
  type FitContext,
  type Json,
  type LabelledCells as CellLabels,
  type Matrix,
  type ParamSchema,
  type ParamValues,
  type Preprocessor,
  type RunContext,
  type RunOptions,
} from '@dance-ts/core';
import {
  classificationMetric,
  classificationMetrics,
  classScores,
  confusionMatrix,
  probabilityMetric,
  probabilityMetrics,
} from '@dance-ts/metrics';
import {
  describeMatch,
  geneVocabulary,
  matchGenes,
  takeGenes,
  type GeneMatch,
  type GeneMatchReport,
  type GeneVocabulary,
} from '@dance-ts/transforms';
import { z } from 'zod';
import {
  scoredCells,
  type AnnotationOptions,
  type AnnotationReport,
  type AnnotationScoreOptions,
  type ScoredCells,
} from './annotation-scoring.js';
import { labelledCells, type LabelledCells } from './labelled-cells.js';
import { largestOfRows, QueryBlocks, type Classified } from './query-blocks.js';

/** Fit parameters every annotation model has. */
export const annotationFitParams = {
  labelKey: z
    .string()
    .optional()
    .describe('Column of obs with the labels of the reference; its label channel if left out'),
} as const;

/** A block of a labelled stream. */
export interface LabelledBlock {
  readonly labels: (string | null)[];
  /** [nCells] largest class probability. */
  readonly confidence: Float32Array;
}

/** What all models keep of their reference. */
interface Learned {
  readonly classes: readonly string[];
  /** Genes of the reference before preprocessing. */
  readonly vocabulary: GeneVocabulary;
  /** [nKept] places in the vocabulary of the genes that preprocessing kept. */
  readonly kept: Int32Array;
  /** Preprocessing parameters; null where the reference was prepared by other means. */
  readonly preprocessing: Json;
}

/**
 * Column of `var` of the query cells a model classifies: whether the query has the gene. Genes it
 * lacks are there with zeros.
 */
export const IN_QUERY = 'in_query';

const BLOCK_CELLS = 2048;
const FEW_GENES = 0.5;

/**
 * Base of the annotation models: they differ in what they learn from labelled cells (`learn`) and
 * in how they classify prepared ones (`classify`). Matching the genes of a query with those of the
 * reference, preparing it the same way, declining, scoring, annotating and saving are the same.
 *
 * A query is worked through in blocks of cells, so that its size does not matter.
 */
export abstract class AnnotationModel<
  P extends ParamSchema,
  F extends ParamSchema,
  Q extends ParamSchema,
>
  extends BaseModel<P, F, Q>
  implements Classifier
{
  private learned: Learned | undefined;
  /** Parameters with which each prepared reference was made. */
  private readonly preparedWith = new WeakMap<AnnData, ParamValues<Q>>();

  /** Names of the classes, sorted, in the order of the probability columns; throws NotFittedError. */
  get classes(): readonly string[] {
    return this.known('classes').classes;
  }

  /**
   * One label a cell; null where the model declines or where no gene it knows was counted.
   *
   * @param query - counts, which the model prepares as it prepared the reference; if the reference
   *   given to `fit` was prepared by hand, cells prepared likewise
   * @throws NotFittedError; DataError if no gene is shared; AbortError
   */
  async predict(query: AnnData, options: AnnotationOptions = {}): Promise<(string | null)[]> {
    return (await this.label(query, options)).labels;
  }

  /**
   * Probability of each class, [nCells, nClasses].
   *
   * @throws NotFittedError; DataError if no gene is shared; AbortError
   */
  async predictProba(query: AnnData, options: RunOptions = {}): Promise<DenseMatrix> {
    return (await this.label(query, options)).probabilities;
  }

  /**
   * Labels and probabilities in one pass.
   *
   * @throws NotFittedError; DataError if no gene is shared; AbortError
   */
  async label(query: AnnData, options: AnnotationOptions = {}): Promise<CellLabels> {
    const classified = await this.classified(query, options);
    const { probabilities } = classified;
    return { labels: this.labelsOf(classified, options), probabilities };
  }

  /** Labels blocks of cells as they come, in bounded memory. */
  async *predictStream(
    blocks: AsyncIterable<AnnData> | Iterable<AnnData>,
    options: AnnotationOptions = {},
  ): AsyncGenerator<LabelledBlock> {
    for await (const block of blocks) {
      const classified = await this.classified(block, options);
      const labels = this.labelsOf(classified, options);
      yield { labels, confidence: largestOfRows(classified.probabilities) };
    }
  }

  /** Parameters with which the reference was prepared; null where that was done by other means. */
  protected get preparation(): ParamValues<Q> | null {
    return this.known('preparation').preprocessing as ParamValues<Q> | null;
  }

  /** How many genes of the reference a query has, and by which names they were found. */
  matchReport(query: AnnData): GeneMatchReport {
    return this.match(query, this.known('matchReport')).report;
  }

  /**
   * Agreement with known labels: accuracy, or the metric named (`f1_macro`, `auroc`, `ece`, ...).
   * Cells without a true label are left out. A true label that the reference does not have is
   * wrong, unless `labelMap` says what it may be called.
   *
   * @throws NotFittedError, ParamError for an unknown metric, DataError if there are no labels
   */
  async score(query: AnnData, options: AnnotationScoreOptions = {}): Promise<number> {
    const { metric = 'acc' } = options;
    const ofProbabilities = probabilityMetrics.some(({ name }) => name === metric);
    const compute = ofProbabilities
      ? (cells: ScoredCells) => probabilityMetric(metric).compute(cells.truth, cells)
      : (cells: ScoredCells) => classificationMetric(metric).compute(cells.truth, cells.prediction);
    if (!ofProbabilities) classificationMetric(metric);
    return compute(await this.scored(query, options));
  }

  /** Every metric of the task by name. */
  async scoreAll(
    query: AnnData,
    options: AnnotationScoreOptions = {},
  ): Promise<Record<string, number>> {
    const cells = await this.scored(query, options);
    const scores: Record<string, number> = {};
    for (const { name, compute } of classificationMetrics) {
      scores[name] = compute(cells.truth, cells.prediction);
    }
    for (const { name, compute } of probabilityMetrics) scores[name] = compute(cells.truth, cells);
    return scores;
  }

  /** Confusion matrix, scores of each class and the share of the cells that got a label. */
  async report(query: AnnData, options: AnnotationScoreOptions = {}): Promise<AnnotationReport> {
    const { truth, prediction, coverage } = await this.scored(query, options);
    return {
      confusion: confusionMatrix(truth, prediction),
      classes: classScores(truth, prediction),
      coverage,
    };
  }

  /**
   * Writes the labels into `obs[keyAdded]` (missing where unassigned) and the largest probability
   * into `obs[keyAdded + '_confidence']`; nothing else of `query` changes.
   *
   * @param options - `keyAdded`, default the model's id
   */
  async annotate(
    query: AnnData,
    options: AnnotationOptions & { readonly keyAdded?: string } = {},
  ): Promise<void> {
    const { keyAdded = this.spec.id } = options;
    const classified = await this.classified(query, options);
    const labels = this.labelsOf(classified, options);
    const categories = [...this.classes, ...otherLabels(labels, this.classes)];
    const codeOf = new Map<string | null, number>(categories.map((name, code) => [name, code]));
    const codes = Int32Array.from(labels, (label) => codeOf.get(label) ?? -1);
    query.obs.set(keyAdded, categoricalColumn(codes, categories));
    const confidence = largestOfRows(classified.probabilities);
    query.obs.set(`${keyAdded}_confidence`, numericColumn(confidence));
  }

  /** Pipeline that prepares the reference. */
  protected abstract referencePipeline(params: ParamValues<Q>): Preprocessor;

  /**
   * Pipeline that prepares query cells, each by itself since they come in blocks. They have all
   * genes of the reference; those that its preprocessing kept are selected afterwards.
   */
  protected abstract queryPipeline(params: ParamValues<Q>): Preprocessor;

  /**
   * A block of a query with all its genes, before those of the reference are picked out. Models
   * that need the others, for normalization for instance, override this.
   */
  protected withAllGenes(counts: Matrix): Matrix {
    return counts;
  }

  /** Learns from labelled cells. */
  protected abstract learn(
    cells: LabelledCells,
    params: ParamValues<F>,
    context: FitContext,
  ): Promise<void>;

  /** Classifies prepared cells, which have the genes that preprocessing of the reference kept. */
  protected abstract classify(cells: AnnData, context: RunContext): Promise<Classified>;

  /** What `learn` learned, for saving. */
  protected abstract captureLearned(): Bundle;

  /** Takes over what `captureLearned` gave; `classes` can be read already. */
  protected abstract restoreLearned(state: Bundle): Promise<void>;

  /** Frees what was learned, tensors included. */
  protected abstract releaseLearned(): void;

  /** Largest probability below which a cell stays unassigned unless the caller says otherwise. */
  protected unassignedBelow(): number {
    return 0;
  }

  /** Classifies a whole query, block by block. */
  protected async classifyQuery(query: AnnData, context: RunContext): Promise<Classified> {
    const learned = this.known('predict');
    const { columns, report } = this.match(query, learned);
    if (report.nMatched < FEW_GENES * report.nReference) {
      context.reporter.message('warning', `${this.spec.name}: ${describeMatch(report)}`);
    }
    const classified = new QueryBlocks(query.nObs, learned.classes.length);
    const pacer = new Pacer(context.signal);
    for (let start = 0; start < query.nObs; start += BLOCK_CELLS) {
      await pacer.tick();
      const count = Math.min(BLOCK_CELLS, query.nObs - start);
      const rows = Int32Array.from({ length: count }, (_, i) => start + i);
      const counts = takeGenes(this.withAllGenes(query.X.selectRows(rows)), columns);
      const cells = await this.preparedCells(counts, query.obs.selectRows(rows), columns, context);
      classified.set(start, await this.classify(cells, context), counts);
      const done = start + count;
      context.reporter.progress({ task: `${this.spec.name}: cells`, done, total: query.nObs });
    }
    return classified;
  }

  protected override pipeline(values: ParamValues<Q>): Preprocessor {
    const steps = this.referencePipeline(values);
    return {
      apply: async (data, context) => {
        const prepared = await steps.apply(withUniqueGenes(data), context);
        this.preparedWith.set(prepared, values);
        return prepared;
      },
    };
  }

  protected override async train(
    data: AnnData,
    params: ParamValues<F>,
    context: FitContext,
  ): Promise<void> {
    const prepared = this.prepared(data);
    const { labelKey } = params as { labelKey?: string };
    const cells = labelledCells(prepared, labelKey, this.spec.name);
    const vocabulary = geneVocabulary(data.var);
    const preprocessing = (this.preparedWith.get(prepared) ?? null) as Json;
    const kept =
      preprocessing === null
        ? Int32Array.from(vocabulary.names.keys())
        : placesOf(prepared.varNames, vocabulary.names);
    await this.learn(cells, params, context);
    this.learned = { classes: cells.classes, vocabulary, kept, preprocessing };
  }

  protected override captureState(): Bundle {
    const { classes, vocabulary, kept, preprocessing } = this.known('save');
    const own = this.captureLearned();
    return {
      facts: {
        classes,
        genes: vocabulary.names,
        geneAliases: vocabulary.aliases,
        preprocessing,
        learned: own.facts,
      },
      tensors: new Map([...own.tensors, ['kept', { shape: [kept.length], data: kept }]]),
    };
  }

  protected override async restoreState(state: Bundle): Promise<void> {
    const { classes, genes, geneAliases, preprocessing = null, learned } = state.facts;
    const kept = state.tensors.get('kept')?.data;
    if (!Array.isArray(classes) || !Array.isArray(genes) || !(kept instanceof Int32Array)) {
      throw new FormatError(`the saved ${this.spec.name} has no classes or no genes`, {
        remedy: 'Save the model again.',
      });
    }
    this.learned = {
      classes: classes as string[],
      vocabulary: {
        names: genes as string[],
        aliases: geneAliases as GeneVocabulary['aliases'],
      },
      kept,
      preprocessing,
    };
    await this.restoreLearned({ facts: learned as Bundle['facts'], tensors: state.tensors });
  }

  protected override releaseState(): void {
    this.learned = undefined;
    this.releaseLearned();
  }

  /** All cells of a query at once, as `classify` gets them. */
  protected async preparedQuery(query: AnnData, context: RunContext): Promise<AnnData> {
    const { columns } = this.match(query, this.known('explain'));
    const counts = takeGenes(this.withAllGenes(query.X), columns);
    return this.preparedCells(counts, query.obs, columns, context);
  }

  private async preparedCells(
    counts: AnnData['X'],
    obs: Table,
    columns: Int32Array,
    context: RunContext,
  ): Promise<AnnData> {
    const { vocabulary, preprocessing, kept } = this.known('predict');
    const cells = new AnnData({ X: counts, obs, var: new Table(vocabulary.names) });
    cells.var.set(IN_QUERY, booleanColumn(columns.map((column) => (column < 0 ? 0 : 1))));
    if (preprocessing === null) return cells;
    const pipeline = this.queryPipeline(preprocessing as ParamValues<Q>);
    const quiet = { rng: context.rng, signal: context.signal, reporter: silentReporter };
    return (await pipeline.apply(cells, quiet)).subset({ var: kept });
  }

  private async classified(query: AnnData, options: RunOptions): Promise<Classified> {
    this.known('predict');
    return this.classifyQuery(query, this.context(options, 'predict'));
  }

  private labelsOf(classified: Classified, options: AnnotationOptions): (string | null)[] {
    const { unassignedBelow = this.unassignedBelow() } = options;
    const { classes } = this;
    const confidence = largestOfRows(classified.probabilities);
    return Array.from(classified.codes, (code, i) =>
      confidence[i]! < unassignedBelow ? null : labelOf(classified, i, code, classes),
    );
  }

  private async scored(query: AnnData, options: AnnotationScoreOptions): Promise<ScoredCells> {
    this.known('score');
    const { classes } = this;
    const classified = await this.classified(query, options);
    const labels = this.labelsOf(classified, options);
    return scoredCells(query, { classified, labels, classes }, options);
  }

  private match(query: AnnData, { vocabulary }: Learned): GeneMatch {
    return matchGenes(vocabulary, geneVocabulary(query.var));
  }

  private known(method: string): Learned {
    if (this.learned === undefined) this.assertFitted(method);
    if (this.learned === undefined) throw new DataError(`${this.spec.name} holds no reference`);
    return this.learned;
  }
}

function labelOf(
  { labels }: Classified,
  cell: number,
  code: number,
  classes: readonly string[],
): string | null {
  if (labels !== undefined) return labels[cell]!;
  return code < 0 ? null : classes[code]!;
}

/** Labels that are no class, sorted. */
function otherLabels(labels: readonly (string | null)[], classes: readonly string[]): string[] {
  const known = new Set<string | null>(classes);
  const others = new Set(labels.filter((label) => label !== null && !known.has(label)));
  return [...others].filter((label) => label !== null).sort(compareText);
}

/** The same data with gene names that are all different, as models look genes up by name. */
function withUniqueGenes(data: AnnData): AnnData {
  if (new Set(data.varNames).size === data.nVars) return data;
  const view = data.view();
  const variables = new Table(uniqueNames(data.varNames));
  for (const [name, column] of data.var.entries()) variables.set(name, column);
  const renamed = new AnnData({ ...partsOf(view), var: variables });
  renamed.splits = view.splits;
  renamed.channels = view.channels;
  return renamed;
}

function partsOf(data: AnnData) {
  const { obs, obsm, varm, obsp, varp, layers, uns, raw } = data;
  return { X: data.hasX ? data.X : undefined, obs, obsm, varm, obsp, varp, layers, uns, raw };
}

function placesOf(names: readonly string[], all: readonly string[]): Int32Array {
  const placeOf = new Map(all.map((name, place) => [name, place]));
  return Int32Array.from(names, (name) => {
    const place = placeOf.get(name);
    if (place !== undefined) return place;
    throw new DataError('preprocessing changed the names of the genes', {
      got: `gene "${name}"`,
      expected: 'genes of the reference',
    });
  });
}
