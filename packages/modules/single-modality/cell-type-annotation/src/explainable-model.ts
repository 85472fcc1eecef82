import {
  DataError,
  type AnnData,
  type Explainable,
  type ExplainOptions,
  type Explanation,
  type ParamSchema,
  type RunContext,
} from '@dance-ts/core';
import {
  assertKnownScores,
  cellsToExplain,
  explainCells,
  explainSettings,
  marginOf,
  type ExplainSettings,
  type ScoreNetwork,
} from '@dance-ts/nn';
import { AnnotationModel } from './annotation-model.js';

/** Cells whose class is explained. */
export interface ClassToExplain extends ExplainSettings {
  /** Model name, for messages. */
  readonly owner: string;
  /** Names of the cells. */
  readonly cells: readonly string[];
  /** Rows of these cells among those that are given. */
  readonly rows: Int32Array;
  readonly nClasses: number;
}

/** Prepared cells, and where those of the query are among them, -1 for dropped ones. */
export interface CellsOfQuery {
  readonly prepared: AnnData;
  readonly rows: Int32Array;
}

/**
 * Base of the annotation models that tell which genes a class rests on. (For the others,
 * `markerEvidence` finds genes without looking into the model.)
 */
export abstract class ExplainableModel<
  P extends ParamSchema,
  F extends ParamSchema,
  Q extends ParamSchema,
>
  extends AnnotationModel<P, F, Q>
  implements Explainable
{
  /**
   * Which genes the class of some cells rests on: integrated gradients of its margin, which is its
   * logit less the mean logit of all classes; in a graph, the graph and all other cells stay as they
   * are.
   *
   * Memory: cells x genes x 4 bytes for the result; where cells hear of each other, 8 times all
   * cells x genes x 4 bytes on the backend.
   *
   * @param query - as for `predict`; of a transductive model, the data given to `fit`, prepared as
   *   they were then
   * @throws NotFittedError; ParamError for an unknown class; DataError for unknown cells; AbortError
   */
  async explain(query: AnnData, options: ExplainOptions): Promise<Explanation> {
    this.assertFitted('explain');
    const { classes } = this;
    const { name: owner } = this.spec;
    const run = { signal: options.signal, reporter: options.reporter };
    const context = this.context(run, 'explain');
    const settings = explainSettings(options, classes, owner);
    const labels = options.cells === undefined ? await this.predict(query, run) : [];
    const { prepared, rows } = await this.cellsOf(query, context);
    const hasTarget = (i: number): boolean => labels[i] === settings.target;
    const choice = { names: query.obsNames, rows, hasTarget };
    const chosen = cellsToExplain(options.cells, choice, settings, owner);
    const request = { ...settings, ...chosen, owner, nClasses: classes.length };
    return this.attribute(prepared, request, context);
  }

  /** Contributions of the genes of prepared cells to the score of a class. */
  protected abstract attribute(
    prepared: AnnData,
    request: ClassToExplain,
    context: RunContext,
  ): Promise<Explanation>;

  /** The prepared cells of a query. */
  protected async cellsOf(query: AnnData, context: RunContext): Promise<CellsOfQuery> {
    const prepared = await this.preparedQuery(query, context);
    return { prepared, rows: Int32Array.from(query.obsNames.keys()) };
  }
}

/**
 * Explains the margin of a class by the gradients of a network, which is freed.
 *
 * @param genes - names of its input features
 * @param known - margins of the cells at the end of the fit, where the model remembers them
 * @throws DataError if it gives the cells other margins than those known; AbortError
 */
export async function attributeByGradients(
  network: ScoreNetwork,
  genes: readonly string[],
  request: ClassToExplain,
  { signal, reporter }: RunContext,
  known?: Float32Array,
): Promise<Explanation> {
  try {
    const { code, nClasses, owner } = request;
    const cells = { ...request, genes, selector: marginOf(code, nClasses) };
    const { explanation, scores } = await explainCells(network, cells, { signal, reporter });
    if (known !== undefined) assertKnownScores(scores, known, owner);
    return explanation;
  } finally {
    network.dispose();
  }
}

/** What a model says that has nothing to explain. */
export function nothingToExplain(owner: string): DataError {
  return new DataError(`${owner} holds no network to explain`, { remedy: 'Fit the model again.' });
}
