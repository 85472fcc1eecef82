import type { Bundle, Checkpointer, SavedTensor } from '@dance-ts/core';
import type { ProgressStore } from '@dance-ts/nn';

/** What a phase keeps beside weights, optimizer and history. */
export type PhaseTensors = readonly (readonly [string, SavedTensor])[];

/** Name under which a checkpoint remembers its phase. */
const PHASE = 'phase';

/**
 * The checkpoints of one phase of a fit (pre-training, clustering): a checkpoint that another phase
 * has left is not loaded.
 *
 * @param extra - tensors to save with each checkpoint, found again by {@link savedProgress}
 */
export function phaseCheckpoint(
  checkpoint: Checkpointer | undefined,
  phase: string,
  extra: () => PhaseTensors = () => [],
): ProgressStore | undefined {
  if (checkpoint === undefined) return undefined;
  return {
    everyEpochs: checkpoint.everyEpochs,
    load: () => savedProgress(checkpoint, phase),
    save: ({ facts, tensors }) =>
      checkpoint.save({
        facts: { ...facts, [PHASE]: phase },
        tensors: new Map([...tensors, ...extra()]),
      }),
  };
}

/**
 * What an interrupted run of the same fit saved in this phase, if anything.
 *
 * @throws DataError if the checkpoint is that of another fit
 */
export async function savedProgress(
  checkpoint: Checkpointer | undefined,
  phase: string,
): Promise<Bundle | undefined> {
  const saved = await checkpoint?.load();
  return saved?.facts[PHASE] === phase ? saved : undefined;
}
