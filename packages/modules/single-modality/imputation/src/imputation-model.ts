import {
  BaseModel,
  booleanColumn,
  CellRoster,
  CsrMatrix,
  DataError,
  DenseMatrix,
  FormatError,
  ParamError,
  type AnnData,
  type Bundle,
  type FitContext,
  type Imputer,
  type Json,
  type Matrix,
  type ParamSchema,
  type ParamValues,
  type Preprocessor,
  type RunContext,
  type RunOptions,
} from '@dance-ts/core';
import { Compose, type Transform } from '@dance-ts/transforms';
import { geneColumns, keepObserved, onAllGenes, type KeepObserved } from './complete-matrix.js';
import { toCounts, toLogNormalized, type ExpressionScale } from './expression-scale.js';
import type { HeldOut } from './held-out.js';
import { heldOutScore, heldOutScores, type HeldOutScoreOptions } from './held-out-scores.js';
import { captureImputed, restoreImputed, type Imputed } from './imputed.js';
import { COUNTS_LAYER, KeepCounts } from './keep-counts.js';
import { cellScale } from './normalize-cells.js';

/** What a model says of the prepared cells it was given. */
export interface Imputation {
  /** [nPrepared cells, nPrepared genes] */
  readonly values: DenseMatrix;
  /** What these values are, see {@link ExpressionScale}. */
  readonly scale: ExpressionScale;
  /** Standard deviation of each value as a count, same shape, where the model knows it. */
  readonly sd?: DenseMatrix;
}

/** Options of `predict`. */
export interface ImputeOptions extends RunOptions {
  /**
   * `counts` (default): expected counts at the depth of the cell as given, to be compared with X.
   * `log_normalized`: log(1 + count x 10,000 / total count of the cell as given), on which models
   * are compared.
   */
  readonly scale?: 'counts' | 'log_normalized';
  /**
   * `kept` (default): the genes that preprocessing kept ({@link ImputationModel.genes}); `all`: all
   * genes of the data, those not imputed with their observed values.
   */
  readonly genes?: 'kept' | 'all';
  /**
   * `none` (default): imputed values throughout; `restore`: observed counts above zero stay as they
   * are; `max`: the larger one of observed and imputed.
   */
  readonly keepObserved?: KeepObserved;
}

/** Options of `score` and `scoreAll`. */
export interface ImputationScoreOptions extends RunOptions, HeldOutScoreOptions {
  /** Default `rmse`, or `poisson_deviance` for split counts. */
  readonly metric?: string;
}

/** An imputation model whatever its parameters are. */
export type AnyImputationModel = Imputer &
  Pick<
    ImputationModel<ParamSchema, ParamSchema, ParamSchema>,
    'genes' | 'predict' | 'predictSd' | 'score' | 'scoreAll' | 'annotate'
  >;

/**
 * Base of the imputation models: they differ in their pipeline ({@link modelPipeline}) and in what
 * they learn and impute ({@link learn}, and {@link imputeCells} for inductive ones). Scales, genes
 * that preprocessing dropped, observed values, scoring, annotating and saving are the same.
 *
 * Prepared data hold the counts of the kept cells and genes in `layers['counts']`, the model's own
 * input in X, and what counts were multiplied by in `obs['cell_scale']` (`NormalizeCells`). Where
 * counts were held out for validation, their true values are in `layers['validation']`.
 *
 * Imputed values are kept as expected counts, so that all models can be compared.
 */
export abstract class ImputationModel<
  P extends ParamSchema,
  F extends ParamSchema,
  Q extends ParamSchema,
>
  extends BaseModel<P, F, Q>
  implements Imputer
{
  private learned: Imputed | undefined;
  /** Parameters with which each prepared data set was made. */
  private readonly preparedWith = new WeakMap<AnnData, ParamValues<Q>>();

  /** Genes that are imputed, in the order of the columns of `predict`; throws NotFittedError. */
  get genes(): readonly string[] {
    return this.known('genes').genes;
  }

  /**
   * Imputed expression, cells x {@link genes} (or all genes), see {@link ImputeOptions}. Cells that
   * preprocessing dropped have their observed values.
   *
   * @param data - the counts given to `fit`; an inductive model takes other cells, too
   * @throws NotFittedError; DataError if a cell or gene is not known; AbortError
   */
  async predict(data: AnnData, options: ImputeOptions = {}): Promise<Matrix> {
    const { counts } = await this.imputedCounts(data, options, 'predict');
    return this.completed(counts, data, options);
  }

  /**
   * Standard deviation of each imputed count, cells x {@link genes}; 0 for cells that
   * preprocessing dropped. Undefined for a model that does not know it.
   *
   * @throws NotFittedError; DataError if a cell or gene is not known; AbortError
   */
  async predictSd(data: AnnData, options: RunOptions = {}): Promise<DenseMatrix | undefined> {
    return (await this.imputedCounts(data, options, 'predictSd')).sd;
  }

  /**
   * How well what was held out is predicted: RMSE of the held-out entries, or the metric named; or
   * for split counts the Poisson deviance of the other part. See {@link heldOutScores}.
   *
   * @param data - what the model saw: `heldOut.data`
   * @throws NotFittedError; ParamError for an unknown metric or without `heldOut`; DataError
   */
  async score(data: AnnData, options: ImputationScoreOptions = {}): Promise<number> {
    const { heldOut, metric, ...rest } = this.scored(options);
    const seen = { data, genes: this.genes };
    const { counts } = await this.imputedCounts(data, options, 'score');
    return heldOutScore(counts, seen, { ...rest, heldOut, metric });
  }

  /** Every score of what was held out by name. */
  async scoreAll(
    data: AnnData,
    options: ImputationScoreOptions = {},
  ): Promise<Record<string, number>> {
    const { heldOut, ...rest } = this.scored(options);
    const { counts } = await this.imputedCounts(data, options, 'scoreAll');
    return heldOutScores(counts, { data, genes: this.genes }, { ...rest, heldOut });
  }

  /**
   * Writes the imputed values of all genes into `layers[keyAdded]`, which genes they are into
   * `var[keyAdded + '_imputed']` (the others hold what was observed), and standard deviations, if
   * the model knows them, into `layers[keyAdded + '_sd']`. Nothing else of `data` changes.
   *
   * @param options - `keyAdded`, default the model's id
   */
  async annotate(
    data: AnnData,
    options: Omit<ImputeOptions, 'genes'> & { readonly keyAdded?: string } = {},
  ): Promise<void> {
    const { keyAdded = this.spec.id, ...rest } = options;
    const { counts, sd } = await this.imputedCounts(data, rest, 'annotate');
    const layer = this.completed(counts, data, { ...rest, genes: 'all' });
    const columns = geneColumns(data.varNames, this.genes, this.spec.name);
    const isImputed = new Uint8Array(data.nVars);
    for (const column of columns) isImputed[column] = 1;
    data.layers.set(keyAdded, layer);
    data.var.set(`${keyAdded}_imputed`, booleanColumn(isImputed));
    if (sd !== undefined) {
      const none = CsrMatrix.fromTriplets(data.nObs, data.nVars, [], [], []);
      data.layers.set(`${keyAdded}_sd`, onAllGenes(sd, none, columns));
    }
  }

  /** Steps that make the model's input X of counts; filters among them drop cells and genes. */
  protected abstract modelPipeline(params: ParamValues<Q>): Transform;

  /**
   * Learns from prepared data. A transductive model returns what it imputes for the prepared cells;
   * an inductive one returns nothing and implements {@link imputeCells}.
   */
  protected abstract learn(
    prepared: AnnData,
    params: ParamValues<F>,
    context: FitContext,
  ): Promise<Imputation | undefined>;

  /** What `learn` learned beside the imputed values, for saving; optional. */
  protected captureLearned?(): Bundle;

  /** Takes over what `captureLearned` gave; {@link genes} can be read already. */
  protected restoreLearned?(state: Bundle): Promise<void>;

  /** Frees what was learned, tensors included. */
  protected releaseLearned?(): void;

  /** Steps for cells of an inductive model, each by itself; genes are the kept ones already. */
  protected cellPipeline?(params: ParamValues<Q>): Transform;

  /** Imputes prepared cells with the kept genes; inductive models only. */
  protected imputeCells?(prepared: AnnData, context: RunContext): Promise<Imputation>;

  protected override pipeline(values: ParamValues<Q>): Preprocessor {
    const steps = new Compose([new KeepCounts(), this.modelPipeline(values)]);
    return {
      apply: async (data, context) => {
        const prepared = await steps.apply(data, context);
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
    if (!prepared.layers.has(COUNTS_LAYER)) {
      throw new DataError(`${this.spec.name}: the data are not prepared`, {
        got: 'no layer "counts"',
        remedy: 'Call await model.preprocess(data) first, or put the counts into that layer.',
      });
    }
    const roster = CellRoster.of(data, prepared);
    geneColumns(data.varNames, prepared.varNames, this.spec.name);
    const imputation = await this.learn(prepared, params, context);
    this.learned = {
      genes: [...prepared.varNames],
      roster,
      preprocessing: (this.preparedWith.get(prepared) ?? null) as Json,
      counts: imputation && toCounts(imputation.values, imputation.scale, cellScale(prepared)),
      sd: imputation?.sd,
    };
  }

  protected override captureState(): Bundle {
    const own = this.captureLearned?.() ?? { facts: {}, tensors: new Map() };
    return captureImputed(this.known('save'), own);
  }

  protected override async restoreState(state: Bundle): Promise<void> {
    const { imputed, own } = restoreImputed(state, this.spec.name);
    if (imputed.counts === undefined && this.spec.inference === 'transductive') {
      throw new FormatError(`the saved ${this.spec.name} has no imputed counts`, {
        remedy: 'Save the model again.',
      });
    }
    this.learned = imputed;
    await this.restoreLearned?.(own);
  }

  protected override releaseState(): void {
    this.learned = undefined;
    this.releaseLearned?.();
  }

  /** Imputed counts, which are overwritten, as the caller wants them. */
  private completed(counts: DenseMatrix, data: AnnData, options: ImputeOptions): Matrix {
    const { scale = 'counts', genes = 'kept', keepObserved: policy = 'none' } = options;
    const observed = this.observedCounts(data);
    const columns = geneColumns(data.varNames, this.genes, this.spec.name);
    keepObserved(counts, observed, columns, policy);
    const whole = genes === 'all' ? onAllGenes(counts, observed, columns) : counts;
    return scale === 'counts' ? whole : toLogNormalized(whole, observed.rowSums());
  }

  /** Imputed counts of the cells of the data, [nCells, nGenes], as a copy, and their deviations. */
  private async imputedCounts(
    data: AnnData,
    options: RunOptions,
    method: string,
  ): Promise<{ counts: DenseMatrix; sd?: DenseMatrix }> {
    const { roster, counts, sd, genes } = this.known(method);
    const columns = geneColumns(data.varNames, genes, this.spec.name);
    if (counts === undefined) {
      return this.imputedCells(data, columns, this.context(options, 'predict'));
    }
    const rows = roster.rowsOf(data, this.spec.name);
    const observed = this.observedCounts(data).selectColumns(columns);
    const dropped = (cell: number, into: Float32Array): void => {
      copyRow(observed, cell, into);
    };
    return {
      counts: gathered(counts, rows, dropped),
      ...(sd && { sd: gathered(sd, rows) }),
    };
  }

  private async imputedCells(
    data: AnnData,
    columns: Int32Array,
    context: RunContext,
  ): Promise<{ counts: DenseMatrix; sd?: DenseMatrix }> {
    const { preprocessing } = this.known('predict');
    const subset = data.subset({ var: columns });
    const own = this.cellPipeline?.(preprocessing as ParamValues<Q>);
    const steps = preprocessing === null ? [] : [new KeepCounts(), ...(own ? [own] : [])];
    const prepared = await new Compose(steps).apply(subset, context);
    const imputation = await this.imputeCells?.(prepared, context);
    if (imputation === undefined) {
      throw new DataError(`${this.spec.name} cannot impute cells it was not fitted on`);
    }
    const { values, scale, sd } = imputation;
    const counts = toCounts(values, scale, cellScale(prepared));
    // A cell without counts tells a network nothing, and it has no depth to impute to.
    this.observedCounts(subset)
      .rowSums()
      .forEach((total, i) => {
        if (total === 0) counts.row(i).fill(0);
      });
    return { counts, ...(sd && { sd }) };
  }

  /** The counts of data as given: X, or the layer where the fitted data were prepared by hand. */
  private observedCounts(data: AnnData): Matrix {
    const { preprocessing } = this.known('predict');
    return (preprocessing === null ? data.layers.get(COUNTS_LAYER) : undefined) ?? data.X;
  }

  private scored(
    options: ImputationScoreOptions,
  ): ImputationScoreOptions & { readonly heldOut: HeldOut } {
    this.known('score');
    if (options.heldOut !== undefined) return { ...options, heldOut: options.heldOut };
    throw new ParamError('nothing was held out to score against', {
      got: 'no { heldOut }',
      remedy: 'Fit on holdOutEntries(data).data and give score what it returned as heldOut.',
    });
  }

  private known(method: string): Imputed {
    if (this.learned === undefined) this.assertFitted(method);
    if (this.learned === undefined) throw new DataError(`${this.spec.name} holds nothing learned`);
    return this.learned;
  }
}

function gathered(
  ofKept: DenseMatrix,
  rows: Int32Array,
  fillDropped?: (cell: number, into: Float32Array) => void,
): DenseMatrix {
  const out = DenseMatrix.zeros(rows.length, ofKept.nCols);
  rows.forEach((row, i) => {
    if (row < 0) fillDropped?.(i, out.row(i));
    else out.row(i).set(ofKept.row(row));
  });
  return out;
}

function copyRow(matrix: Matrix, i: number, into: Float32Array): void {
  if (matrix.kind === 'dense') {
    into.set(matrix.row(i));
    return;
  }
  const { indices, data } = matrix.row(i);
  indices.forEach((j, e) => {
    into[j] = data[e]!;
  });
}
