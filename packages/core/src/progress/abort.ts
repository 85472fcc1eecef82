import { AbortError } from '../errors.js';

/**
 * Stops if the caller asked for it.
 *
 * @throws {@link AbortError}
 */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new AbortError('stopped by the caller', { cause: signal.reason });
  }
}

/**
 * Keeps long loops polite: `await pacer.tick()` in every block checks for abort and lets the event
 * loop run at least every 50 ms, so that timers, signals and a browser's page stay alive.
 */
export class Pacer {
  private last = performance.now();

  constructor(
    private readonly signal?: AbortSignal,
    private readonly everyMs = 50,
  ) {}

  /** @throws {@link AbortError} if the signal fired */
  async tick(): Promise<void> {
    throwIfAborted(this.signal);
    if (performance.now() - this.last < this.everyMs) return;
    await yieldToEventLoop();
    this.last = performance.now();
    throwIfAborted(this.signal);
  }
}

/** Lets pending timers and messages run. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}
