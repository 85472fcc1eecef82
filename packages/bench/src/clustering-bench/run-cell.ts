import { cpus, loadavg } from 'node:os';
import {
  DataError,
  getModel,
  silentReporter,
  type BaseModel,
  type Clusterer,
  type Json,
  type ModelClass,
  type Reporter,
} from '@dance-ts/core';
import { clusteringControls } from '../clustering-controls.js';
import { jsonScores, type DatasetRecord, type RunResult } from '../result.js';
import { runClustering } from '../run-clustering.js';
import { loadRunData } from '../run-data.js';
import { CELL_RESULT_SCHEMA, type CellResult, type Scores } from './cell-result.js';
import type { CellParams, CellSpec } from './cells.js';

interface Outcome {
  readonly dataset: DatasetRecord;
  readonly fitSeconds: number | null;
  readonly run: RunResult | null;
  readonly controls: Readonly<Record<string, Scores>>;
}

/**
 * Runs one cell.
 *
 * @throws ParamError for a model that is not registered; any error of the model or the reader
 */
export async function runCell(
  cell: CellSpec,
  options: { readonly command: string; readonly reporter?: Reporter },
): Promise<CellResult> {
  const { reporter = silentReporter } = options;
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, load: loadavg()[0]! };
  const outcome =
    cell.model === null || cell.params === null
      ? await controlsOf(cell, reporter)
      : await runOf(cell, cell.model, cell.params, reporter);
  return {
    ...{ schema: CELL_RESULT_SCHEMA, cell, command: options.command, machine },
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    ...outcome,
  };
}

async function runOf(
  { dataset, seed }: CellSpec,
  id: string,
  params: CellParams,
  reporter: Reporter,
): Promise<Outcome> {
  const model = getModel(id).model as ModelClass<BaseModel & Clusterer>;
  const source = { dataset };
  const given = { ...params, preprocess: withoutNull(params.preprocess) };
  const run = await runClustering({ model, source, params: given, seed, reporter });
  return { dataset: run.dataset, fitSeconds: run.seconds.fit, run, controls: {} };
}

async function controlsOf(
  { dataset, seed, nClasses: nClusters, nTopGenes }: CellSpec,
  reporter: Reporter,
): Promise<Outcome> {
  const { data, labelKey: truth, record } = await loadRunData({ dataset }, { reporter });
  if (truth === undefined) {
    throw new DataError(`${dataset} has no labels to score against`, {
      remedy: 'Leave it out of --datasets.',
    });
  }
  const scores = await clusteringControls(data, {
    ...{ truth, nClusters, seed, reporter, more: true },
    nTopGenes: nTopGenes ?? undefined,
  });
  const controls = Object.entries(scores).map(([name, values]) => [name, jsonScores(values)]);
  return {
    ...{ dataset: record, fitSeconds: null, run: null },
    controls: Object.fromEntries(controls) as Record<string, Scores>,
  };
}

/** Parameters without a default are missing from JSON, not null. */
function withoutNull(values: Record<string, Json>): Record<string, Json> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}
