import { DataError, toCsr, type AnnData, type CsrMatrix, type Rng } from '@dance-ts/core';
import {
  gatherRows,
  infoNce,
  meanCountNll,
  softmaxCrossEntropy,
  SparseOperand,
  symmetricNormalized,
} from '@dance-ts/nn';
import { readHeteronetGraph, strictTwoHop } from '@dance-ts/transforms';
import * as tf from '@tensorflow/tfjs';
import type { HeteroGraphs, HeteroNetwork } from './scheteronet-network.js';

/** What training reads of the prepared cells. */
export interface CellInput {
  /** Normalized expression, [nCells, nGenes]. */
  readonly x: SparseOperand;
  /** The cell graph, [nCells, nCells]. */
  readonly graph: CsrMatrix;
  readonly graphs: HeteroGraphs;
  /** For a decoder of counts. */
  readonly counts?: {
    /** [nCells, nGenes] */
    readonly matrix: CsrMatrix;
    /** [nCells] */
    readonly sizeFactors: Float32Array;
  };
}

/** Some labelled cells: their rows among all cells, and their classes. */
export interface LabelledRows {
  readonly rows: Int32Array;
  readonly codes: Int32Array;
}

/** Cells drawn for a step, with their counts where there is a decoder. */
export interface DrawnCells {
  readonly rows: Int32Array;
  /** [n, nGenes] */
  readonly counts: tf.Tensor2D | undefined;
}

/** Weights of the loss. */
export interface LossWeights {
  readonly zinbWeight: number;
  readonly clWeight: number;
  readonly maskRatio: number;
}

const TEMPERATURE = 0.5;
/** A cell may have none of the chosen genes; the mean of its counts must not be 0. */
const LEAST_FACTOR = 1e-3;

/**
 * Expression, graphs and counts that the pipeline of scHeteroNet left.
 *
 * @param withCounts - whether counts and size factors are needed
 * @throws DataError if the data were not prepared
 */
export function readCellInput(data: AnnData, withCounts: boolean): CellInput {
  const graph = readHeteronetGraph(data);
  const input = {
    x: new SparseOperand(toCsr(data.X)),
    graph,
    graphs: {
      oneHop: symmetricNormalized(graph),
      twoHop: symmetricNormalized(strictTwoHop(graph)),
    },
  };
  if (!withCounts) return input;
  const counts = data.layers.get('counts');
  const factors = data.obs.has('size_factors') ? data.obs.get('size_factors') : undefined;
  if (counts === undefined || factors?.kind !== 'numeric') {
    throw new DataError('the data hold no counts beside the normalized values', {
      got: counts === undefined ? 'no layers["counts"]' : 'no numbers in obs["size_factors"]',
      remedy: 'Run the preprocess method of the model, or set { zinbWeight: 0 }.',
    });
  }
  const sizeFactors = Float32Array.from(factors.values, (f) => Math.max(LEAST_FACTOR, f));
  return { ...input, counts: { matrix: toCsr(counts), sizeFactors } };
}

/** The labelled cells at these places of the list. */
export function takeLabelled(places: Int32Array, { rows, codes }: LabelledRows): LabelledRows {
  return { rows: places.map((at) => rows[at]!), codes: places.map((at) => codes[at]!) };
}

/** Logits of all cells without dropout, [nCells, nClasses]. */
export function allLogits(network: HeteroNetwork, { x, graphs }: CellInput): tf.Tensor2D {
  return network.classify(network.hidden(x, graphs));
}

/** Mean cross entropy of some labelled cells. */
export function crossEntropy(logits: tf.Tensor2D, { rows, codes }: LabelledRows): tf.Scalar {
  return softmaxCrossEntropy(gatherRows(logits, rows), codes) as tf.Scalar;
}

/**
 * Terms of the loss of one step: cross entropy of the labelled cells; of the drawn cells the mean
 * negative log-likelihood of the counts, and the contrast between the logits and those of a view
 * with hidden values.
 */
export function lossTerms(
  network: HeteroNetwork,
  input: CellInput,
  { labelled, drawn }: { readonly labelled: LabelledRows; readonly drawn: DrawnCells },
  { zinbWeight, clWeight, maskRatio }: LossWeights,
  rng: Rng,
): { loss: tf.Scalar } & Record<string, tf.Scalar> {
  const hidden = network.hidden(input.x, input.graphs, rng);
  const logits = network.classify(hidden);
  const nll = crossEntropy(logits, labelled);
  const terms: Record<string, tf.Scalar> = { nll };
  let loss = nll;
  const zinb = countTerm(network, hidden, input, drawn);
  if (zinb !== undefined) {
    terms['zinb'] = zinb;
    loss = tf.add(loss, tf.mul(zinb, zinbWeight));
  }
  if (clWeight > 0) {
    const view = masked(input.x.matrix, maskRatio, rng.fork('mask'));
    const seen = network.classify(network.hidden(view, input.graphs, rng.fork('view')));
    const options = { temperature: TEMPERATURE, symmetric: false };
    const [first, second] = [gatherRows(logits, drawn.rows), gatherRows(seen, drawn.rows)];
    const contrast = infoNce(first, second, options) as tf.Scalar;
    terms['contrast'] = contrast;
    loss = tf.add(loss, tf.mul(contrast, clWeight));
  }
  return { ...terms, loss };
}

function countTerm(
  network: HeteroNetwork,
  hidden: tf.Tensor2D,
  { counts: all }: CellInput,
  { rows, counts }: DrawnCells,
): tf.Scalar | undefined {
  if (all === undefined || counts === undefined) return undefined;
  const decoded = network.decode(gatherRows(hidden, rows));
  if (decoded === undefined) return undefined;
  const sizeFactors = tf.tensor1d(Float32Array.from(rows, (row) => all.sizeFactors[row]!));
  return meanCountNll({ counts, sizeFactors, ...decoded }, { activate: true });
}

/** The matrix with each value hidden with that probability. */
function masked(x: CsrMatrix, ratio: number, rng: Rng): SparseOperand {
  return new SparseOperand(x.mapData((value) => (rng.uniform() < ratio ? 0 : value)));
}
