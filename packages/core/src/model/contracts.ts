import type { AnnData } from '../data/anndata.js';
import type { MuData } from '../data/mudata.js';
import type { CsrMatrix } from '../matrix/csr-matrix.js';
import type { DenseMatrix } from '../matrix/dense-matrix.js';
import type { Matrix } from '../matrix/matrix.js';
import type { RunOptions } from './model.js';

/** How a model is scored: which truth, and by which metric (the task's default if left out). */
export interface ScoreOptions extends RunOptions {
  /** Column of `obs` that holds the true labels or values; the label channel if left out. */
  readonly truth?: string;
  /** Name of a metric of the task. */
  readonly metric?: string;
}

interface Scored<Data> {
  /** Task's default metric, or the one named. */
  score(data: Data, options?: ScoreOptions): Promise<number>;
  /** Every metric of the task by name. */
  scoreAll(data: Data, options?: ScoreOptions): Promise<Record<string, number>>;
}

/** Groups cells. */
export interface Clusterer extends Scored<AnnData> {
  /** One cluster a cell, 0..K-1; -1 for a cell that preprocessing dropped. */
  predict(data: AnnData, options?: RunOptions): Promise<Int32Array>;
  /** Embedding, [nCells, nLatent]; NaN rows for dropped cells. */
  getLatent(data: AnnData): Promise<DenseMatrix>;
  /** Writes clusters and embedding into `obs[key]` and `obsm['X_' + key]`; key is the model's id. */
  annotate(data: AnnData, options?: { keyAdded?: string }): Promise<void>;
}

/** What a classifier says of some cells. */
export interface LabelledCells {
  /** One label a cell; null where the model declines. */
  readonly labels: (string | null)[];
  /** Class probabilities, [nCells, nClasses]. */
  readonly probabilities: DenseMatrix;
}

/** Gives cells of a query the labels of a reference. */
export interface Classifier extends Scored<AnnData> {
  /** One label a cell; null where the model declines. */
  predict(query: AnnData, options?: RunOptions): Promise<(string | null)[]>;
  /** Class probabilities, [nCells, nClasses]. */
  predictProba(query: AnnData, options?: RunOptions): Promise<DenseMatrix>;
  /** Labels and probabilities in one pass. */
  label(query: AnnData, options?: RunOptions): Promise<LabelledCells>;
  /** Class names in the order of the probability columns. */
  readonly classes: readonly string[];
  /** Writes labels and confidences into `obs[key]` and `obs[key + '_confidence']`. */
  annotate(query: AnnData, options?: RunOptions & { readonly keyAdded?: string }): Promise<void>;
}

/** Fills in dropped-out counts. */
export interface Imputer extends Scored<AnnData> {
  /** Imputed expression, cells x genes. */
  predict(data: AnnData, options?: RunOptions): Promise<Matrix>;
}

/** Two modalities of the same cells, one to predict from and one to predict. */
export interface ModalityPair {
  readonly source: AnnData;
  readonly target: AnnData;
}

/** Predicts one modality from another. */
export interface ModalityPredictor extends Scored<ModalityPair> {
  /** Predicted target modality, cells x features. */
  predict(source: AnnData, options?: RunOptions): Promise<DenseMatrix>;
}

/** Finds which profile of one modality belongs to which of the other. */
export interface ModalityMatcher extends Scored<ModalityPair> {
  /** Matching probabilities, source cells x target cells; rows sum to at most 1. */
  predict(pair: ModalityPair, options?: RunOptions): Promise<CsrMatrix>;
}

/** Embeds cells measured in several modalities. */
export interface JointEmbedder extends Scored<MuData> {
  /** Joint embedding, [nCells, nLatent]. */
  predict(data: MuData, options?: RunOptions): Promise<DenseMatrix>;
}

/** Groups spots into tissue domains; needs `obsm["spatial"]`. */
export type DomainFinder = Clusterer;

/** Labelled single cells and the spots to take apart. */
export interface DeconvolutionPair {
  readonly reference: AnnData;
  readonly spots: AnnData;
}

/** Estimates the cell type proportions of spots. */
export interface Deconvolver extends Scored<DeconvolutionPair> {
  /** Proportions, spots x cell types; rows are >= 0 and sum to 1. */
  predict(spots: AnnData, options?: RunOptions): Promise<DenseMatrix>;
  /** Cell types in the order of the columns. */
  readonly cellTypes: readonly string[];
}

/** What an explanation starts from: no value of the input features, or their means over the cells. */
export type Baseline = 'zero' | 'mean';

/** Which score is explained, for which cells, and how exactly. */
export interface ExplainOptions extends RunOptions {
  /** Label or cluster (`'3'` or 3) whose score is explained. */
  readonly target: string | number;
  /** Names of the cells; those the model gives the target to if left out. */
  readonly cells?: readonly string[];
  /** Pieces into which the way from the baseline to the cells is cut, default 50. */
  readonly steps?: number;
  /** Where the way begins, default 'zero'. */
  readonly baseline?: Baseline;
}

/** What the genes of some cells contribute to the score of a target. */
export interface Explanation {
  /** The label or cluster. */
  readonly target: string;
  /** Names of the columns: the genes the model sees. */
  readonly genes: readonly string[];
  /** Names of the rows. */
  readonly cells: readonly string[];
  /**
   * [nCells, nGenes], in units of the score: together they make up the difference between the
   * scores of these cells and the scores at the baseline.
   */
  readonly attributions: DenseMatrix;
  /**
   * By how much they miss that difference, as a share of it; below 0.01 is exact enough,
   * more steps make it smaller.
   */
  readonly completenessError: number;
}

/** Tells which genes its results rest on. */
export interface Explainable {
  /** Contribution of each gene to the score of a cluster or label. */
  explain(data: AnnData, options: ExplainOptions): Promise<Explanation>;
}
