import { DataError, toCsr, type CsrMatrix, type DenseMatrix, type Rng } from '@dance-ts/core';
import {
  applyToFeatures,
  CountHeads,
  decKl,
  dropout,
  gatherRows,
  GcnConv,
  graphLaplacian,
  innerProductError,
  laplacianPenalty,
  Linear,
  logSoftAssign,
  meanCountNll,
  meanSquaredError,
  ParameterSet,
  sddmm,
  SparseOperand,
  spmm,
  stopGradient,
  storedEntriesError,
  symmetricNormalized,
  symmetricPart,
  type Features,
  type LossTerms,
  type Parameter,
  type SparseFeatures,
} from '@dance-ts/nn';
import * as tf from '@tensorflow/tfjs';
import type { SoftAssignment } from './cluster-training.js';
import type { CountInput } from './count-input.js';
import { fromTensor, toTensor } from './tensors.js';

/** Sizes and loss weights of a {@link CellGeneNetwork}, as the parameters of the model name them. */
export interface CellGeneSettings {
  readonly zDim: number;
  readonly cellLayers: readonly number[];
  readonly geneLayers: readonly number[];
  readonly dropout: number;
  readonly alpha: number;
  readonly recGamma: number;
  readonly cluGamma: number;
  readonly cellGamma: number;
  readonly geneGamma: number;
  readonly zinbGamma: number;
  readonly cellGraph: number;
  readonly cellSparse: number;
  readonly graphGamma: number;
  readonly graphSparse: number;
  readonly graphRegNorm: 'N' | 'none';
  readonly compat: 'paper' | 'repo';
}

/** Weight of the squared dropout probabilities in the likelihood. */
const RIDGE = 1;
/** Smallest mean and dispersion of the repository's likelihood. */
const [SMALLEST_MEAN, SMALLEST_DISPERSION] = [1e-5, 1e-4];

/** All cells and genes, with what the loss needs of them as tensors. */
export class CellsAndGenes {
  readonly x: CsrMatrix; // [nCells, nGenes]
  readonly stored: SparseOperand; // [nCells, nGenes]
  readonly cells: SparseFeatures; // [nCells, nGenes]
  readonly genes: SparseOperand; // [nGenes, nCells]
  readonly geneGraph: SparseOperand; // [nGenes, nGenes], undirected
  readonly geneConvolution: SparseOperand; // [nGenes, nGenes], normalized
  readonly cellLaplacian: SparseOperand; // [nCells, nCells]
  readonly geneLaplacian: SparseOperand; // [nGenes, nGenes]
  /** Target of the cell autoencoder, [nCells, nGenes]; only if it is needed. */
  readonly dense: tf.Tensor2D | undefined;
  /** Counts, [nCells, nGenes]; only if they are needed. */
  readonly counts: tf.Tensor2D | undefined;
  readonly sizeFactors: tf.Tensor1D; // [nCells]
  private readonly shift: tf.Tensor1D;

  constructor(
    { x, counts, sizeFactors }: CountInput,
    graphs: { readonly cells: CsrMatrix; readonly genes: CsrMatrix },
    { cellGamma, zinbGamma, compat }: CellGeneSettings,
  ) {
    this.x = toCsr(x);
    this.stored = new SparseOperand(this.x);
    this.genes = this.stored.transpose;
    const genes = symmetricPart(graphs.genes);
    this.geneGraph = new SparseOperand(genes);
    this.geneConvolution = symmetricNormalized(genes);
    this.geneLaplacian = graphLaplacian(genes);
    this.cellLaplacian = graphLaplacian(graphs.cells);
    this.shift = tf.zeros([x.nCols]);
    this.cells = { values: this.stored, shift: this.shift };
    this.sizeFactors = tf.tensor1d(sizeFactors);
    if (cellGamma > 0) this.dense = toTensor(x.toDense());
    if (zinbGamma > 0) this.counts = toTensor((compat === 'paper' ? counts : x).toDense());
  }

  dispose(): void {
    tf.dispose([this.shift, this.sizeFactors, this.dense ?? [], this.counts ?? []]);
  }
}

/** The network of scSAG2E: an autoencoder of cells, a graph autoencoder of genes, centers. */
export class CellGeneNetwork {
  readonly parameters = new ParameterSet();
  private readonly cellEncoder: readonly Linear[];
  private readonly cellDecoder: readonly Linear[];
  private readonly cellOutput: Linear;
  private readonly heads: CountHeads;
  private readonly embedding: Linear;
  private readonly geneEncoder: readonly GcnConv[];
  private readonly geneDecoder: readonly GcnConv[];
  private readonly geneOutput: Linear;
  private centers: Parameter | undefined; // [K, zDim]

  constructor(
    private readonly settings: CellGeneSettings,
    [nCells, nGenes]: readonly [number, number],
    rng: Rng,
  ) {
    const { cellLayers, geneLayers, zDim } = settings;
    const linear = (name: string, nIn: number, nOut: number): Linear =>
      new Linear(this.parameters, name, nIn, nOut, rng);
    const convolution = (name: string, nIn: number, nOut: number): GcnConv =>
      new GcnConv(this.parameters, name, { nIn, nOut, rng });
    const chain = <T>(
      name: string,
      widths: readonly number[],
      make: (name: string, nIn: number, nOut: number) => T,
    ): T[] => widths.slice(1).map((nOut, i) => make(`${name}${i + 1}`, widths[i]!, nOut));
    const cellsBack = [...cellLayers].reverse();
    const genesBack = [...geneLayers].reverse();
    this.cellEncoder = chain('cell/encoder', [nGenes, ...cellLayers], linear);
    this.cellDecoder = chain('cell/decoder', cellsBack, linear);
    this.cellOutput = linear('cell/output', cellLayers[0]!, nGenes);
    this.heads = new CountHeads(this.parameters, 'heads', cellLayers[0]!, nGenes, rng);
    this.embedding = linear('embedding', cellsBack[0]!, zDim);
    this.geneEncoder = chain('gene/encoder', [nCells, ...geneLayers], convolution);
    this.geneDecoder = chain('gene/decoder', genesBack, convolution);
    this.geneOutput = linear('gene/output', geneLayers[0]!, nCells);
  }

  /** Adds the centers of the clusters. */
  addCenters(centers: DenseMatrix): void {
    this.centers = this.parameters.add('centers', centers.shape, centers.data);
  }

  /** Parameters of one of the autoencoders. */
  parametersOf(part: 'cell' | 'gene'): Parameter[] {
    return this.parameters.trainable().filter(({ name }) => name.startsWith(`${part}/`));
  }

  /** Those that joint training changes: the decoder of genes gives way to inner products. */
  jointParameters(): Parameter[] {
    return this.parameters
      .trainable()
      .filter(({ name }) => !name.startsWith('gene/decoder') && !name.startsWith('gene/output'));
  }

  /**
   * Scales the code of genes, through the weights of its last layer, by the number with which the
   * product of the codes fits the stored expression best. The separate pre-trainings leave the
   * product at any size, often a thousand times the expression.
   */
  async fitScaleOfGenes(data: CellsAndGenes): Promise<void> {
    const scale = tf.tidy(() => {
      const { stored, x } = data;
      const products = sddmm(stored, this.encodeCells(data.cells), this.encodeGenes(data)); // [nnz, 1]
      const agreement = tf.sum(tf.mul(products, tf.tensor2d(x.data, [x.nnz, 1])));
      return tf.div(agreement, tf.sum(tf.square(products)));
    });
    const [factor = NaN] = await scale.data<'float32'>();
    scale.dispose();
    // Not a number where every product is 0.
    if (!(factor > 0 && factor < Infinity)) return;
    const last = this.geneEncoder.at(-1);
    for (const parameter of [last?.weight, last?.bias]) {
      parameter?.set((await parameter.read()).map((value) => value * factor));
    }
  }

  /** Squared error of a batch of cells, [batch, nGenes]. */
  cellReconstruction(x: tf.Tensor2D, rng: Rng): tf.Scalar {
    const hidden = this.decodeCells(this.encodeCells(x, rng), rng);
    return meanSquaredError(this.cellOutput.apply(hidden), x);
  }

  /** Squared error of a batch of genes, given as rows of the transposed expression. */
  geneReconstruction(
    data: CellsAndGenes,
    batch: Int32Array,
    target: tf.Tensor2D, // [batch, nCells]
    rng: Rng,
  ): tf.Scalar {
    const hidden = this.geneDecoder.reduce(
      (h, layer, i) => {
        const active = tf.relu(layer.apply(data.geneConvolution, h));
        return this.drop(active, rng.fork(`gene-decoder-${i}`));
      },
      this.encodeGenes(data, rng),
    );
    return meanSquaredError(this.geneOutput.apply(gatherRows(hidden, batch)), target);
  }

  /**
   * The terms of the joint loss; those of weight 0 are left out.
   *
   * @param p - target of the clusters, [nCells, K]
   */
  loss(data: CellsAndGenes, p: tf.Tensor2D, rng: Rng): LossTerms {
    const { settings } = this;
    const isPaper = settings.compat === 'paper';
    // The repository's joint training never leaves the mode of evaluation.
    const noise = isPaper ? rng : undefined;
    const cells = this.encodeCells(data.cells, noise);
    const decoded = once(() => this.decodeCells(cells, noise));
    const genes = once(() => this.encodeGenes(data, noise));
    const perNode = settings.graphRegNorm === 'N';
    const smoothness = (laplacian: SparseOperand, h: tf.Tensor2D): tf.Scalar =>
      tf.div(laplacianPenalty(laplacian, h), perNode ? h.shape[0] : 1);
    // The repository's product carries no gradient, and its penalties are off or constant.
    const factor = (h: tf.Tensor2D): tf.Tensor2D => (isPaper ? h : stopGradient(h));
    const penalty = isPaper ? 1 : 0;
    const ofCells = settings.cellGamma * penalty;
    const terms: readonly (readonly [string, number, () => tf.Scalar])[] = [
      [
        'rec',
        settings.recGamma,
        () => storedEntriesError(data.stored, factor(cells), factor(genes())),
      ],
      [
        'kl',
        settings.cluGamma,
        () => decKl(p, this.logAssignment(this.embedding.apply(cells))).asScalar(),
      ],
      ['cell', settings.cellGamma, () => this.cellError(data, decoded())],
      ['cellGraph', ofCells * settings.cellGraph, () => smoothness(data.cellLaplacian, cells)],
      ['cellSparse', ofCells * settings.cellSparse, () => meanAbsolute(cells)],
      ['gene', settings.geneGamma, () => innerProductError(data.geneGraph, genes())],
      ['geneGraph', settings.graphGamma * penalty, () => smoothness(data.geneLaplacian, genes())],
      ['geneSparse', settings.graphSparse * penalty, () => meanAbsolute(genes())],
      ['zinb', settings.zinbGamma, () => this.likelihood(data, decoded())],
    ];
    const used = terms
      .filter(([, weight]) => weight > 0)
      .map(([name, weight, term]) => ({ name, weight, value: term() }));
    return {
      loss: tf.addN(used.map(({ value, weight }) => tf.mul(value, weight))).asScalar(),
      ...Object.fromEntries(used.map(({ name, value }) => [name, value])),
    };
  }

  /** Embedding of all cells, without dropout. */
  async embed(data: CellsAndGenes): Promise<DenseMatrix> {
    return fromTensor(tf.tidy(() => this.embedding.apply(this.encodeCells(data.cells))));
  }

  /** Embedding and soft clusters of all cells, without dropout. */
  async assign(data: CellsAndGenes): Promise<SoftAssignment> {
    const [latent, logQ] = tf.tidy(() => {
      const z = this.embedding.apply(this.encodeCells(data.cells));
      return [z, this.logAssignment(z)];
    });
    return { latent: await fromTensor(latent), logQ: await fromTensor(logQ) };
  }

  /** q of each cluster for some cells, [n, nGenes] -\> [n, K]; their graphs play no part in it. */
  probabilities(x: tf.Tensor2D): tf.Tensor2D {
    return tf.exp(this.logAssignment(this.embedding.apply(this.encodeCells(x))));
  }

  private encodeCells(x: Features, rng?: Rng): tf.Tensor2D {
    return this.cellEncoder.reduce<Features>((h, layer, i) => {
      const active = tf.relu(applyToFeatures(layer, h));
      return this.drop(active, rng?.fork(`cell-encoder-${i}`));
    }, x) as tf.Tensor2D;
  }

  private decodeCells(cells: tf.Tensor2D, rng?: Rng): tf.Tensor2D {
    return this.cellDecoder.reduce(
      (h, layer, i) => this.drop(layer.apply(h, true), rng?.fork(`cell-decoder-${i}`)),
      cells,
    );
  }

  /** The first layer multiplies the sparse expression by its weights, then by the graph. */
  private encodeGenes({ genes, geneConvolution }: CellsAndGenes, rng?: Rng): tf.Tensor2D {
    const [first, ...others] = this.geneEncoder as [GcnConv, ...GcnConv[]];
    const projected = spmm(genes, first.weight.variable as tf.Variable<tf.Rank.R2>);
    const gathered = tf.add(spmm(geneConvolution, projected), biasOf(first));
    const h = this.drop(tf.relu(gathered) as tf.Tensor2D, rng?.fork('gene-encoder-0'));
    return others.reduce((input, layer, i) => {
      const active = tf.relu(layer.apply(geneConvolution, input));
      return this.drop(active, rng?.fork(`gene-encoder-${i + 1}`));
    }, h);
  }

  private cellError({ dense }: CellsAndGenes, decoded: tf.Tensor2D): tf.Scalar {
    if (dense === undefined) throw new DataError('the expression was not made dense');
    return meanSquaredError(this.cellOutput.apply(decoded), dense);
  }

  private likelihood({ counts, sizeFactors }: CellsAndGenes, decoded: tf.Tensor2D): tf.Scalar {
    if (counts === undefined) throw new DataError('the counts were not made dense');
    const logits = this.heads.apply(decoded);
    if (this.settings.compat === 'paper') {
      return meanCountNll({ counts, sizeFactors, ...logits }, { activate: true, ridge: RIDGE });
    }
    const { mean, dispersion, dropout: inflation = tf.zerosLike(mean) } = logits;
    const model = {
      counts,
      mean: tf.add<tf.Tensor2D>(tf.relu(mean), SMALLEST_MEAN),
      dispersion: tf.add<tf.Tensor2D>(tf.softplus(dispersion), SMALLEST_DISPERSION),
      dropout: tf.sigmoid(inflation),
    };
    return meanCountNll(model, { ridge: RIDGE });
  }

  private logAssignment(z: tf.Tensor2D): tf.Tensor2D {
    const centers = this.centers?.variable as tf.Variable<tf.Rank.R2>;
    const { alpha, compat } = this.settings;
    return logSoftAssign(z, centers, {
      alpha,
      exponent: compat === 'paper' ? (alpha + 1) / 2 : alpha + 1,
    });
  }

  private drop(h: tf.Tensor2D, rng: Rng | undefined): tf.Tensor2D {
    return rng === undefined ? h : dropout(h, this.settings.dropout, rng);
  }
}

/** The result of the first call, for every call. */
function once<T>(compute: () => T): () => T {
  let value: { readonly of: T } | undefined;
  return () => (value ??= { of: compute() }).of;
}

function meanAbsolute(h: tf.Tensor2D): tf.Scalar {
  return tf.mean(tf.mean(tf.abs(h), 1));
}

function biasOf({ bias }: GcnConv): tf.Tensor1D {
  return bias?.variable as tf.Tensor as tf.Tensor1D;
}
