import {
  AnnData,
  BaseModel,
  booleanColumn,
  DataError,
  numericColumn,
  Pacer,
  silentReporter,
  Table,
  withUniqueVarNames,
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
  describeMatch,
  geneVocabulary,
  matchGenes,
  takeGenes,
  type GeneMatch,
  type GeneMatchReport,
} from '@dance-ts/transforms';
import { z } from 'zod';
import {
  allScores,
  annotationMetric,
  detailedScores,
  scoredCells,
  type AnnotationOptions,
  type AnnotationReport,
  type AnnotationScoreOptions,
  type ScoredCells,
} from './annotation-scoring.js';
import { labelledCells, labelsAbove, labelsColumn, type LabelledCells } from './labelled-cells.js';
import { largestOfRows, QueryBlocks, type Classified } from './query-blocks.js';
import { captureReference, referenceGenes, restoreReference, type Reference } from './reference.js';

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
  private reference: Reference | undefined;
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
    const compute = annotationMetric(options.metric ?? 'acc');
    return compute(await this.scored(query, options));
  }

  /** Every metric of the task by name. */
  async scoreAll(
    query: AnnData,
    options: AnnotationScoreOptions = {},
  ): Promise<Record<string, number>> {
    return allScores(await this.scored(query, options));
  }

  /** Confusion matrix, scores of each class and the share of the cells that got a label. */
  async report(query: AnnData, options: AnnotationScoreOptions = {}): Promise<AnnotationReport> {
    return detailedScores(await this.scored(query, options));
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
    query.obs.set(keyAdded, labelsColumn(this.labelsOf(classified, options), this.classes));
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
    const reference = this.known('predict');
    const { columns, report } = this.match(query, reference);
    if (report.nMatched < FEW_GENES * report.nReference) {
      context.reporter.message('warning', `${this.spec.name}: ${describeMatch(report)}`);
    }
    const classified = new QueryBlocks(query.nObs, reference.classes.length);
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
        const prepared = await steps.apply(withUniqueVarNames(data), context);
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
    const preprocessing = (this.preparedWith.get(prepared) ?? null) as Json;
    const genes = referenceGenes(data, prepared, preprocessing !== null);
    await this.learn(cells, params, context);
    this.reference = { ...genes, classes: cells.classes, preprocessing };
  }

  protected override captureState(): Bundle {
    return captureReference(this.known('save'), this.captureLearned());
  }

  protected override async restoreState(state: Bundle): Promise<void> {
    const { reference, learned } = restoreReference(state, this.spec.name);
    this.reference = reference;
    await this.restoreLearned(learned);
  }

  protected override releaseState(): void {
    this.reference = undefined;
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
    return labelsAbove(unassignedBelow, classified, this.classes);
  }

  private async scored(query: AnnData, options: AnnotationScoreOptions): Promise<ScoredCells> {
    this.known('score');
    const { classes } = this;
    const classified = await this.classified(query, options);
    const labels = this.labelsOf(classified, options);
    return scoredCells(query, { classified, labels, classes }, options);
  }

  private match(query: AnnData, { vocabulary }: Reference): GeneMatch {
    return matchGenes(vocabulary, geneVocabulary(query.var));
  }

  private known(method: string): Reference {
    if (this.reference === undefined) this.assertFitted(method);
    if (this.reference === undefined) throw new DataError(`${this.spec.name} holds no reference`);
    return this.reference;
  }
}
