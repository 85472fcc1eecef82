import type { CsrMatrix, DenseMatrix, History, Reporter, Rng } from '@dance-ts/core';
import {
  Adam,
  BatchBuffer,
  trainEpochs,
  TrainingState,
  type LossTerms,
  type ProgressStore,
} from '@dance-ts/nn';
import * as tf from '@tensorflow/tfjs';
import type { FeatureAutoencoder } from './scgnn-autoencoder.js';
import type { ValidationMerit } from './scgnn-validation.js';

/** What a loss sees of a batch. */
export interface AutoencoderBatch {
  /** Input and target, [n, nGenes]. */
  readonly x: tf.Tensor2D;
  /** What the network makes of it, [n, nGenes]. */
  readonly output: tf.Tensor2D;
  /** The cells of the batch, as rows of the source. */
  readonly cells: Int32Array;
  /** Share of all cells trained on that is in the batch. */
  readonly share: number;
}

/** Options of {@link trainAutoencoder}. */
export interface AutoencoderTraining {
  /** Name for progress and messages. */
  readonly owner: string;
  readonly network: FeatureAutoencoder;
  /** [nCells, nGenes] */
  readonly source: CsrMatrix | DenseMatrix;
  /** The cells to train on. */
  readonly cells: Int32Array;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly rng: Rng;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
  readonly history: History;
  readonly checkpoint?: ProgressStore | undefined;
  /** A scalar, or several of which `loss` is minimized. */
  readonly loss: (batch: AutoencoderBatch) => tf.Scalar | LossTerms;
  /** Judges each epoch, the higher the better; the best is kept. Without it the last one is. */
  readonly merit?: ValidationMerit | undefined;
}

/** Trains the network by Adam on a loss that is a sum over cells. */
export async function trainAutoencoder(options: AutoencoderTraining): Promise<void> {
  const { network, source, cells, learningRate, history, checkpoint, loss, merit } = options;
  const optimizer = new Adam(network.parameters.trainable(), { learningRate });
  const state = new TrainingState(network.parameters, optimizer, history);
  const buffer = new BatchBuffer(source);
  try {
    await trainEpochs({
      ...options,
      firstEpoch: await state.resume(checkpoint),
      nItems: cells.length,
      batchSize: Math.min(options.batchSize, cells.length),
      step: (batch) => {
        const rows = batch.map((i) => cells[i]!);
        const x = buffer.take(rows);
        const share = rows.length / cells.length;
        return optimizer.minimizeTerms(() => {
          const output = network.decode(network.encode(x));
          const found = loss({ x, output, cells: rows, share });
          return found instanceof tf.Tensor ? { loss: found } : found;
        });
      },
      onEpochEnd: async (epoch) => {
        if (merit !== undefined) await state.offer(await merit(network, source, cells));
        await state.saveIfDue(checkpoint, epoch);
      },
    });
    state.restoreBest();
  } finally {
    buffer.dispose();
    optimizer.dispose();
  }
}

/** 0 .. n - 1. */
export function allRows(n: number): Int32Array {
  return Int32Array.from({ length: n }, (_, i) => i);
}

/** Adds the terms of a training to a history, as `features_loss` and so on. */
export function addHistory(history: History, phase: string, terms: History): void {
  for (const [name, values] of Object.entries(terms)) {
    (history[`${phase}_${name}`] ??= []).push(...values);
  }
}
