import type { BaseModel, Json, UnsDict, UnsValue } from '@dance-ts/core';
import { currentBackend } from '@dance-ts/nn';
import type { CollectingReporter } from './collecting-reporter.js';
import { RESULT_SCHEMA, type DatasetRecord, type RunResult } from './result.js';
import type { Stopwatch } from './stopwatch.js';
import { versions } from './versions.js';

/** What all tasks know of a run. */
export interface RunFacts {
  readonly model: BaseModel;
  readonly dataset: DatasetRecord;
  /** Preprocessing parameters as they were given. */
  readonly preprocess: Readonly<Record<string, unknown>>;
  readonly heldOut?: RunResult['heldOut'];
  readonly seed: number;
  readonly clock: Stopwatch;
  readonly metrics: RunResult['metrics'];
  readonly controls: RunResult['controls'];
  readonly reporter: CollectingReporter;
}

/** The result of a run, with the backend, versions, times and memory of this moment. */
export function resultOf(facts: RunFacts): RunResult {
  const { model, seed, heldOut } = facts;
  const backend = currentBackend();
  return {
    schema: RESULT_SCHEMA,
    model: model.spec.id,
    task: model.spec.task,
    dataset: facts.dataset,
    params: {
      model: model.params as Json,
      fit: (model.fitParams ?? {}) as Json,
      preprocess: model.spec.preprocessParams.parse(facts.preprocess) as Json,
    },
    ...(heldOut === undefined ? {} : { heldOut }),
    seed,
    backend: backend?.id ?? 'none',
    device: backend?.device ?? 'none',
    versions: versions(),
    seconds: facts.clock.seconds(),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    metrics: facts.metrics,
    controls: facts.controls,
    history: model.history,
    warnings: facts.reporter.warnings,
  };
}

/** Name under which a run is remembered in `uns["dance"]`. */
export function runName({ model, seed }: Pick<RunResult, 'model' | 'seed'>): string {
  return `${model}-seed${seed}`;
}

/**
 * What a file remembers of the run that wrote into it. Nothing in it depends on the time a run took,
 * so that the same run gives the same file.
 */
export function recordUns(result: RunResult): UnsDict {
  const { dataset, metrics } = result;
  return new Map<string, UnsValue>([
    ['model', result.model],
    ['seed', result.seed],
    ['params', JSON.stringify(result.params)],
    ['backend', result.backend],
    ['versions', JSON.stringify(result.versions)],
    ['data_name', dataset.name],
    ['data_sha256', dataset.sha256 ?? ''],
    ['metrics', new Map(Object.entries(metrics).map(([name, value]) => [name, value ?? NaN]))],
  ]);
}
