import type { UnsDict, UnsValue } from '@dance-ts/core';
import type { RunResult } from './result.js';

/** What a file remembers of the run that wrote into it. */
export function recordUns(result: RunResult): UnsDict {
  const { dataset, seconds, metrics } = result;
  return new Map<string, UnsValue>([
    ['model', result.model],
    ['seed', result.seed],
    ['params', JSON.stringify(result.params)],
    ['backend', result.backend],
    ['versions', JSON.stringify(result.versions)],
    ['data_name', dataset.name],
    ['data_sha256', dataset.sha256 ?? ''],
    ['fit_seconds', seconds.fit],
    ['metrics', new Map(Object.entries(metrics).map(([name, value]) => [name, value ?? NaN]))],
  ]);
}
