import type { History, Json } from '@dance-ts/core';

/** Version of the result format. */
export const RESULT_SCHEMA = 1;

/** Data a run used. */
export interface DatasetRecord {
  readonly name: string;
  /** Of the file the data came from; null for simulated data. */
  readonly sha256: string | null;
  readonly nObs: number;
  readonly nVars: number;
}

/** Wall time of the parts of a run, and the processor time of the longest of them. */
export interface RunSeconds {
  readonly load: number;
  readonly preprocess: number;
  readonly fit: number;
  /** Processor time of the fit, all threads together: other programs do not lengthen it much. */
  readonly fitCpu: number;
  readonly predict: number;
  readonly total: number;
}

/** Everything about one run of one model with one seed. */
export interface RunResult {
  readonly schema: typeof RESULT_SCHEMA;
  readonly model: string;
  readonly task: string;
  readonly dataset: DatasetRecord;
  /** Constructor, fit and preprocessing parameters, defaults filled in. */
  readonly params: Readonly<Record<'model' | 'fit' | 'preprocess', Json>>;
  /** Imputation: what was held out for scoring, and how. */
  readonly heldOut?: Readonly<Record<string, Json>>;
  readonly seed: number;
  /** Names everything that changes rounding. */
  readonly backend: string;
  readonly device: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly seconds: RunSeconds;
  readonly peakRssBytes: number;
  /** Scores by name; empty if there are no labels. */
  readonly metrics: Readonly<Record<string, number | null>>;
  /** The same scores of methods without training, by name of the control. */
  readonly controls: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
  readonly history: History;
  readonly warnings: readonly string[];
}

/** Mean and standard deviation (n - 1) of a score over seeds. */
export interface ScoreSummary {
  readonly mean: number;
  readonly sd: number;
}

/** Several runs that differ in their seed only. */
export interface RunSeries {
  readonly schema: typeof RESULT_SCHEMA;
  readonly runs: readonly RunResult[];
  readonly summary: Readonly<Record<string, ScoreSummary>>;
  /** Summaries of the controls, by control and score. */
  readonly controls: Readonly<Record<string, Readonly<Record<string, ScoreSummary>>>>;
}

/** Summarizes runs; scores that a run lacks (null) are left out. */
export function summarizeRuns(runs: readonly RunResult[]): RunSeries {
  const controls: Record<string, Record<string, ScoreSummary>> = {};
  for (const name of Object.keys(runs[0]?.controls ?? {})) {
    controls[name] = summarizeScores(runs.map((run) => run.controls[name] ?? {}));
  }
  return {
    schema: RESULT_SCHEMA,
    runs,
    summary: summarizeScores(runs.map((run) => run.metrics)),
    controls,
  };
}

function summarizeScores(
  scores: readonly Readonly<Record<string, number | null>>[],
): Record<string, ScoreSummary> {
  const summary: Record<string, ScoreSummary> = {};
  for (const name of Object.keys(scores[0] ?? {})) {
    const values = scores.map((score) => score[name]).filter((value) => typeof value === 'number');
    if (values.length > 0) summary[name] = meanAndSd(values);
  }
  return summary;
}

/** Mean and sample standard deviation; the latter is 0 for a single value. */
export function meanAndSd(values: readonly number[]): ScoreSummary {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)) };
}

/** Scores as JSON has them: NaN becomes null. */
export function jsonScores(
  scores: Readonly<Record<string, number>>,
): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(scores).map(([name, value]) => [name, Number.isFinite(value) ? value : null]),
  );
}
