import type { FitContext, History, Rng } from '@dance-ts/core';
import { trainEpochs, TrainingState, type Optimizer, type ParameterSet } from '@dance-ts/nn';
import { phaseCheckpoint } from './training-phase.js';

/** Options of {@link pretrainEpochs}. */
export interface PretrainEpochsOptions {
  /** Model name, for progress and messages. */
  readonly owner: string;
  /** Names the phase in checkpoints and random streams; one fit may have several. */
  readonly phase: string;
  /** Name of the loss in the history. */
  readonly term: string;
  readonly epochs: number;
  readonly nItems: number;
  readonly batchSize: number;
  readonly parameters: ParameterSet;
  readonly optimizer: Optimizer;
  readonly history: History;
  /** Stop after an epoch whose mean loss is lower; default 0, never. */
  readonly stopBelow?: number;
  /** One optimizer step on the items of a batch; returns its loss. */
  step(batch: Int32Array, rng: Rng): Promise<number>;
}

/**
 * A phase of pre-training by shuffled mini-batches, with checkpoints of its own: an interrupted run
 * continues in it. Frees the optimizer.
 *
 * @throws AbortError within one batch, DataError if the loss is not finite
 */
export async function pretrainEpochs(
  options: PretrainEpochsOptions,
  context: FitContext,
): Promise<void> {
  const { owner, phase, term, optimizer, history, stopBelow = 0 } = options;
  const isEnough = (loss: number | undefined): boolean => loss !== undefined && loss < stopBelow;
  const checkpoint = phaseCheckpoint(context.checkpoint, phase);
  const state = new TrainingState(options.parameters, optimizer, history);
  try {
    const firstEpoch = await state.resume(checkpoint);
    if (firstEpoch > 0 && isEnough(history[term]?.at(-1))) return;
    await trainEpochs({
      ...options,
      ...{ owner: `${owner} (${phase})`, firstEpoch, rng: context.rng.fork(phase) },
      ...{ reporter: context.reporter, signal: context.signal },
      step: async (batch, rng) => ({ [term]: await options.step(batch, rng) }),
      onEpochEnd: (epoch) => state.saveIfDue(checkpoint, epoch),
      shouldStop: (means) => isEnough(means[term]),
    });
  } finally {
    optimizer.dispose();
  }
}
