import { cpus, loadavg } from 'node:os';
import { markerEvidence, ScHeteroNet } from '@dance-ts/cell-type-annotation';
import {
  AnnData,
  getModel,
  ParamError,
  Rng,
  silentReporter,
  Table,
  type ModelClass,
} from '@dance-ts/core';
import type { ReferenceQuery } from '@dance-ts/datasets';
import { currentBackend } from '@dance-ts/nn';
import { pooledAnswers, type Answers } from './answers.js';
import { loadAnnotationData, type AnnotationData } from './annotation-data.js';
import { ANNOTATION_RESULT_SCHEMA, stored, type AnnotationCellResult } from './cell-result.js';
import type { AnnotationCell } from './cells.js';
import { controlAnswers } from './control-answers.js';
import {
  answersOf,
  fitOn,
  trueLabels,
  type AnyAnnotationModel,
  type FittedModel,
  type ModelParams,
} from './model-answers.js';
import { peerAnswers } from './peer-answers.js';

const RUN = { reporter: silentReporter };
/** Cells of a stream, and how many of them are at hand at a time. */
export const STREAM_CELLS = 100_000;
const STREAM_BLOCK = 2000;
const MARKERS = { nGenes: 5, nCandidates: 40, nCells: 20 };

type Outcome = Pick<AnnotationCellResult, 'answers' | 'markers' | 'seconds'>;

/**
 * Runs one cell.
 *
 * @param python - Python of the peers; they cannot run without it
 * @throws ParamError for a model that is not registered or a peer without Python; any error of the
 *   model, the reader or the peer
 */
export async function runAnnotationCell(
  cell: AnnotationCell,
  options: { readonly command: string; readonly python: string | undefined },
): Promise<AnnotationCellResult> {
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, load: loadavg()[0]! };
  const data = await loadAnnotationData({ dataset: cell.dataset }, RUN);
  const outcome = await outcomeOf(cell, data, options.python);
  return {
    ...{ schema: ANNOTATION_RESULT_SCHEMA, cell, command: options.command },
    ...{ dataset: data.record, machine, backend: currentBackend()?.id ?? 'none' },
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    ...outcome,
  };
}

function outcomeOf(
  cell: AnnotationCell,
  data: AnnotationData,
  python: string | undefined,
): Promise<Outcome> {
  switch (cell.kind) {
    case 'controls':
      return controls(cell, data);
    case 'peer':
      return peer(cell, data, python);
    case 'model':
    case 'class left out':
      return ours(cell, data);
    case 'stream':
      return streamed(cell, data);
  }
}

async function ours(cell: AnnotationCell, data: AnnotationData): Promise<Outcome> {
  const { seed, leftOut } = cell;
  const { Model, given } = modelOf(cell);
  const seconds = { preprocess: 0, fit: 0, predict: 0 };
  const answers: Answers[] = [];
  let markers: AnnotationCellResult['markers'] = null;
  for (const whole of data.parts) {
    const part = leftOut === null ? whole : withoutClass(whole, data.labelKey, leftOut);
    const fitted = await fitOn(Model, part, data.labelKey, given, RUN);
    seconds.preprocess += fitted.seconds.preprocess;
    seconds.fit += fitted.seconds.fit;
    const start = performance.now();
    answers.push(await answersOf(fitted, part.query, data.queryLabelKey, RUN));
    seconds.predict += (performance.now() - start) / 1000;
    if (seed === 0 && leftOut === null) markers ??= await markersOf(fitted);
    fitted.model.dispose();
  }
  return { answers: { [cell.model ?? '']: stored(pooledAnswers(answers)) }, markers, seconds };
}

/** The genes that speak for each label the model gave. */
async function markersOf({ model, query }: FittedModel): Promise<AnnotationCellResult['markers']> {
  const { nGenes } = MARKERS;
  const found =
    model instanceof ScHeteroNet
      ? model.genes()
      : await markerEvidence(model, query, { ...MARKERS, ...RUN });
  return Object.fromEntries(
    [...found].map(([label, genes]) => [label, genes.slice(0, nGenes).map(({ gene }) => gene)]),
  );
}

/** Labels 100,000 cells, drawn from the query block by block, in the memory of one block. */
async function streamed(cell: AnnotationCell, data: AnnotationData): Promise<Outcome> {
  const { Model, given } = modelOf(cell);
  const [part] = data.parts;
  if (part === undefined) throw new ParamError(`${cell.dataset} has no cells`);
  const { model, seconds } = await fitOn(Model, part, data.labelKey, given, RUN);
  const { query } = part;
  const rng = Rng.fromSeed(cell.seed).fork('stream');
  const said: Answers[] = [];
  const start = performance.now();
  for (let labelled = 0; labelled < STREAM_CELLS; labelled += STREAM_BLOCK) {
    const rows = Int32Array.from({ length: STREAM_BLOCK }, () => rng.int(query.nObs));
    const block = new AnnData({
      X: query.X.selectRows(rows),
      obs: Table.withGeneratedIndex(STREAM_BLOCK, `cell-${labelled}`),
      var: query.var,
    });
    const truth = trueLabels(query, data.queryLabelKey);
    const answers = await answersOf({ model, query: block, seconds }, block, undefined, RUN);
    // One block is scored; keeping them all would be what a stream is to avoid.
    if (labelled === 0) said.push({ ...answers, truth: Array.from(rows, (row) => truth[row]!) });
  }
  const predict = (performance.now() - start) / 1000;
  model.dispose();
  return {
    answers: { [cell.model ?? '']: stored(pooledAnswers(said)) },
    markers: null,
    seconds: { ...seconds, predict },
  };
}

function modelOf({ model, params, seed }: AnnotationCell): {
  readonly Model: ModelClass<AnyAnnotationModel>;
  readonly given: ModelParams;
} {
  return {
    Model: getModel(model ?? '').model as ModelClass<AnyAnnotationModel>,
    given: {
      model: { ...withoutNull(params?.model ?? {}), seed },
      fit: withoutNull(params?.fit ?? {}),
      preprocess: withoutNull(params?.preprocess ?? {}),
    },
  };
}

async function controls({ seed }: AnnotationCell, data: AnnotationData): Promise<Outcome> {
  const said: Record<string, Answers[]> = {};
  for (const part of data.parts) {
    const { labelKey, queryLabelKey } = data;
    const parts = await controlAnswers(part, labelKey, queryLabelKey, { ...RUN, seed });
    for (const [name, answers] of Object.entries(parts)) (said[name] ??= []).push(answers);
  }
  const entries = Object.entries(said).map(([name, parts]) => [name, stored(pooledAnswers(parts))]);
  return {
    answers: Object.fromEntries(entries) as Outcome['answers'],
    markers: null,
    seconds: null,
  };
}

async function peer(
  { model, seed }: AnnotationCell,
  { parts, labelKey, queryLabelKey }: AnnotationData,
  python: string | undefined,
): Promise<Outcome> {
  if (python === undefined || model === null) {
    throw new ParamError('DANCE_BENCH_PYTHON', {
      got: 'nothing',
      expected: 'a Python with the packages of packages/bench/peers/requirements.txt',
    });
  }
  const answers: Answers[] = [];
  for (const part of parts) {
    answers.push(await peerAnswers(python, model, part, labelKey, queryLabelKey, { seed }));
  }
  return { answers: { [model]: stored(pooledAnswers(answers)) }, markers: null, seconds: null };
}

/** The pair with all cells of a class taken out of the reference. */
function withoutClass(
  { reference, query }: ReferenceQuery,
  labelKey: string,
  leftOut: string,
): ReferenceQuery {
  const labels = trueLabels(reference, labelKey);
  const kept = Array.from(labels.keys()).filter((i) => labels[i] !== leftOut);
  return { reference: reference.subset({ obs: kept }), query };
}

/** Parameters without a default are missing from JSON, not null. */
function withoutNull(values: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}
