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
/** Share of values that are not 0 above which a dense product is the faster one. */
const DENSE_ABOVE = 1 / 3;

/** Widths of a {@link BlockNetwork}. */
export interface BlockShape {
  readonly nPredictors: number;
  readonly hiddenDim: number;
  readonly nTargets: number;
}

/** Network of a block of genes: dense, ReLU, dropout, dense, softplus. */
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
  apply(
    predictors: CsrMatrix | tf.Tensor2D,
    drop?: { readonly rate: number; readonly rng: Rng },
  ): tf.Tensor2D {
    const hidden = tf.relu(this.project(predictors));
    const kept = drop === undefined ? hidden : dropout(hidden, drop.rate, drop.rng);
    return tf.softplus(this.second.apply(kept));
  }

  private project(predictors: CsrMatrix | tf.Tensor2D): tf.Tensor2D {
    if (predictors instanceof tf.Tensor) return this.first.apply(predictors);
    const { weight, bias } = this.first;
    const product = spmm(new SparseOperand(predictors), matrixOf(weight));
    return bias === undefined ? product : tf.add(product, bias.variable);
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

/** What the network of a block sees of cells: their predictors, dense where few of them are 0. */
export class BlockInput {
  readonly nRows: number;
  private readonly dense: BatchBuffer | undefined;

  /** @param predictors - [nCells, nPredictors] */
  constructor(private readonly predictors: CsrMatrix) {
    const { nRows, nCols, nnz } = predictors;
    this.nRows = nRows;
    if (nnz > DENSE_ABOVE * nRows * nCols) this.dense = new BatchBuffer(predictors);
  }

  /** Some of the cells; a tensor belongs to this, and the next batch of that size overwrites it. */
  take(cells: Int32Array): CsrMatrix | tf.Tensor2D {
    return this.dense?.take(cells) ?? this.predictors.selectRows(cells);
  }

  /** Frees the tensors. */
  dispose(): void {
    this.dense?.dispose();
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

  /**
   * Sum of the losses of the blocks: each gets the gradient of its own.
   *
   * @param inputs - of the cells trained on, by block
   * @param targets - their values of the targets, by block
   * @param cells - the batch
   */
  loss(
    inputs: readonly BlockInput[],
    targets: readonly BatchBuffer[],
    cells: Int32Array,
    rng: Rng,
  ): tf.Scalar {
    const { dropout: rate, binary } = this.params;
    const losses = this.networks.map((network, b) => {
      const drop = { rate, rng: rng.fork(`block${b}`) };
      const prediction = network.apply(inputs[b]!.take(cells), drop);
      return weightedSquaredError(targets[b]!.take(cells), prediction, binary);
    });
    return tf.addN(losses);
  }

  /** What the networks see of some cells, by block; to be disposed of. */
  inputs(X: CsrMatrix): BlockInput[] {
    return this.blocks.map(({ predictors }) => new BlockInput(X.selectColumns(predictors)));
  }

  /** log(1 + count) of every gene, [nCells, nGenes]. */
  async predict(X: CsrMatrix, options: RunOptions): Promise<DenseMatrix> {
    const out = DenseMatrix.zeros(X.nRows, X.nCols);
    await this.forEachCell(this.oneByOne(X), options, (cell, targets, values) => {
      const row = out.row(cell);
      targets.forEach((gene, j) => {
        row[gene] = values[j]!;
      });
    });
    return out;
  }

  /** Sum of weight x (truth - prediction)^2 over the stored entries of the truth. */
  async squaredError(
    inputs: readonly BlockInput[],
    truth: CsrMatrix,
    weight: (value: number, nTargets: number) => number,
    options: RunOptions,
  ): Promise<number> {
    const place = new Int32Array(truth.nCols);
    let [current, sum] = [undefined as Int32Array | undefined, 0];
    await this.forEachCell(inputs, options, (cell, targets, values) => {
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
  async weightedError(
    inputs: readonly BlockInput[],
    X: CsrMatrix,
    options: RunOptions,
  ): Promise<number> {
    const { binary } = this.params;
    const weight = (value: number, nTargets: number): number => (binary ? 1 : value) / nTargets;
    return (await this.squaredError(inputs, X, weight, options)) / X.nRows;
  }

  /** What the networks see of cells that are looked at once: one block at a time is held. */
  private *oneByOne(X: CsrMatrix): Generator<BlockInput> {
    for (const { predictors } of this.blocks) {
      const input = new BlockInput(X.selectColumns(predictors));
      try {
        yield input;
      } finally {
        input.dispose();
      }
    }
  }

  /** Visits what each network says of each cell, network by network. */
  private async forEachCell(
    inputs: Iterable<BlockInput>,
    { signal }: RunOptions,
    visit: (cell: number, targets: Int32Array, values: Float32Array) => void,
  ): Promise<void> {
    const pacer = new Pacer(signal);
    let b = 0;
    for (const input of inputs) {
      const [network, { targets }] = [this.networks[b]!, this.blocks[b]!];
      b += 1;
      for (let start = 0; start < input.nRows; start += CELLS_AT_ONCE) {
        await pacer.tick();
        const length = Math.min(CELLS_AT_ONCE, input.nRows - start);
        const cells = Int32Array.from({ length }, (_, i) => start + i);
        const tensor = tf.tidy(() => network.apply(input.take(cells))); // [cells, targets]
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
