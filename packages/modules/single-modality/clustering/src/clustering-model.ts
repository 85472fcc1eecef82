import {
  BaseModel,
  categoricalColumn,
  CellRoster,
  DataError,
  DenseMatrix,
  FormatError,
  ParamError,
  type AnnData,
  type Bundle,
  type Clusterer,
  type Explainable,
  type ExplainOptions,
  type Explanation,
  type FitContext,
  type FitRunOptions,
  type ParamInput,
  type ParamSchema,
  type ParamValues,
  type RunOptions,
  type SavedTensor,
  type ScoreOptions,
} from '@dance-ts/core';
import { selectBackend, type Device, type ScoreNetwork } from '@dance-ts/nn';
import { clusteringMetric, clusteringMetrics, silhouetteScore } from '@dance-ts/metrics';
import { explainCluster } from './cluster-explanation.js';

/** What a clustering model learned about the cells that preprocessing kept. */
export interface Clustering {
  /** Cluster of each kept cell, 0..K-1. */
  readonly labels: Int32Array;
  /** Embedding of the kept cells, [nKept, nLatent]. */
  readonly latent: DenseMatrix;
  /** Network weights by name, for saving. */
  readonly weights: readonly [string, SavedTensor][];
  /** Probability of each cluster for each kept cell, [nKept, K]; of soft clusterings only. */
  readonly probabilities?: DenseMatrix;
  /** 1 for each kept cell whose label the fit was told, which scores leave out; [nKept]. */
  readonly told?: Int32Array;
}

const SILHOUETTE = 'silhouette';

/**
 * Base of the clustering models: they differ in {@link cluster}; predicting, scoring, annotating
 * and saving are the same for all.
 */
export abstract class ClusteringModel<
  P extends ParamSchema,
  F extends ParamSchema,
  Q extends ParamSchema,
>
  extends BaseModel<P, F, Q>
  implements Clusterer, Explainable
{
  private clustering: Clustering | undefined;
  private roster: CellRoster | undefined;

  /**
   * One cluster a cell, 0..K-1, and -1 for a cell that preprocessing dropped.
   *
   * @throws NotFittedError; DataError if a cell is not among those given to `fit`
   */
  async predict(data: AnnData): Promise<Int32Array> {
    const { labels } = this.learned('predict');
    return Promise.resolve(this.rowsOf(data).map((row) => (row < 0 ? -1 : labels[row]!)));
  }

  /**
   * Embedding of the cells, [nCells, nLatent]; rows of cells that preprocessing dropped are NaN.
   *
   * @throws NotFittedError; DataError if a cell is not among those given to `fit`
   */
  async getLatent(data: AnnData): Promise<DenseMatrix> {
    const { latent } = this.learned('getLatent');
    return Promise.resolve(this.aligned(latent, data));
  }

  /** `fit`, then the clusters of the same data. */
  async fitPredict(data: AnnData, options?: ParamInput<F> & FitRunOptions): Promise<Int32Array> {
    await this.fit(data, options);
    return this.predict(data);
  }

  /**
   * Agreement of the clusters with known labels: ARI, or the metric named (`nmi`, `acc`, `fmi`,
   * ...; `silhouette` needs no labels). Cells without a label are left out, and so are cells whose
   * label the fit was told; cells that preprocessing dropped count as a cluster of their own.
   *
   * @throws NotFittedError, ParamError for an unknown metric, DataError if there are no labels
   */
  async score(data: AnnData, options: ScoreOptions = {}): Promise<number> {
    const { metric = 'ari' } = options;
    if (metric === SILHOUETTE) return this.silhouette(options);
    const { compute } = clusteringMetric(metric);
    const { truth, prediction } = await this.labelled(data, options);
    return compute(truth, prediction);
  }

  /** Every metric of the task by name. */
  async scoreAll(data: AnnData, options: ScoreOptions = {}): Promise<Record<string, number>> {
    const { truth, prediction } = await this.labelled(data, options);
    const scores: Record<string, number> = {};
    for (const { name, compute } of clusteringMetrics) scores[name] = compute(truth, prediction);
    scores[SILHOUETTE] = await this.silhouette(options);
    return scores;
  }

  /**
   * Writes the clusters into `obs[keyAdded]` and the embedding into `obsm['X_' + keyAdded]`;
   * nothing else of `data` changes.
   *
   * @param options - `keyAdded`, default the model's id
   */
  async annotate(data: AnnData, options: { keyAdded?: string } = {}): Promise<void> {
    const { keyAdded = this.spec.id } = options;
    const labels = await this.predict(data);
    const nClusters = labels.reduce((largest, label) => Math.max(largest, label), -1) + 1;
    const names = Array.from({ length: nClusters }, (_, k) => String(k));
    data.obs.set(keyAdded, categoricalColumn(labels, names));
    data.obsm.set(`X_${keyAdded}`, await this.getLatent(data));
  }

  /**
   * Which genes the cluster of some cells rests on: integrated gradients of its probability or, for
   * a model without, of the margin of nearness to its centroid over that to all centroids. The graph
   * and all other cells stay as they are.
   *
   * Memory: cells x genes x 4 bytes for the result; where cells hear of each other, 8 times all
   * cells x genes x 4 bytes on the backend.
   *
   * @param data - the data given to `fit`, prepared as they were then
   * @throws NotFittedError; ParamError for an unknown cluster; DataError for unknown cells or data
   *   prepared otherwise; AbortError
   */
  async explain(data: AnnData, options: ExplainOptions): Promise<Explanation> {
    const clustering = this.learned('explain');
    const { device } = this.params as { device?: Device };
    const { reporter } = this.context(options, 'explain');
    await selectBackend(device ?? 'auto', { reporter });
    const prepared = this.prepared(data);
    const { name: owner } = this.spec;
    const cells = { owner, names: data.obsNames, rows: this.rowsOf(data), prepared, clustering };
    const network = () => this.scoreNetwork(prepared, clustering);
    return explainCluster({ ...cells, network }, { ...options, reporter });
  }

  /** Trains on prepared data and returns what was learned. */
  protected abstract cluster(
    data: AnnData,
    params: ParamValues<F>,
    context: FitContext,
  ): Promise<Clustering>;

  /** The trained network as a function of the genes of the prepared cells. */
  protected abstract scoreNetwork(
    data: AnnData,
    clustering: Clustering,
  ): ScoreNetwork | Promise<ScoreNetwork>;

  protected override async train(
    data: AnnData,
    params: ParamValues<F>,
    context: FitContext,
  ): Promise<void> {
    const prepared = this.prepared(data);
    const roster = CellRoster.of(data, prepared);
    this.clustering = await this.cluster(prepared, params, context);
    this.roster = roster;
  }

  protected override captureState(): Bundle {
    const { labels, latent, probabilities, told, weights } = this.learned('save');
    const cells = this.roster?.save() ?? { facts: {}, tensors: [] };
    return {
      facts: cells.facts,
      tensors: new Map<string, SavedTensor>([
        ...cells.tensors,
        ['labels', { shape: [labels.length], data: labels }],
        ['latent', { shape: latent.shape, data: latent.data }],
        ...(probabilities === undefined
          ? []
          : [['probabilities', { shape: probabilities.shape, data: probabilities.data }] as const]),
        ...(told === undefined ? [] : [['told', { shape: [told.length], data: told }] as const]),
        ...weights,
      ]),
    };
  }

  protected override async restoreState(state: Bundle): Promise<void> {
    const labels = state.tensors.get('labels');
    const latent = savedMatrix(state.tensors.get('latent'));
    if (!(labels?.data instanceof Int32Array) || latent === undefined) {
      throw new FormatError(`the saved ${this.spec.name} has no labels or no latent`, {
        remedy: 'Save the model again.',
      });
    }
    const probabilities = savedMatrix(state.tensors.get('probabilities'));
    const told = state.tensors.get('told')?.data;
    this.roster = CellRoster.load(state);
    this.clustering = {
      labels: labels.data,
      latent,
      weights: [...state.tensors].filter(([name]) => name.startsWith('network/')),
      ...(probabilities && { probabilities }),
      ...(told instanceof Int32Array && { told }),
    };
    return Promise.resolve();
  }

  protected override releaseState(): void {
    this.clustering = undefined;
    this.roster = undefined;
  }

  /** What was learned. @throws NotFittedError naming the method that was called */
  protected learned(method: string): Clustering {
    this.assertFitted(method);
    if (this.clustering === undefined) throw new DataError(`${this.spec.name} holds no clustering`);
    return this.clustering;
  }

  /** Rows of the kept cells put in the places of the cells of `data`; NaN for dropped cells. */
  protected aligned(ofKept: DenseMatrix, data: AnnData): DenseMatrix {
    const rows = this.rowsOf(data);
    const aligned = DenseMatrix.zeros(rows.length, ofKept.nCols);
    rows.forEach((row, i) => {
      if (row < 0) aligned.row(i).fill(NaN);
      else aligned.row(i).set(ofKept.row(row));
    });
    return aligned;
  }

  private rowsOf(data: AnnData): Int32Array {
    return this.roster?.rowsOf(data, this.spec.name) ?? new Int32Array(0);
  }

  private async silhouette(options: RunOptions): Promise<number> {
    const { labels, latent } = this.learned('score');
    const nClusters = new Set(labels).size;
    if (nClusters < 2 || nClusters >= labels.length) return NaN;
    return silhouetteScore(latent, labels, { signal: options.signal });
  }

  private async labelled(
    data: AnnData,
    options: ScoreOptions,
  ): Promise<{ truth: Int32Array; prediction: Int32Array }> {
    const prediction = await this.predict(data);
    const { codes } = data.labels(truthKey(data, options.truth));
    const { told } = this.learned('score');
    const rows = this.rowsOf(data);
    const known = Array.from(codes.keys()).filter((i) => codes[i]! >= 0 && told?.[rows[i]!] !== 1);
    if (known.length === 0) {
      throw new DataError('no cell has a label to score against', {
        remedy: 'Name another column with { truth }.',
      });
    }
    return {
      truth: Int32Array.from(known, (i) => codes[i]!),
      prediction: Int32Array.from(known, (i) => prediction[i]!),
    };
  }
}

/** Base of the clustering models that give each cell a probability of every cluster. */
export abstract class SoftClusteringModel<
  P extends ParamSchema,
  F extends ParamSchema,
  Q extends ParamSchema,
> extends ClusteringModel<P, F, Q> {
  /**
   * Probability of each cluster, [nCells, K], rows summing to 1; rows of cells that preprocessing
   * dropped are NaN. {@link predict} gives the most probable one.
   *
   * @throws NotFittedError; DataError if a cell is not among those given to `fit`
   */
  async predictProba(data: AnnData): Promise<DenseMatrix> {
    const { probabilities } = this.learned('predictProba');
    if (probabilities === undefined) {
      throw new DataError(`${this.spec.name} holds no probabilities`, {
        remedy: 'Fit the model again.',
      });
    }
    return Promise.resolve(this.aligned(probabilities, data));
  }

  protected abstract override cluster(
    data: AnnData,
    params: ParamValues<F>,
    context: FitContext,
  ): Promise<SoftClustering>;
}

/** A clustering with probabilities. */
export type SoftClustering = Clustering & Required<Pick<Clustering, 'probabilities'>>;

function savedMatrix(tensor: SavedTensor | undefined): DenseMatrix | undefined {
  if (!(tensor?.data instanceof Float32Array)) return undefined;
  const [nRows = 0, nCols = 0] = tensor.shape;
  return new DenseMatrix(nRows, nCols, tensor.data);
}

/** The column that holds the true labels: the one named, else the label channel. */
export function truthKey(data: AnnData, named: string | undefined): string {
  if (named !== undefined) return named;
  const { label } = data.channels;
  if (label?.slot === 'obs') return label.key;
  throw new ParamError('no labels to score against', {
    got: 'neither { truth } nor a label channel',
    remedy: "Name the column of obs that holds them, for example { truth: 'cell_type' }.",
  });
}
