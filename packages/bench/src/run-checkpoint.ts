import { join } from 'node:path';
import type { CheckpointOptions } from '@dance-ts/core';
import { FolderStore } from '@dance-ts/io';

/** Where and how often the trainings of a run save their progress. */
export interface RunCheckpoint {
  /** Each training has a folder of its own in it. */
  readonly folder: string;
  /** Epochs between two checkpoints; default 10. */
  readonly everyEpochs?: number | undefined;
}

/**
 * Checkpoint of one training.
 *
 * @param names - tell it from the others: model, seed, fold
 */
export function checkpointOf(
  checkpoint: RunCheckpoint | undefined,
  ...names: readonly (string | number)[]
): CheckpointOptions | undefined {
  if (checkpoint === undefined) return undefined;
  const { folder, everyEpochs } = checkpoint;
  const store = new FolderStore(join(folder, names.join('-')));
  return { store, ...(everyEpochs === undefined ? {} : { everyEpochs }) };
}
