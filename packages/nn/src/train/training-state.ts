import type { Bundle, Checkpointer, History, SavedTensor } from '@dance-ts/core';
import type { Optimizer } from '../optim/optimizer.js';
import type { ParameterSet } from '../parameters.js';

/** Where a run saves its progress: a `Checkpointer`, or one of the same form. */
export type ProgressStore = Pick<Checkpointer, 'everyEpochs' | 'load' | 'save'>;

/**
 * What a training run must not lose: weights, optimiser, history and the best weights so far.
 * Random streams are named after epochs ({@link trainEpochs}) and need no saving.
 */
export class TrainingState {
  private bestMerit: number | null = null;
  private bestWeights: [string, SavedTensor][] = [];

  constructor(
    private readonly parameters: ParameterSet,
    private readonly optimizer: Optimizer,
    private readonly history: History,
  ) {}

  /**
   * Keeps the current weights if `merit` (higher is better) beats every one before it; NaN beats
   * nothing.
   */
  async offer(merit: number): Promise<void> {
    if (!(merit > (this.bestMerit ?? -Infinity))) return;
    this.bestMerit = merit;
    this.bestWeights = await this.parameters.capture();
  }

  /** Puts the best weights back, if any were offered. */
  restoreBest(): void {
    if (this.bestMerit !== null) this.parameters.restore(new Map(this.bestWeights));
  }

  /** Saves a checkpoint after `epoch` (0-based) when one is due. */
  async saveIfDue(checkpoint: ProgressStore | undefined, epoch: number): Promise<void> {
    if (checkpoint === undefined || (epoch + 1) % checkpoint.everyEpochs !== 0) return;
    await checkpoint.save({
      facts: { epoch: epoch + 1, history: this.history, merit: this.bestMerit },
      tensors: new Map([
        ...(await this.parameters.capture('network/')),
        ...(await this.optimizer.capture('optimizer/')),
        ...this.bestWeights.map(([name, tensor]) => [`best/${name}`, tensor] as const),
      ]),
    });
  }

  /** Continues from a checkpoint; returns the epoch to begin with, 0 if there is none. */
  async resume(checkpoint: ProgressStore | undefined): Promise<number> {
    const saved: Bundle | undefined = await checkpoint?.load();
    if (saved === undefined) return 0;
    this.parameters.restore(saved.tensors, 'network/');
    this.optimizer.restore(saved.tensors, 'optimizer/');
    Object.assign(this.history, structuredClone(saved.facts['history']));
    this.bestMerit = saved.facts['merit'] as number | null;
    this.bestWeights = [...saved.tensors]
      .filter(([name]) => name.startsWith('best/'))
      .map(([name, tensor]) => [name.slice('best/'.length), tensor]);
    return saved.facts['epoch'] as number;
  }
}
