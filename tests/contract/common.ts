import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';
import { moduleOf, silentReporter, type RegisteredModel, type RunOptions } from '@dance-ts/core';
import type { SmallSettings } from './small-settings.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Small settings of a model; an error tells the author of a new model to add them. */
export function settingsOf(
  all: Readonly<Record<string, SmallSettings>>,
  id: string,
): SmallSettings {
  const settings = all[id];
  if (settings === undefined) throw new Error(`add small settings for ${id}`);
  return settings;
}

/** An example and a documentation page of a model exist. */
export function expectExampleAndPage({ id, task }: RegisteredModel['spec']): void {
  expect(existsSync(join(ROOT, `examples/${moduleOf(task)}/${task}/${id}.ts`))).toBe(true);
  expect(existsSync(join(ROOT, `docs/models/${id}.md`))).toBe(true);
}

/** Options of a fit that is interrupted once an epoch is done. */
export function abortAfterEpoch(epoch: number): Required<RunOptions> {
  const abort = new AbortController();
  const reporter = {
    ...silentReporter,
    progress: ({ task, done }: { task: string; done: number }) => {
      if (task.includes('epoch') && done === epoch) abort.abort();
    },
  };
  return { reporter, signal: abort.signal };
}
