import { cpus, loadavg } from 'node:os';
import {
  DataError,
  getModel,
  ParamError,
  silentReporter,
  type AnnData,
  type BaseModel,
  type Clusterer,
  type Json,
  type ModelClass,
  type Reporter,
} from '@dance-ts/core';
import { clusteringControls, scoresOfKnown } from '../clustering-controls.js';
import { noEpochs } from '../epoch-params.js';
import { jsonScores, type DatasetRecord, type RunResult } from '../result.js';
import { runClustering } from '../run-clustering.js';
import { loadRunData } from '../run-data.js';
import { CELL_RESULT_SCHEMA, type CellResult, type Scores } from './cell-result.js';
import type { CellParams, CellSpec } from './cells.js';
import { consensusOfCells } from './consensus-cell.js';
import { encodeLabels } from './labels.js';
import { clusteringPeer, networkWeights, peerArrays } from './peer-run.js';

interface Outcome {
  readonly dataset: DatasetRecord;
  readonly fitSeconds: number | null;
  readonly labels?: string | null;
  readonly run: RunResult | null;
  readonly controls: Readonly<Record<string, Scores>>;
}

/** Options of {@link runCell}. */
export interface CellOptions {
  readonly command: string;
  readonly reporter?: Reporter;
  /** Python of the peers; they cannot run without it. */
  readonly python?: string | undefined;
  /** Folder of the results, for a consensus; default the current one. */
  readonly folder?: string;
}

/**
 * Runs one cell.
 *
 * @throws ParamError for a model that is not registered or a peer without Python; any error of the
 *   model, the reader or the peer
 */
export async function runCell(cell: CellSpec, options: CellOptions): Promise<CellResult> {
  const { reporter = silentReporter } = options;
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, load: loadavg()[0]! };
  const outcome = await outcomeOf(cell, { ...options, reporter });
  return {
    ...{ schema: CELL_RESULT_SCHEMA, cell, command: options.command, machine },
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    ...outcome,
  };
}

function outcomeOf(
  cell: CellSpec,
  { reporter, python, folder = '.' }: CellOptions & { readonly reporter: Reporter },
): Promise<Outcome> {
  const { kind, model, params } = cell;
  if (kind === 'consensus') return consensusOf(cell, { reporter, folder });
  if (model === null || params === null) return controlsOf(cell, reporter);
  if (kind !== 'peer') return runOf(cell, model, params, reporter);
  if (python !== undefined) return peerOf(cell, model, params, { reporter, python });
  throw new ParamError('DANCE_BENCH_PYTHON is not set', { remedy: 'Name a Python for the peers.' });
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
  let labels: string | null = null;
  const onLabels = (found: Int32Array): void => {
    labels = encodeLabels(found);
  };
  const run = await runClustering({ model, source, params: given, seed, reporter, onLabels });
  return { dataset: run.dataset, fitSeconds: run.seconds.fit, labels, run, controls: {} };
}

/** The peer, on data that our pipeline prepared, from the weights our network begins with. */
async function peerOf(
  { dataset, seed }: CellSpec,
  id: string,
  params: CellParams,
  { reporter, python }: { readonly reporter: Reporter; readonly python: string },
): Promise<Outcome> {
  const { data, truth, record } = await labelledData(dataset, reporter);
  const Model = getModel(id).model as ModelClass<BaseModel & Clusterer>;
  const model = new Model({ ...params.model, seed });
  await model.preprocess(data, { ...withoutNull(params.preprocess), reporter });
  const prepared = model.prepared(data);
  await model.fit(data, { ...withoutNull(params.fit), ...noEpochs(Model.spec), reporter });
  const weights = await networkWeights(model);
  const arrays = peerArrays(id, prepared);
  model.dispose();
  const options = { ...model.params, ...params.fit, seed };
  const start = performance.now();
  const { labels } = await clusteringPeer(python, id, arrays, weights, options);
  const fitSeconds = (performance.now() - start) / 1000;
  const { codes } = data.labels(truth);
  const scores = scoresOfKnown(codes, labelsOfAll(data, prepared, labels));
  return { dataset: record, fitSeconds, run: null, controls: { [id]: jsonScores(scores) } };
}

/** Clusters of all cells; those that preprocessing dropped are one more cluster, as in our scores. */
function labelsOfAll(data: AnnData, prepared: AnnData, labels: readonly number[]): Int32Array {
  const found = new Map(prepared.obsNames.map((name, i) => [name, labels[i]!]));
  return Int32Array.from(data.obsNames, (name) => found.get(name) ?? -1);
}

/** A data set and the name of its labels. */
async function labelledData(
  dataset: string,
  reporter: Reporter,
): Promise<{ data: AnnData; truth: string; record: DatasetRecord }> {
  const { data, labelKey: truth, record } = await loadRunData({ dataset }, { reporter });
  if (truth !== undefined) return { data, truth, record };
  throw new DataError(`${dataset} has no labels to score against`, {
    remedy: 'Leave it out of --datasets.',
  });
}

async function controlsOf(
  { dataset, seed, nClasses: nClusters, nTopGenes }: CellSpec,
  reporter: Reporter,
): Promise<Outcome> {
  const { data, truth, record } = await labelledData(dataset, reporter);
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

/** What the models have in common, told of the number of classes. */
async function consensusOf(
  { dataset, seed, nClasses: nClusters, members = [] }: CellSpec,
  { reporter, folder }: { readonly reporter: Reporter; readonly folder: string },
): Promise<Outcome> {
  const { data, truth, record } = await labelledData(dataset, reporter);
  const labels = await consensusOfCells(members, { folder, nClusters, seed });
  const scores = jsonScores(scoresOfKnown(data.labels(truth).codes, labels));
  return {
    ...{ dataset: record, fitSeconds: null, labels: encodeLabels(labels), run: null },
    controls: { consensus: scores },
  };
}

/** Parameters without a default are missing from JSON, not null. */
function withoutNull(values: Record<string, Json>): Record<string, Json> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}
