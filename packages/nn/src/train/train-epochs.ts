import {
  DataError,
  Pacer,
  ParamError,
  type History,
  type Reporter,
  type Rng,
} from '@dance-ts/core';

/** Numbers of one step or epoch by name; `loss` is watched. */
export type Terms = Readonly<Record<string, number>>;

/** Options of {@link trainEpochs}. */
export interface TrainOptions {
  /** Model name, for progress and messages. */
  readonly owner: string;
  readonly epochs: number;
  /** Epoch to begin with, when training is resumed; default 0. */
  readonly firstEpoch?: number;
  readonly nItems: number;
  readonly batchSize: number;
  /** Stream of the batch order; epoch e draws from its own sub-stream. */
  readonly rng: Rng;
  readonly history: History;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
  /** One optimiser step on the items of a batch; returns its loss terms. */
  step(batch: Int32Array, rng: Rng): Promise<Terms>;
  /** After each epoch, with its mean terms. */
  onEpochEnd?(epoch: number, means: Terms): Promise<void>;
  /** Whether to stop after an epoch with these mean terms; default: never. */
  shouldStop?(means: Terms): boolean;
}

/**
 * Shuffled mini-batch training. Everything random in epoch e comes from streams named after e, so
 * a run resumed at an epoch is the same as one that was never interrupted.
 *
 * @throws AbortError within one batch, DataError if a loss term is not finite
 */
export async function trainEpochs(options: TrainOptions): Promise<void> {
  const { owner, epochs, nItems, history, reporter } = options;
  const pacer = new Pacer(options.signal);
  for (let epoch = options.firstEpoch ?? 0; epoch < epochs; epoch++) {
    const rng = options.rng.fork(`epoch-${epoch}`);
    const sums: Record<string, number> = {};
    const batches = shuffledBatches(nItems, options.batchSize, rng.fork('order'));
    for (const [b, batch] of batches.entries()) {
      await pacer.tick();
      const terms = await options.step(batch, rng.fork(`batch-${b}`));
      assertFinite(terms, owner, epoch, b);
      for (const [name, value] of Object.entries(terms)) {
        sums[name] = (sums[name] ?? 0) + (value * batch.length) / nItems;
      }
    }
    for (const [name, mean] of Object.entries(sums)) (history[name] ??= []).push(mean);
    reporter.progress({ task: `${owner}: epoch`, done: epoch + 1, total: epochs, values: sums });
    await options.onEpochEnd?.(epoch, sums);
    if (options.shouldStop?.(sums) === true) return;
  }
}

/**
 * Items 0..n-1 in random order, cut into batches; the last one may be smaller.
 *
 * @throws ParamError if the batch size is not a whole number above 0
 */
export function shuffledBatches(n: number, batchSize: number, rng: Rng): Int32Array[] {
  if (!(Number.isInteger(batchSize) && batchSize > 0)) {
    throw new ParamError('batchSize', {
      got: String(batchSize),
      expected: 'a whole number above 0',
    });
  }
  const order = rng.permutation(n);
  const batches: Int32Array[] = [];
  for (let start = 0; start < n; start += batchSize) {
    batches.push(order.subarray(start, start + batchSize));
  }
  return batches;
}

function assertFinite(terms: Terms, owner: string, epoch: number, batch: number): void {
  for (const [name, value] of Object.entries(terms)) {
    if (!Number.isFinite(value)) {
      throw new DataError(`${owner}: ${name} is not finite in epoch ${epoch}, batch ${batch}`, {
        got: String(value),
        remedy: 'Lower the learning rate or check the data for extreme values.',
      });
    }
  }
}
