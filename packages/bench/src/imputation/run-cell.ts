import { cpus, loadavg } from 'node:os';
import {
  getModel,
  ParamError,
  silentReporter,
  toCsr,
  type BaseModel,
  type DenseMatrix,
  type Json,
  type Matrix,
  type ModelClass,
} from '@dance-ts/core';
import type { AnyImputationModel } from '@dance-ts/imputation';
import { currentBackend } from '@dance-ts/nn';
import type { Scores } from '../clustering-bench/cell-result.js';
import { jsonScores } from '../result.js';
import { loadBenchmarkData, type BenchmarkData } from './benchmark-data.js';
import { IMPUTATION_RESULT_SCHEMA, type ImputationCellResult } from './cell-result.js';
import type { ImputationCell } from './cells.js';
import { imputationControls } from './imputation-controls.js';
import { imputedScores } from './imputed-scores.js';
import { lowRankControls } from './low-rank-controls.js';
import { peerCounts } from './peer-counts.js';

const RUN = { reporter: silentReporter };

type Outcome = Pick<ImputationCellResult, 'scores' | 'seconds'>;

/**
 * Runs one cell.
 *
 * @param python - Python of the peers; they cannot run without it
 * @throws ParamError for a model that is not registered or a peer without Python; any error of the
 *   model, the reader or the peer
 */
export async function runImputationCell(
  cell: ImputationCell,
  options: { readonly command: string; readonly python: string | undefined },
): Promise<ImputationCellResult> {
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, load: loadavg()[0]! };
  const data = await loadBenchmarkData(cell.dataset, cell.protocol, cell.seed, RUN);
  const outcome = await outcomeOf(cell, data, options.python);
  return {
    ...{ schema: IMPUTATION_RESULT_SCHEMA, cell, command: options.command },
    ...{ dataset: data.record, machine, backend: currentBackend()?.id ?? 'none' },
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    ...outcome,
  };
}

function outcomeOf(
  cell: ImputationCell,
  data: BenchmarkData,
  python: string | undefined,
): Promise<Outcome> {
  switch (cell.kind) {
    case 'controls':
      return controls(cell, data);
    case 'peer':
      return peer(cell, data, python);
    case 'model':
      return ours(cell, data);
  }
}

async function ours({ model: id, params, seed }: ImputationCell, data: BenchmarkData) {
  const Model = getModel(id ?? '').model as ModelClass<BaseModel & AnyImputationModel>;
  const { seen } = data;
  const model = new Model({ ...withoutNull(params?.model), seed });
  const start = performance.now();
  await model.preprocess(seen, { ...withoutNull(params?.preprocess), ...RUN });
  const prepared = performance.now();
  const cpu = process.cpuUsage();
  await model.fit(seen, { ...withoutNull(params?.fit), ...RUN });
  const { user, system } = process.cpuUsage(cpu);
  const fitted = performance.now();
  const counts = dense(await model.predict(seen, { genes: 'all', ...RUN }));
  const seconds = {
    preprocess: (prepared - start) / 1000,
    fit: (fitted - prepared) / 1000,
    fitCpu: (user + system) / 1e6,
    predict: (performance.now() - fitted) / 1000,
  };
  const scores = { [id ?? '']: await stored(counts, model.genes, data, seed) };
  model.dispose();
  return { scores, seconds };
}

async function controls({ seed }: ImputationCell, data: BenchmarkData): Promise<Outcome> {
  const { seen } = data;
  const genes = seen.varNames;
  const methods: Record<string, DenseMatrix> = {
    ...(await imputationControls(seen, { genes, seed, ...RUN })),
    ...(await lowRankControls(seen, { seed, ...RUN })),
  };
  const scores: Record<string, Scores> = {};
  for (const [name, counts] of Object.entries(methods)) {
    scores[name] = await stored(counts, genes, data, seed);
  }
  return { scores, seconds: null };
}

async function peer(
  { model, seed }: ImputationCell,
  data: BenchmarkData,
  python: string | undefined,
): Promise<Outcome> {
  if (python === undefined || model === null) {
    throw new ParamError('DANCE_BENCH_PYTHON', {
      got: 'nothing',
      expected: 'a Python with the packages of packages/bench/peers/requirements.txt',
    });
  }
  const start = performance.now();
  const { counts, genes } = await peerCounts(python, model, data.seen, { seed });
  const seconds = { total: (performance.now() - start) / 1000 };
  return { scores: { [model]: await stored(counts, genes, data, seed) }, seconds };
}

async function stored(
  counts: DenseMatrix,
  genes: readonly string[],
  data: BenchmarkData,
  seed: number,
): Promise<Scores> {
  return jsonScores(await imputedScores(counts, genes, data, { seed, ...RUN }));
}

function dense(matrix: Matrix): DenseMatrix {
  return matrix.kind === 'dense' ? matrix : toCsr(matrix).toDense();
}

/** Parameters without a default are missing from JSON, not null. */
function withoutNull(values: Readonly<Record<string, Json>> = {}): Record<string, Json> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}
