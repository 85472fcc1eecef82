import { DenseMatrix, type CsrMatrix, type History, type Reporter, type Rng } from '@dance-ts/core';
import {
  Adam,
  GatConv,
  GcnConv,
  graphReconstructionLoss,
  Linear,
  normalNoise,
  ParameterSet,
  SparseOperand,
  symmetricNormalized,
  trainEpochs,
  withSelfLoops,
  type LossTerms,
} from '@dance-ts/nn';
import * as tf from '@tensorflow/tfjs';

/** Options of {@link graphEmbedding}. */
export interface GraphAutoencoderOptions {
  /** Name for progress and messages. */
  readonly owner: string;
  /** `gcn`: variational, two graph convolutions; `gat`: two attention layers with skips. */
  readonly layers: 'gcn' | 'gat';
  /** Width of the hidden layer (of each head). */
  readonly hidden: number;
  /** Width of the embedding. */
  readonly latent: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly rng: Rng;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
  readonly history: History;
}

const GAT_HEADS = 2;

/**
 * Embedding of the cells of a graph by a graph autoencoder, trained from scratch to give back the
 * links by the inner products of the embeddings.
 *
 * `gcn` (Kipf & Welling, arXiv:1611.07308): posterior mean and logarithm of the standard deviation
 * from one shared convolution with ReLU and one convolution each; loss = norm x weighted binary
 * cross entropy of A + I + KL divergence from N(0, 1) over n; the embedding is the mean. `gat`:
 * two heads concatenated, ELU, two heads averaged, a linear skip beside each layer; plain binary
 * cross entropy. Nothing n x n is stored: memory grows with the links, time with n².
 *
 * @param features - [nCells, d]
 * @param graph - symmetric, no loops, [nCells, nCells]; weights are used by the convolutions only
 * @returns [nCells, latent]
 */
export async function graphEmbedding(
  features: DenseMatrix,
  graph: CsrMatrix,
  options: GraphAutoencoderOptions,
): Promise<DenseMatrix> {
  const n = features.nRows;
  const { latent, rng, history, owner } = options;
  const network =
    options.layers === 'gcn'
      ? new VariationalGcn(features.nCols, options, graph, rng.fork('init'))
      : new SkipGat(features.nCols, options, graph, rng.fork('init'));
  const optimizer = new Adam(network.parameters.trainable(), options);
  const x = tf.tensor2d(features.data, [n, features.nCols]);
  try {
    await trainEpochs({
      ...options,
      owner: `${owner} graph`,
      rng: rng.fork('training'),
      nItems: n,
      batchSize: n,
      history,
      step: (_, stream) => optimizer.minimizeTerms(() => network.loss(x, stream)),
    });
    const embedding = tf.tidy(() => network.embed(x));
    const values = (await embedding.data<'float32'>()).slice();
    embedding.dispose();
    return new DenseMatrix(n, latent, values);
  } finally {
    x.dispose();
    optimizer.dispose();
    network.parameters.dispose();
  }
}

type Sizes = Pick<GraphAutoencoderOptions, 'hidden' | 'latent'>;

class VariationalGcn {
  readonly parameters = new ParameterSet();
  private readonly first: GcnConv;
  private readonly mean: GcnConv;
  private readonly logSigma: GcnConv;
  private readonly normalized: SparseOperand;
  private readonly target: SparseOperand;

  constructor(
    nIn: number,
    { hidden, latent }: Sizes,
    private readonly graph: CsrMatrix,
    rng: Rng,
  ) {
    const conv = (name: string, from: number, to: number): GcnConv =>
      new GcnConv(this.parameters, name, { nIn: from, nOut: to, bias: false, rng });
    this.first = conv('hidden', nIn, hidden);
    this.mean = conv('mean', hidden, latent);
    this.logSigma = conv('logSigma', hidden, latent);
    this.normalized = symmetricNormalized(graph, { selfLoops: true });
    this.target = linksWithLoops(graph);
  }

  embed(x: tf.Tensor2D): tf.Tensor2D {
    return this.mean.apply(this.normalized, this.hidden(x));
  }

  loss(x: tf.Tensor2D, rng: Rng): LossTerms {
    const h = this.hidden(x);
    const mean = this.mean.apply(this.normalized, h);
    const logSigma = this.logSigma.apply(this.normalized, h);
    const noise = normalNoise(mean.shape, 1, rng);
    const z = tf.add<tf.Tensor2D>(mean, tf.mul(tf.exp(logSigma), noise));
    const [n] = mean.shape;
    const links = Math.max(1, this.graph.nnz);
    const others = Math.max(1, n * n - links);
    const reconstruction = graphReconstructionLoss(z, this.target, {
      positiveWeight: others / links,
      norm: (n * n) / (2 * others),
    });
    const spread = tf.sub(tf.exp(tf.mul(logSigma, 2)), tf.add(tf.mul(logSigma, 2), 1));
    const kl = tf.div(tf.mean(tf.sum(tf.add(spread, tf.square(mean)), 1)), 2 * n);
    return { loss: tf.add(reconstruction, kl), reconstruction, kl: kl as tf.Scalar };
  }

  private hidden(x: tf.Tensor2D): tf.Tensor2D {
    return tf.relu(this.first.apply(this.normalized, x));
  }
}

class SkipGat {
  readonly parameters = new ParameterSet();
  private readonly layers: readonly { readonly conv: GatConv; readonly skip: Linear }[];
  private readonly neighbors: SparseOperand;
  private readonly target: SparseOperand;

  constructor(nIn: number, { hidden, latent }: Sizes, graph: CsrMatrix, rng: Rng) {
    const wide = GAT_HEADS * hidden;
    const layer = (name: string, from: number, nOut: number, combine: 'concat' | 'mean') => ({
      conv: new GatConv(this.parameters, name, {
        ...{ nIn: from, nOut, heads: GAT_HEADS, combine },
        rng,
      }),
      skip: new Linear(
        this.parameters,
        `${name}/skip`,
        from,
        combine === 'concat' ? wide : nOut,
        rng,
        { bias: false },
      ),
    });
    this.layers = [layer('0', nIn, hidden, 'concat'), layer('1', wide, latent, 'mean')];
    this.neighbors = new SparseOperand(graph);
    this.target = linksWithLoops(graph);
  }

  embed(x: tf.Tensor2D): tf.Tensor2D {
    return this.layers.reduce((h, { conv, skip }, i) => {
      const out = tf.add<tf.Tensor2D>(conv.apply(this.neighbors, h), skip.apply(h));
      return i === 0 ? tf.elu(out) : out;
    }, x);
  }

  loss(x: tf.Tensor2D): LossTerms {
    const loss = graphReconstructionLoss(this.embed(x), this.target, {
      positiveWeight: 1,
      norm: 1,
    });
    return { loss };
  }
}

/** 1 for each link and each cell with itself. */
function linksWithLoops(graph: CsrMatrix): SparseOperand {
  return new SparseOperand(withSelfLoops(graph.withData(new Float32Array(graph.nnz).fill(1))));
}

/** 1 where a feature is above its mean over cells, 0 elsewhere. */
export function aboveMean(features: DenseMatrix): DenseMatrix {
  const means = features.columnSums().map((sum) => sum / features.nRows);
  const width = features.nCols;
  const values = features.data.map((value, e) => (value > means[e % width]! ? 1 : 0));
  return new DenseMatrix(features.nRows, width, values);
}
