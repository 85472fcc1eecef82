import type { CsrMatrix, DenseMatrix, Rng } from '@dance-ts/core';
import {
  dropout,
  Linear,
  ParameterSet,
  SparseOperand,
  spmm,
  WeightedAggregation,
  weightedEdges,
  xavierUniform,
  type Parameter,
  type WeightedEdges,
} from '@dance-ts/nn';
import { weightedCellFeatures } from '@dance-ts/transforms';
import * as tf from '@tensorflow/tfjs';
import { toMatrix, toTensor } from './tensors.js';

/** Cells of the graph of cells and genes. */
export interface CellNodes {
  /** Edges from their genes. */
  readonly edges: WeightedEdges;
  /** [nCells, nFeatures] */
  readonly features: DenseMatrix;
}

/** Genes of the graph of cells and genes. */
export interface GeneNodes {
  /** [nGenes, nFeatures] */
  readonly features: DenseMatrix;
  /** What they gather for a second layer. */
  readonly gathered?: {
    /** Weighted features of their cells, divided by 1 + the number of cells; as `features`. */
    readonly cells: DenseMatrix;
    /** Their own features, divided likewise. */
    readonly own: DenseMatrix;
  };
}

/**
 * Nodes of cells whose features are the mean of their genes' features, weighted by expression.
 *
 * @param expression - [nCells, nGenes], > 0 where stored
 * @param geneFeatures - [nGenes, nFeatures]
 */
export async function cellNodes(
  expression: CsrMatrix,
  geneFeatures: DenseMatrix,
): Promise<CellNodes> {
  return {
    edges: weightedEdges(expression, true),
    features: await weightedCellFeatures(expression, geneFeatures),
  };
}

/** Some of the cells, in the order given. */
export function takeNodes({ edges, features }: CellNodes, rows: Int32Array): CellNodes {
  return {
    edges: {
      graph: new SparseOperand(edges.graph.matrix.selectRows(rows)),
      ownScale: Float32Array.from(rows, (row) => edges.ownScale[row]!),
    },
    features: features.selectRows(rows),
  };
}

/** What the network is made for. */
export interface NetworkSizes {
  readonly nGenes: number;
  readonly nFeatures: number;
  readonly nClasses: number;
}

/** Options of {@link SortNetwork}. */
export interface SortNetworkOptions {
  readonly hiddenDim: number;
  readonly nLayers: number;
  /** Rate, of what a node has gathered. */
  readonly dropout: number;
  /** With 'dance' nothing is gathered: each node keeps its own features. */
  readonly compat: 'paper' | 'dance';
}

/** Learned factors of edges; each a parameter of its own. */
interface Confidence {
  readonly beta: Parameter; // [nGenes], of the edges of a gene
  readonly ofCells: Parameter; // [1], of the self loops of cells
  readonly ofGenes: Parameter; // [1], of the self loops of genes
}

/**
 * The network of scDeepSort: one or two weighted aggregations that share the confidence of the
 * edges, then a linear layer.
 */
export class SortNetwork {
  readonly parameters = new ParameterSet();
  private readonly layers: readonly WeightedAggregation[];
  private readonly classifier: Linear;
  private readonly confidence: Confidence | undefined;

  constructor(
    private readonly options: SortNetworkOptions,
    { nGenes, nFeatures, nClasses }: NetworkSizes,
    rng: Rng,
  ) {
    const { hiddenDim: nOut, nLayers, compat } = options;
    this.layers = Array.from({ length: nLayers }, (_, l) => {
      const nIn = l === 0 ? nFeatures : nOut;
      return new WeightedAggregation(this.parameters, `layer${l}`, { nIn, nOut, rng });
    });
    this.classifier = new Linear(this.parameters, 'classifier', nOut, nClasses, rng, {
      weight: xavierUniform(nOut, nClasses, rng.fork('classifier-weight'), Math.SQRT2),
    });
    if (compat === 'dance') return;
    const ones = (name: string, size: number): Parameter =>
      this.parameters.add(name, [size], new Float32Array(size).fill(1));
    this.confidence = {
      beta: ones('beta', nGenes),
      ofCells: ones('alpha/cells', 1),
      ofGenes: ones('alpha/genes', 1),
    };
  }

  /**
   * Logits of the classes, [nCells, nClasses].
   *
   * @param levels - features of the genes below each layer, from {@link geneLevels}
   * @param rng - stream of the dropout; without one nothing is dropped
   */
  logits(cells: CellNodes, levels: readonly tf.Tensor2D[], rng?: Rng): tf.Tensor2D {
    let h = toTensor(cells.features);
    for (const [l, layer] of this.layers.entries()) {
      const gathered = this.gather(cells.edges, levels[l], h, layer);
      h = layer.project(this.drop(gathered, rng?.fork(`cells-${l}`)));
    }
    return this.classifier.apply(h);
  }

  /**
   * Logits as a function of expression, [n, nGenes] -\> [n, nClasses]. What edges and own features
   * are divided by, the number of genes of a cell and the sum of their weights, stays that of the
   * graph, so that all that reaches a cell is linear in its expression.
   *
   * @param edges - expression of the same cells in the graph, > 0 where stored
   * @param levels - features of the genes below each layer
   */
  logitsOfExpression(
    x: tf.Tensor2D,
    edges: CsrMatrix,
    levels: readonly tf.Tensor2D[],
  ): tf.Tensor2D {
    const shares = edges.rowSums().map((sum) => (sum > 0 ? 1 / sum : 0));
    const { ownScale } = weightedEdges(edges, true);
    const column = (values: ArrayLike<number>): tf.Tensor2D =>
      tf.tensor2d(Float32Array.from(values), [edges.nRows, 1]);
    const means = tf.mul<tf.Tensor2D>(x, column(shares)); // [n, nGenes]
    const edgeScale = column(ownScale.map((scale) => 1 - scale)); // genes / (1 + genes)
    return this.classifier.apply(
      this.layers.reduce(
        (h, layer, l) => {
          const genes = levels[l];
          if (this.confidence === undefined || genes === undefined) return layer.project(h);
          const { beta, ofCells } = this.confidence;
          const trusted = tf.mul(genes, tf.reshape(beta.variable, [-1, 1]));
          const heard = tf.mul(tf.matMul(means, trusted), edgeScale);
          const own = tf.mul(tf.mul(h, column(ownScale)), tf.reshape(ofCells.variable, [1, 1]));
          return layer.project(tf.add<tf.Tensor2D>(heard, own));
        },
        tf.matMul<tf.Tensor2D>(means, levels[0]!),
      ),
    );
  }

  /** Probabilities of the classes, [nCells, nClasses]. */
  async probabilities(cells: CellNodes, levels: () => tf.Tensor2D[]): Promise<DenseMatrix> {
    return toMatrix(tf.tidy(() => tf.softmax(this.logits(cells, levels()))));
  }

  /**
   * What `geneLevels` needs of the genes: with a second layer the features of their cells, which
   * no training changes.
   *
   * @param expression - [nCells, nGenes] of the cells they gather from
   */
  async geneNodes(
    expression: CsrMatrix,
    cells: CellNodes,
    features: DenseMatrix,
  ): Promise<GeneNodes> {
    if (this.layers.length === 1 || this.confidence === undefined) return { features };
    const { graph, ownScale } = weightedEdges(expression.transpose(), true);
    const gathered = await toMatrix(tf.tidy(() => spmm(graph, toTensor(cells.features))));
    return { features, gathered: { cells: gathered, own: features.scaleRows(ownScale) } };
  }

  /** Features of the genes below each layer, [nGenes, width] each. */
  geneLevels({ features, gathered }: GeneNodes, rng?: Rng): tf.Tensor2D[] {
    const first = toTensor(features);
    if (gathered === undefined || this.confidence === undefined) return [first];
    const { beta, ofGenes } = this.confidence;
    const fromCells = tf.mul(toTensor(gathered.cells), tf.reshape(beta.variable, [-1, 1]));
    const own = tf.mul(toTensor(gathered.own), tf.reshape(ofGenes.variable, [1, 1]));
    const all = this.drop(tf.add<tf.Tensor2D>(fromCells, own), rng?.fork('genes'));
    return [first, this.layers[0]!.project(all)];
  }

  private gather(
    edges: WeightedEdges,
    genes: tf.Tensor2D | undefined,
    own: tf.Tensor2D,
    layer: WeightedAggregation,
  ): tf.Tensor2D {
    if (this.confidence === undefined || genes === undefined) return own;
    const { beta, ofCells } = this.confidence;
    return layer.aggregate(edges, { beta: beta.variable, alpha: ofCells.variable }, genes, own);
  }

  private drop(x: tf.Tensor2D, rng: Rng | undefined): tf.Tensor2D {
    return rng === undefined ? x : dropout(x, this.options.dropout, rng);
  }
}
