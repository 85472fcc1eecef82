import { DenseMatrix, Pacer, silentReporter, type Matrix, type RunOptions } from '@dance-ts/core';
import * as tf from '@tensorflow/tfjs';

/** Options of {@link integratedGradients}. */
export interface IntegratedGradientsOptions extends RunOptions {
  /** Pieces of the way from the baseline to the inputs, >= 1; default 50. */
  readonly steps?: number;
  /** Rows that are worked on together, default 128. */
  readonly batchSize?: number;
  /** Name of the work in progress reports, default "explanation". */
  readonly task?: string;
}

/** What {@link integratedGradients} found. */
export interface IntegratedGradients {
  /** [n, nFeatures] */
  readonly attributions: DenseMatrix;
  /** Scores of the inputs, [n]. */
  readonly scores: Float32Array;
  /** Scores of the baseline in the place of each row, [n]. */
  readonly baselineScores: Float32Array;
}

/**
 * A differentiable score of some rows.
 *
 * @param x - [m, nFeatures]
 * @param rows - [m] which of the inputs these are
 * @returns [m]; tensors made on the way are freed by the caller's scope
 */
export type ScoreFunction = (x: tf.Tensor2D, rows: Int32Array) => tf.Tensor1D;

/**
 * Integrated gradients: how much each feature of each row contributes to the sum of the scores of
 * its batch,
 *
 *   a_ij = (x_ij - b_j) integral over t in [0, 1] of dS/dx_ij at b + t (x - b),
 *
 * the mean over the middles of `steps` equal pieces of the way. (Rules of higher order gain nothing
 * where the gradient of a ReLU jumps, and Gauss-Legendre points lie less dense in the middle.) The
 * contributions of a batch add up to S(x) - S(b) (completeness), as exactly as that mean is; where
 * the score of a row depends on that row alone, those of each row do. A linear score x w gives
 * w_j (x_ij - b_j) with any number of steps.
 *
 * Memory: 6 x batch x nFeatures x 4 bytes and what the score takes; inputs stay sparse.
 *
 * @param score - of a batch; must depend on its first argument
 * @param inputs - x, [n, nFeatures]
 * @param baseline - b, [nFeatures]
 * @throws AbortError
 *
 * Source: Sundararajan, Taly & Yan, Axiomatic attribution for deep networks, ICML 2017.
 */
export async function integratedGradients(
  score: ScoreFunction,
  inputs: Matrix,
  baseline: Float32Array,
  options: IntegratedGradientsOptions = {},
): Promise<IntegratedGradients> {
  const { steps = 50, batchSize = 128, task = 'explanation', signal } = options;
  const { reporter = silentReporter } = options;
  const pacer = new Pacer(signal);
  const attributions = DenseMatrix.zeros(inputs.nRows, inputs.nCols);
  const scores = new Float32Array(inputs.nRows);
  const baselineScores = new Float32Array(inputs.nRows);
  const total = Math.ceil(inputs.nRows / batchSize) * steps;
  for (let start = 0, done = 0; start < inputs.nRows; start += batchSize) {
    const size = Math.min(batchSize, inputs.nRows - start);
    const rows = Int32Array.from({ length: size }, (_, i) => start + i);
    const batch = new Way(inputs.selectRows(rows).toDense(), baseline);
    try {
      baselineScores.set(await batch.read((way) => score(way.at(0), rows)), start);
      scores.set(await batch.read((way) => score(way.at(1), rows)), start);
      for (let step = 0; step < steps; step++) {
        await pacer.tick();
        batch.addGradient((x) => tf.sum(score(x, rows)), (step + 0.5) / steps);
        reporter.progress({ task, done: ++done, total });
      }
      const values = await batch.read((way) => way.attributions(steps));
      attributions.data.set(values, start * inputs.nCols);
    } finally {
      batch.dispose();
    }
  }
  return { attributions, scores, baselineScores };
}

/** The straight way from the baseline to some rows, and the gradients met on it. */
class Way {
  private readonly start: tf.Tensor2D; // [1, nFeatures]
  private readonly difference: tf.Tensor2D; // [n, nFeatures]
  private gradients: tf.Tensor2D; // [n, nFeatures]

  constructor({ data, nRows, nCols }: DenseMatrix, baseline: Float32Array) {
    this.start = tf.tensor2d(baseline, [1, nCols]);
    this.difference = tf.tidy(() => tf.sub(tf.tensor2d(data, [nRows, nCols]), this.start));
    this.gradients = tf.zeros([nRows, nCols]);
  }

  /** The rows at a share of the way, [n, nFeatures]. */
  at(share: number): tf.Tensor2D {
    return tf.add(this.start, tf.mul(this.difference, share));
  }

  /** Adds the gradient of the sum of scores at a share of the way. */
  addGradient(sum: (x: tf.Tensor2D) => tf.Tensor, share: number): void {
    const more = tf.tidy(() => {
      const gradient = tf.grad((x: tf.Tensor) => sum(x as tf.Tensor2D))(this.at(share));
      return tf.add<tf.Tensor2D>(this.gradients, gradient);
    });
    this.gradients.dispose();
    this.gradients = more;
  }

  /** [n, nFeatures], of the mean of as many gradients as were added. */
  attributions(steps: number): tf.Tensor2D {
    return tf.mul(this.difference, tf.div(this.gradients, steps));
  }

  /** A copy of the values of what `compute` returns. */
  async read(compute: (way: this) => tf.Tensor): Promise<Float32Array> {
    const result = tf.tidy(() => compute(this));
    try {
      return (await result.data<'float32'>()).slice();
    } finally {
      result.dispose();
    }
  }

  dispose(): void {
    tf.dispose([this.start, this.difference, this.gradients]);
  }
}
