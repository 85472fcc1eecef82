import { AbortError, errorMessage } from '@dance-ts/core';
import { CommanderError } from 'commander';

/**
 * Does the work of a command and turns its end into what a shell expects: exit code 0 done, 1 error
 * with one line on stderr (and its stack with --verbose), 130 stopped by Ctrl-C or SIGTERM.
 *
 * @param work - its signal fires when the user stops the command; a second Ctrl-C ends it at once
 */
export async function settle(
  work: (signal: AbortSignal) => Promise<void>,
  verbose = false,
): Promise<void> {
  const abort = new AbortController();
  const onInterrupt = (): void => {
    abort.abort(new Error('interrupted'));
  };
  process.once('SIGINT', onInterrupt).once('SIGTERM', onInterrupt);
  try {
    await work(abort.signal);
  } catch (error) {
    // Help was asked for, and has been printed.
    if (error instanceof CommanderError && error.exitCode === 0) return;
    const wasStopped = error instanceof AbortError || abort.signal.aborted;
    process.exitCode = wasStopped ? 130 : 1;
    process.stderr.write(`error: ${errorMessage(error)}\n`);
    if (verbose && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  } finally {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onInterrupt);
  }
}
