import type { ModelClass } from '@dance-ts/core';
import type { RunDefaults } from './run-flags.js';
import { runModel } from './run-model.js';
import { settle } from './settle.js';

/** What an example declares; everything else comes from the command line. */
export interface Example extends Omit<RunDefaults, 'program' | 'help'> {
  readonly model: ModelClass;
  /** Parameters that differ from the model's defaults, as in the paper's experiments. */
  readonly params?: Readonly<Record<string, unknown>>;
}

/**
 * Main function of an example script: parses the flags, runs the model, prints a summary on
 * stdout and progress on stderr, writes the files asked for and sets the exit code
 * (0 done, 1 error, 130 aborted).
 */
export async function runExample(
  example: Example,
  argv: readonly string[] = process.argv.slice(2),
): Promise<void> {
  const run = (signal: AbortSignal): Promise<void> =>
    runModel(example.model, argv, example, signal);
  await settle(run, argv.includes('--verbose'));
}
