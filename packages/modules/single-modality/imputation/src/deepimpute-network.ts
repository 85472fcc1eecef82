import { DenseMatrix, Pacer, type CsrMatrix, type Rng, type RunOptions } from '@dance-ts/core';
import {
  BatchBuffer,
  dropout,
  Linear,
  ParameterSet,
  SparseOperand,
  spmm,
  xavierUniform,
  type Parameter,
} from '@dance-ts/nn';
import type { GeneBlock } from '@dance-ts/transforms';
import * as tf from '@tensorflow/tfjs';

const CELLS_AT_ONCE = 512;

/** Widths of a {@link BlockNetwork}. */
export interface BlockShape {
  readonly nPredictors: number;
  readonly hiddenDim: number;
  readonly nTargets: number;
}

/** Network of a block of genes: dense, ReLU, dropout, dense, softplus; sparse input. */
export class BlockNetwork {
  private readonly first: Linear;
  private readonly second: Linear;

  constructor(
    parameters: ParameterSet,
    name: string,
    { nPredictors, hiddenDim, nTargets }: BlockShape,
    rng: Rng,
  ) {
    const glorot = (layer: string, nIn: number, nOut: number): Linear =>
      new Linear(parameters, `${name}/${layer}`, nIn, nOut, rng, {
        weight: xavierUniform(nIn, nOut, rng.fork(`${name}/${layer}`)),
        bias: new Float32Array(nOut),
      });
    this.first = glorot('hidden', nPredictors, hiddenDim);
    this.second = glorot('output', hiddenDim, nTargets);
  }

  /**
   * @param predictors - [n, nPredictors]
   * @param drop - rate and stream of dropout; nothing is dropped without it
   * @returns [n, nTargets], above 0
   */
  apply(predictors: CsrMatrix, drop?: { readonly rate: number; readonly rng: Rng }): tf.Tensor2D {
    const { weight, bias } = this.first;
    const product = spmm(new SparseOperand(predictors), matrixOf(weight));
    const hidden = tf.relu(bias === undefined ? product : tf.add(product, bias.variable));
    const kept = drop === undefined ? hidden : dropout(hidden, drop.rate, drop.rng);
    return tf.softplus(this.second.apply(kept as tf.Tensor2D));
  }
}

function matrixOf(parameter: Parameter): tf.Tensor2D {
  return parameter.variable as tf.Tensor as tf.Tensor2D;
}

/**
 * Mean over all entries of w (y - p)^2, w = y or, with `binary`, 1 where y is above 0. Zeros, and
 * with them what was masked, have no part in it.
 *
 * Source: Arisdakessian et al., Genome Biology 20:211, 2019.
 *
 * @param target - y, [n, nTargets], gets no gradient
 * @param prediction - p, the same shape
 */
export function weightedSquaredError(
  target: tf.Tensor2D,
  prediction: tf.Tensor2D,
  binary = false,
): tf.Scalar {
  const weight = binary ? tf.cast(tf.greater(target, 0), 'float32') : target;
  return tf.mean(tf.mul(weight, tf.square(tf.sub(target, prediction))));
}

/** Cells as the networks see them: [nCells, nPredictors] by block. */
export type BlockInputs = readonly CsrMatrix[];

/** Input and target of a block for batches of cells. */
export class BlockBatches {
  private readonly targets: BatchBuffer;

  /**
   * @param predictors - [nCells, nPredictors]
   * @param targets - [nCells, nTargets]
   */
  constructor(
    private readonly predictors: CsrMatrix,
    targets: CsrMatrix,
  ) {
    this.targets = new BatchBuffer(targets);
  }

  /** The target belongs to the buffer; the next batch of that size overwrites it. */
  take(cells: Int32Array): { predictors: CsrMatrix; targets: tf.Tensor2D } {
    return { predictors: this.predictors.selectRows(cells), targets: this.targets.take(cells) };
  }

  /** Frees the buffer. */
  dispose(): void {
    this.targets.dispose();
  }
}

/** Parameters of {@link BlockNetworks}, see `DeepImpute`. */
export interface NetworkParams {
  readonly hiddenDim: number;
  readonly dropout: number;
  readonly binary: boolean;
}

/** The networks of all blocks. */
export class BlockNetworks {
  readonly parameters = new ParameterSet();
  private readonly networks: readonly BlockNetwork[];

  constructor(
    readonly blocks: readonly GeneBlock[],
    private readonly params: NetworkParams,
    rng: Rng,
  ) {
    const { hiddenDim } = params;
    this.networks = blocks.map(({ predictors, targets }, b) => {
      const shape = { nPredictors: predictors.length, hiddenDim, nTargets: targets.length };
      return new BlockNetwork(this.parameters, `block${b}`, shape, rng);
    });
  }

  /** Sum of the losses of the blocks: each gets the gradient of its own. */
  loss(batches: readonly BlockBatches[], cells: Int32Array, rng: Rng): tf.Scalar {
    const { dropout: rate, binary } = this.params;
    const losses = this.networks.map((network, b) => {
      const { predictors, targets } = batches[b]!.take(cells);
      const prediction = network.apply(predictors, { rate, rng: rng.fork(`block${b}`) });
      return weightedSquaredError(targets, prediction, binary);
    });
    return tf.addN(losses);
  }

  /** What the networks see of some cells. */
  inputs(X: CsrMatrix): BlockInputs {
    return this.blocks.map(({ predictors }) => X.selectColumns(predictors));
  }

  /** log(1 + count) of every gene, [nCells, nGenes]. */
  async predict(X: CsrMatrix, options: RunOptions): Promise<DenseMatrix> {
    const out = DenseMatrix.zeros(X.nRows, X.nCols);
    const inputOf = ({ predictors }: GeneBlock): CsrMatrix => X.selectColumns(predictors);
    await this.forEachCell(inputOf, options, (cell, targets, values) => {
      const row = out.row(cell);
      targets.forEach((gene, j) => {
        row[gene] = values[j]!;
      });
    });
    return out;
  }

  /** Sum of weight x (truth - prediction)^2 over the stored entries of the truth. */
  async squaredError(
    inputs: BlockInputs,
    truth: CsrMatrix,
    weight: (value: number, nTargets: number) => number,
    options: RunOptions,
  ): Promise<number> {
    const place = new Int32Array(truth.nCols);
    let [current, sum] = [undefined as Int32Array | undefined, 0];
    const inputOf = (_: GeneBlock, b: number): CsrMatrix => inputs[b]!;
    await this.forEachCell(inputOf, options, (cell, targets, values) => {
      if (targets !== current) {
        place.fill(-1);
        targets.forEach((gene, j) => {
          place[gene] = j;
        });
        current = targets;
      }
      const { indices, data } = truth.row(cell);
      indices.forEach((gene, e) => {
        const [j, value] = [place[gene]!, data[e]!];
        if (j >= 0) sum += weight(value, targets.length) * (value - values[j]!) ** 2;
      });
    });
    return sum;
  }

  /** The training loss on some cells, without dropout. */
  async weightedError(inputs: BlockInputs, X: CsrMatrix, options: RunOptions): Promise<number> {
    const { binary } = this.params;
    const weight = (value: number, nTargets: number): number => (binary ? 1 : value) / nTargets;
    return (await this.squaredError(inputs, X, weight, options)) / X.nRows;
  }

  /** Visits what each network says of each cell, network by network. */
  private async forEachCell(
    inputOf: (block: GeneBlock, b: number) => CsrMatrix,
    { signal }: RunOptions,
    visit: (cell: number, targets: Int32Array, values: Float32Array) => void,
  ): Promise<void> {
    const pacer = new Pacer(signal);
    for (const [b, block] of this.blocks.entries()) {
      const { targets } = block;
      const inputs = inputOf(block, b);
      for (let start = 0; start < inputs.nRows; start += CELLS_AT_ONCE) {
        await pacer.tick();
        const length = Math.min(CELLS_AT_ONCE, inputs.nRows - start);
        const cells = inputs.selectRows(Int32Array.from({ length }, (_, i) => start + i));
        const tensor = tf.tidy(() => this.networks[b]!.apply(cells)); // [cells, targets]
        const values = await tensor.data<'float32'>();
        tensor.dispose();
        const width = targets.length;
        for (let i = 0; i < length; i++) {
          visit(start + i, targets, values.subarray(i * width, (i + 1) * width));
        }
      }
    }
  }
}
