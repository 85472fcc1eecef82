import {
  CsrMatrix,
  DataError,
  DenseMatrix,
  Pacer,
  toCsr,
  type AnnData,
  type Rng,
  type RunContext,
} from '@dance-ts/core';
import { BatchBuffer, SparseOperand, symmetricNormalized } from '@dance-ts/nn';
import { drawEntryMask, valuesAt, withoutEntries } from '@dance-ts/transforms';
import * as tf from '@tensorflow/tfjs';
import {
  adjacencyLoss,
  countErrorLoss,
  linkTensor,
  posteriorKl,
  zinbLoss,
  type CountTarget,
} from './graphsci-loss.js';
import type { GraphSciNetwork } from './graphsci-network.js';
import { VALIDATION_LAYER } from './held-out.js';
import { COUNTS_LAYER } from './keep-counts.js';

/** Weights of the loss terms. */
export interface LossWeights {
  readonly le: number;
  readonly la: number;
  readonly ke: number;
  readonly ka: number;
}

/** Cells on which the validation loss is worked out, at most. */
const VALIDATION_CELLS = 1000;

/** What the training reads of prepared data, some of it on the backend. */
export class GraphSciInput {
  /** Log expression without the validation entries, [nCells, nGenes]. */
  readonly x: CsrMatrix;
  /** Its transpose. */
  readonly genes: SparseOperand;
  /** Normalized gene graph. */
  readonly graph: SparseOperand;
  readonly sizeFactors: Float32Array;
  /** True counts of the validation entries; none: no entries. */
  readonly validation: CsrMatrix;
  private readonly links: tf.Tensor2D;
  private readonly nLinks: number;
  private readonly counts: BatchBuffer;
  private readonly heldOut: BatchBuffer | undefined;

  /**
   * @param adjacency - gene graph with self loops; only which entries are stored is read
   * @param validationRatio - share of the counts held out if the data bring no validation entries
   */
  constructor(prepared: AnnData, adjacency: CsrMatrix, validationRatio: number, rng: Rng) {
    const stored = prepared.layers.get(COUNTS_LAYER);
    if (stored === undefined) throw new DataError('GraphSCI: the data have no layer "counts"');
    const counts = toCsr(stored);
    const given = prepared.layers.get(VALIDATION_LAYER);
    if (given !== undefined || validationRatio === 0) {
      this.x = toCsr(prepared.X);
      this.validation = given === undefined ? emptyLike(counts) : toCsr(given);
      this.counts = new BatchBuffer(counts);
    } else {
      const { validation } = drawEntryMask(counts, {
        ...{ rate: validationRatio, distribution: 'uniform', testShare: 0, rng },
      });
      this.x = toCsr(withoutEntries(prepared.X, validation));
      this.validation = valuesAt(counts, validation);
      this.counts = new BatchBuffer(toCsr(withoutEntries(counts, validation)));
    }
    this.genes = new SparseOperand(this.x.transpose());
    const unweighted = adjacency.withData(new Float32Array(adjacency.nnz).fill(1));
    this.graph = symmetricNormalized(unweighted);
    this.links = linkTensor(adjacency);
    this.nLinks = adjacency.nnz;
    this.sizeFactors = sizeFactorsOf(counts);
    const { validation } = this;
    const marks = validation.withData(new Float32Array(validation.nnz).fill(1));
    this.heldOut = validation.nnz === 0 ? undefined : new BatchBuffer(marks);
  }

  /** Loss terms of one step on a batch of cells; `loss` is their weighted sum. */
  lossTerms(
    network: GraphSciNetwork,
    rows: Int32Array,
    weights: LossWeights,
    rng: Rng,
  ): Record<'loss' | 'zinb' | 'adjacency' | 'kl' | 'countError', tf.Scalar> {
    const target = this.target(rows);
    const posterior = network.posterior(this.graph, this.genes, rng);
    const z = network.sample(posterior, rng);
    const x = new SparseOperand(this.x.selectRows(rows));
    const logits = network.decode(network.encode(x, network.interactions(z), rng));
    const zinb = zinbLoss(logits, target);
    const countError = countErrorLoss(logits, target);
    const adjacency = adjacencyLoss(z, this.links, this.nLinks);
    const kl = posteriorKl(posterior);
    const { le, la, ke, ka } = weights;
    const loss = tf.addN([
      tf.mul(zinb, le),
      tf.mul(adjacency, la),
      tf.mul(countError, ke),
      tf.mul(kl, ka),
    ]);
    return { loss: loss as tf.Scalar, zinb, adjacency, kl, countError };
  }

  /**
   * Mean squared error of log(1 + count) over the validation entries, at most those of 1,000 cells;
   * NaN if there are none.
   */
  async validationLoss(network: GraphSciNetwork): Promise<number> {
    const { validation } = this;
    const rows: number[] = [];
    for (let i = 0; i < validation.nRows && rows.length < VALIDATION_CELLS; i++) {
      if (validation.indptr[i + 1]! > validation.indptr[i]!) rows.push(i);
    }
    if (rows.length === 0) return NaN;
    const means = tf.tidy(() => this.means(network, this.x.selectRows(rows)));
    const values = await means.data<'float32'>();
    means.dispose();
    let [sum, n] = [0, 0];
    rows.forEach((row, i) => {
      const entries = validation.row(row);
      entries.indices.forEach((gene, e) => {
        const mean = values[i * validation.nCols + gene]! * this.sizeFactors[row]!;
        sum += (Math.log1p(mean) - Math.log1p(entries.data[e]!)) ** 2;
        n += 1;
      });
    });
    return sum / n;
  }

  /**
   * Expected counts of all cells with the whole expression as input, and how much they vary (root
   * mean square about them) when the gene graph is drawn instead of taken at its mean.
   *
   * @param x - log expression, [nCells, nGenes]
   * @param nDraws - 0: no standard deviations
   */
  async impute(
    network: GraphSciNetwork,
    x: CsrMatrix,
    { nDraws, batchSize, rng, signal }: RunContext & { nDraws: number; batchSize: number },
  ): Promise<{ counts: DenseMatrix; sd?: DenseMatrix }> {
    const pacer = new Pacer(signal);
    const counts = DenseMatrix.zeros(x.nRows, x.nCols);
    const sd = nDraws > 0 ? DenseMatrix.zeros(x.nRows, x.nCols) : undefined;
    for (let draw = 0; draw <= nDraws; draw++) {
      const stream = draw === 0 ? undefined : rng.fork(`draw-${draw}`);
      const mixing = tf.tidy(() => this.interactions(network, stream));
      try {
        for (let start = 0; start < x.nRows; start += batchSize) {
          await pacer.tick();
          const rows = Int32Array.from(
            { length: Math.min(batchSize, x.nRows - start) },
            (_, i) => start + i,
          );
          const tensor = tf.tidy(() =>
            network.means(network.encode(new SparseOperand(x.selectRows(rows)), mixing)),
          );
          const means = await tensor.data<'float32'>();
          tensor.dispose();
          this.collect(means, start, draw === 0 ? undefined : nDraws, { counts, sd });
        }
      } finally {
        mixing.dispose();
      }
    }
    sd?.data.forEach((value, e) => {
      sd.data[e] = Math.sqrt(value);
    });
    return { counts, ...(sd && { sd }) };
  }

  /** Frees the tensors. */
  dispose(): void {
    this.links.dispose();
    this.counts.dispose();
    this.heldOut?.dispose();
  }

  /** Writes expected counts, or adds their squared distance from those to the variances. */
  private collect(
    means: Float32Array,
    start: number,
    nDraws: number | undefined,
    { counts, sd }: { counts: DenseMatrix; sd: DenseMatrix | undefined },
  ): void {
    const { nCols } = counts;
    for (let e = 0; e < means.length; e++) {
      const place = start * nCols + e;
      const value = means[e]! * this.sizeFactors[start + Math.floor(e / nCols)]!;
      if (nDraws === undefined) counts.data[place] = value;
      else if (sd !== undefined) sd.data[place]! += (value - counts.data[place]!) ** 2 / nDraws;
    }
  }

  private means(network: GraphSciNetwork, x: CsrMatrix): tf.Tensor2D {
    return network.means(network.encode(new SparseOperand(x), this.interactions(network)));
  }

  /** M(Z) at the mean of the posterior, or at a draw from it; nothing is dropped. */
  private interactions(network: GraphSciNetwork, rng?: Rng): tf.Tensor2D {
    const posterior = network.posterior(this.graph, this.genes);
    return network.interactions(network.sample(posterior, rng));
  }

  private target(rows: Int32Array): CountTarget {
    const { validation, sizeFactors } = this;
    let nHeldOut = 0;
    for (const row of rows) nHeldOut += validation.indptr[row + 1]! - validation.indptr[row]!;
    return {
      counts: this.counts.take(rows),
      sizeFactors: tf.tensor1d(rows.length === 0 ? [] : Array.from(rows, (i) => sizeFactors[i]!)),
      kept: this.heldOut && tf.sub(1, this.heldOut.take(rows)),
      nKept: rows.length * validation.nCols - nHeldOut,
    };
  }
}

/** Counts of a cell over the median of all cells; 1 for a cell without counts. */
function sizeFactorsOf(counts: CsrMatrix): Float32Array {
  const sums = counts.rowSums();
  const sorted = sums.filter((sum) => sum > 0).sort();
  const middle = sorted.length >> 1;
  const median =
    sorted.length % 2 === 1
      ? sorted[middle]!
      : ((sorted[middle - 1] ?? 1) + (sorted[middle] ?? 1)) / 2;
  return Float32Array.from(sums, (sum) => (sum > 0 ? sum / median : 1));
}

function emptyLike({ nRows, nCols }: CsrMatrix): CsrMatrix {
  const none = new Int32Array(0);
  return CsrMatrix.fromTriplets(nRows, nCols, none, none, new Float32Array(0));
}
