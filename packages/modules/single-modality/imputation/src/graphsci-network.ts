import { DataError, type CsrMatrix, type Rng } from '@dance-ts/core';
import {
  BatchNorm,
  CountHeads,
  dropout,
  fillDropoutMask,
  GcnConv,
  Linear,
  normalNoise,
  ParameterSet,
  SparseOperand,
  spmm,
  xavierUniform,
  type CountLogits,
  type Parameter,
} from '@dance-ts/nn';
import * as tf from '@tensorflow/tfjs';

/** Sizes and switches of a {@link GraphSciNetwork}. */
export interface GraphSciNetworkOptions {
  readonly nCells: number;
  readonly nGenes: number;
  /** Units of the two hidden layers over genes. */
  readonly graphDims: readonly number[];
  /** Units of the hidden layers over cells. */
  readonly cellDims: readonly number[];
  readonly dropout: number;
  /** How the sampled graph becomes weights between genes: W o Z, or Z W^T. */
  readonly interaction: 'elementwise' | 'linear';
}

/** Posterior of the gene graph, each [nGenes, nGenes]. */
export interface GraphPosterior {
  readonly mean: tf.Tensor2D;
  /** Logarithm of the standard deviation. */
  readonly logSigma: tf.Tensor2D;
}

/** G x G matrices alive in a training step: W and its Adam slots, posterior, sample, gradients. */
const SQUARE_MATRICES = 14;
/** Most bytes those matrices may take together. */
const MOST_BYTES = 3 * 2 ** 30;

/**
 * The two networks of GraphSCI: graph convolutions over genes, whose feature is their expression in
 * all cells, give a normal posterior of a gene-gene matrix Z; an autoencoder over cells begins with
 * ReLU(x M(Z) + b) and ends in the parameters of a zero-inflated negative binomial.
 *
 * Without a random stream nothing is dropped and nothing is drawn (evaluation).
 */
export class GraphSciNetwork {
  readonly parameters = new ParameterSet();
  private readonly ofGenes: GcnConv;
  private readonly hidden: GcnConv;
  private readonly meanHead: GcnConv;
  private readonly sigmaHead: GcnConv;
  private readonly weight: Parameter; // [nGenes, nGenes]
  private readonly bias: Parameter; // [nGenes]
  private readonly encoder: readonly { readonly linear: Linear; readonly norm: BatchNorm }[];
  private readonly heads: CountHeads;

  /** @throws DataError if matrices of genes x genes would not fit */
  constructor(
    private readonly options: GraphSciNetworkOptions,
    rng: Rng,
  ) {
    const { nCells, nGenes, graphDims, cellDims } = options;
    checkMemory(nGenes);
    const { parameters } = this;
    const [first = nGenes, second = first] = graphDims;
    const conv = (name: string, nIn: number, nOut: number): GcnConv =>
      new GcnConv(parameters, name, { nIn, nOut, rng });
    this.ofGenes = conv('graph/0', nCells, first);
    this.hidden = conv('graph/1', first, second);
    this.meanHead = conv('graph/mean', second, nGenes);
    this.sigmaHead = conv('graph/logSigma', second, nGenes);
    const square = xavierUniform(nGenes, nGenes, rng.fork('interaction'));
    this.weight = parameters.add('interaction/weight', [nGenes, nGenes], square);
    this.bias = parameters.add('interaction/bias', [nGenes], new Float32Array(nGenes));
    this.encoder = cellDims.map((nOut, i) => ({
      linear: new Linear(parameters, `cells/${i}`, cellDims[i - 1] ?? nGenes, nOut, rng),
      norm: new BatchNorm(parameters, `cells/${i}/norm`, nOut),
    }));
    this.heads = new CountHeads(parameters, 'heads', cellDims.at(-1) ?? nGenes, nGenes, rng);
  }

  /**
   * Posterior of the gene-gene matrix.
   *
   * @param graph - normalized, with self loops, [nGenes, nGenes]
   * @param genes - expression of each gene in all cells, [nGenes, nCells]
   */
  posterior(graph: SparseOperand, genes: SparseOperand, rng?: Rng): GraphPosterior {
    const { ofGenes, hidden } = this;
    // The input has zeros mostly: W comes first, by a sparse product, then the graph.
    const x = this.dropSparse(genes, rng?.fork('genes'));
    const weighted = spmm(x, ofGenes.weight.variable as tf.Variable<tf.Rank.R2>);
    const spread = spmm(graph, weighted);
    const { bias } = ofGenes;
    const biased = bias === undefined ? spread : tf.add<tf.Tensor2D>(spread, bias.variable);
    const h1 = this.drop(tf.tanh(biased), rng?.fork('graph/1'));
    const h2 = tf.relu(hidden.apply(graph, h1));
    return {
      mean: this.meanHead.apply(graph, this.drop(h2, rng?.fork('graph/mean'))),
      logSigma: this.sigmaHead.apply(graph, this.drop(h2, rng?.fork('graph/logSigma'))),
    };
  }

  /** Z = mean + sigma o noise; the mean itself without a stream. */
  sample({ mean, logSigma }: GraphPosterior, rng?: Rng): tf.Tensor2D {
    if (rng === undefined) return mean;
    const noise = normalNoise(mean.shape, 1, rng.fork('z'));
    return tf.add(mean, tf.mul(tf.exp(logSigma), noise));
  }

  /** Weights between genes M(Z), [nGenes, nGenes]. */
  interactions(z: tf.Tensor2D): tf.Tensor2D {
    const weight = this.weight.variable as tf.Variable<tf.Rank.R2>;
    return this.options.interaction === 'elementwise'
      ? tf.mul(weight, z)
      : tf.matMul(z, weight, false, true);
  }

  /**
   * The last hidden layer of some cells, [n, last of cellDims].
   *
   * @param x - log expression, [n, nGenes]
   * @param interactions - M(Z), [nGenes, nGenes]
   */
  encode(x: SparseOperand, interactions: tf.Tensor2D, rng?: Rng): tf.Tensor2D {
    const mixed = spmm(this.dropSparse(x, rng?.fork('cells')), interactions);
    let h = tf.relu(tf.add<tf.Tensor2D>(mixed, this.bias.variable));
    for (const [i, { linear, norm }] of this.encoder.entries()) {
      const dropped = this.drop(h, rng?.fork(`cells/${i}`));
      h = tf.relu(norm.apply(linear.apply(dropped), rng !== undefined));
    }
    return this.drop(h, rng?.fork('heads'));
  }

  /** Logits of mean, dispersion and dropout, [n, nGenes] each. */
  decode(h: tf.Tensor2D): CountLogits {
    return this.heads.apply(h);
  }

  /** Means for a size factor of 1, [n, nGenes]. */
  means(h: tf.Tensor2D): tf.Tensor2D {
    return this.heads.means(h);
  }

  private drop(x: tf.Tensor2D, rng: Rng | undefined): tf.Tensor2D {
    return rng === undefined ? x : dropout(x, this.options.dropout, rng);
  }

  /** Dropout of the stored entries: it leaves zeros what they are. */
  private dropSparse(x: SparseOperand, rng: Rng | undefined): SparseOperand {
    const rate = this.options.dropout;
    if (rng === undefined || rate === 0) return x;
    return new SparseOperand(droppedOut(x.matrix, rate, rng));
  }
}

function droppedOut(matrix: CsrMatrix, rate: number, rng: Rng): CsrMatrix {
  const values = fillDropoutMask(new Float32Array(matrix.data.length), rate, rng);
  for (let e = 0; e < values.length; e++) values[e]! *= matrix.data[e]!;
  return matrix.withData(values);
}

function checkMemory(nGenes: number): void {
  const bytes = 4 * nGenes ** 2 * SQUARE_MATRICES;
  if (bytes <= MOST_BYTES) return;
  throw new DataError('GraphSCI: matrices of genes x genes do not fit', {
    got: `${nGenes} genes, ${(bytes / 2 ** 30).toFixed(1)} GiB`,
    expected: `at most ${Math.floor(Math.sqrt(MOST_BYTES / 4 / SQUARE_MATRICES))} genes`,
    remedy: 'Choose fewer variable genes (nTopGenes).',
  });
}
