import type { Rng } from '@dance-ts/core';
import {
  BatchNorm,
  CountHeads,
  dropout,
  Linear,
  Mlp,
  ParameterSet,
  spmm,
  torchLinear,
  type CountLogits,
  type Parameter,
  type SparseOperand,
} from '@dance-ts/nn';
import * as tf from '@tensorflow/tfjs';

/** The normalized graphs along which cells hear of each other, [nCells, nCells]. */
export interface HeteroGraphs {
  readonly oneHop: SparseOperand;
  /** Cells exactly two steps apart. */
  readonly twoHop: SparseOperand;
}

/** What the network is made for. */
export interface HeteroNetworkOptions {
  readonly nGenes: number;
  readonly nClasses: number;
  readonly hiddenDim: number;
  readonly nLayers: number;
  readonly dropout: number;
  readonly useBn: boolean;
  /** Whether there is a decoder of counts. */
  readonly decoder: boolean;
}

const DECODER_WIDTHS = [32, 128];

/**
 * Network of scHeteroNet. Embedding x_0 = ReLU(x W + b); without weights, each layer puts the means
 * over one-hop and over two-hop neighbors side by side, x_l = [A1 x_(l-1), A2 x_(l-1)]; all x_l
 * together are the hidden state, from which a linear layer gives the classes and a decoder the
 * parameters of a zero-inflated negative binomial. Between two layers there is batch normalization.
 */
export class HeteroNetwork {
  readonly parameters = new ParameterSet();
  /** Weight of the embedding, [nGenes, hiddenDim]. */
  readonly embedding: Parameter;
  private readonly bias: Parameter; // [hiddenDim]
  private readonly norms: readonly BatchNorm[];
  private readonly classifier: Linear;
  private readonly decoder: { readonly trunk: Mlp; readonly heads: CountHeads } | undefined;

  constructor(
    private readonly options: HeteroNetworkOptions,
    rng: Rng,
  ) {
    const { nGenes, nClasses, hiddenDim, nLayers, useBn, decoder } = options;
    const { parameters } = this;
    const initial = (size: number, name: string): Float32Array =>
      torchLinear(size, nGenes, rng.fork(`embedding-${name}`));
    this.embedding = parameters.add(
      'embedding/weight',
      [nGenes, hiddenDim],
      initial(nGenes * hiddenDim, 'weight'),
    );
    this.bias = parameters.add('embedding/bias', [hiddenDim], initial(hiddenDim, 'bias'));
    this.norms = Array.from({ length: useBn ? nLayers - 1 : 0 }, (_, l) => {
      return new BatchNorm(parameters, `norm${l}`, hiddenDim * 2 ** (l + 1));
    });
    const width = hiddenDim * (2 ** (nLayers + 1) - 1);
    this.classifier = new Linear(parameters, 'classifier', width, nClasses, rng);
    if (!decoder) return;
    const widths = [width, ...DECODER_WIDTHS];
    this.decoder = {
      trunk: new Mlp(parameters, 'decoder', widths, rng),
      heads: new CountHeads(parameters, 'heads', DECODER_WIDTHS.at(-1) ?? width, nGenes, rng),
    };
  }

  /**
   * Hidden state of all cells, [nCells, hiddenDim (2^(nLayers + 1) - 1)].
   *
   * @param x - [nCells, nGenes]
   * @param rng - stream of the dropout; with it, the state is that of training
   */
  hidden(x: SparseOperand | tf.Tensor2D, { oneHop, twoHop }: HeteroGraphs, rng?: Rng): tf.Tensor2D {
    const { nLayers } = this.options;
    const weight = this.embedding.variable as tf.Tensor as tf.Tensor2D;
    const projected = x instanceof tf.Tensor ? tf.matMul(x, weight) : spmm(x, weight);
    let h = tf.relu(tf.add<tf.Tensor2D>(projected, this.bias.variable));
    const states = [h];
    h = this.drop(h, rng, 0);
    for (let l = 1; l <= nLayers; l++) {
      h = tf.concat([spmm(oneHop, h), spmm(twoHop, h)], 1);
      const isLast = l === nLayers;
      const norm = isLast ? undefined : this.norms[l - 1];
      if (norm !== undefined) h = norm.apply(h, rng !== undefined);
      const dropped = this.drop(h, rng, l);
      states.push(isLast ? dropped : h);
      h = dropped;
    }
    return tf.concat(states, 1);
  }

  /** Logits of the classes, [n, nClasses]. */
  classify(hidden: tf.Tensor2D): tf.Tensor2D {
    return this.classifier.apply(hidden);
  }

  /** Parameters of the counts before their activations, [n, nGenes]; undefined without decoder. */
  decode(hidden: tf.Tensor2D): CountLogits | undefined {
    return this.decoder?.heads.apply(this.decoder.trunk.apply(hidden));
  }

  private drop(x: tf.Tensor2D, rng: Rng | undefined, layer: number): tf.Tensor2D {
    const { dropout: rate } = this.options;
    return rng === undefined ? x : dropout(x, rate, rng.fork(`dropout-${layer}`));
  }
}
