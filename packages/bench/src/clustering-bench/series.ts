import type { Json } from '@dance-ts/core';
import { adjustedRandIndex } from '@dance-ts/metrics';
import { meanAndSd } from '../result.js';
import type { CellResult } from './cell-result.js';
import { canonicalJson, without, type CellSpec } from './cells.js';
import { decodeLabels } from './labels.js';

/** Results that differ in their seed only. */
export interface Series {
  readonly results: readonly CellResult[];
  /** One of their specifications. */
  readonly cell: CellSpec;
}

/** Results of models by everything but the seed, in order of data set, model, kind and setting. */
export function seriesOf(results: readonly CellResult[]): Series[] {
  const groups = new Map<string, CellResult[]>();
  for (const result of results) {
    if (result.run === null) continue;
    const rest = without('seed', result.cell);
    const key = canonicalJson([rest.dataset, rest.model, rest.kind, rest.setting ?? '', rest]);
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => {
      const ordered = group.sort((a, b) => a.cell.seed - b.cell.seed);
      return { results: ordered, cell: ordered[0]!.cell };
    });
}

/** Scores of a series by seed. */
export function scoresBySeed({ results }: Series, score: string): Map<number, number> {
  return bySeed(results, (result) => result.run?.metrics[score]);
}

/** Scores of a control on a data set by seed. */
export function controlBySeed(
  results: readonly CellResult[],
  dataset: string,
  control: string,
  score: string,
): Map<number, number> {
  const ofDataset = results.filter(({ cell }) => cell.dataset === dataset);
  return bySeed(ofDataset, ({ controls }) => controls[control]?.[score]);
}

/** Scores of the peer of a series by seed: the same parameters, whatever our device. */
export function peerBySeed(
  results: readonly CellResult[],
  { cell }: Series,
  score: string,
): Map<number, number> {
  const { model, dataset } = cell;
  const settings = ({ params }: CellSpec): string =>
    params === null ? '' : canonicalJson({ ...params, model: without('device', params.model) });
  const peers = results.filter(
    ({ cell: { kind, ...other } }) =>
      kind === 'peer' &&
      other.model === model &&
      other.dataset === dataset &&
      settings({ kind, ...other }) === settings(cell),
  );
  return bySeed(peers, ({ controls }) => controls[model ?? '']?.[score]);
}

/** ARI between the clusters of each two seeds; empty where labels were not kept. */
export function agreementOfSeeds(results: readonly CellResult[]): number[] {
  const labels = results.flatMap(({ labels }) => (labels ? [decodeLabels(labels)] : []));
  return labels.flatMap((a, i) => labels.slice(i + 1).map((b) => adjustedRandIndex(a, b)));
}

/** The same network before training, if it ran. */
export function untrainedOf(series: readonly Series[], { cell }: Series): Series | undefined {
  const settings = (spec: CellSpec): string =>
    canonicalJson([spec.dataset, spec.model, spec.params?.model, spec.params?.preprocess]);
  return series.find(
    (other) => other.cell.kind === 'untrained' && settings(other.cell) === settings(cell),
  );
}

/** A difference over seeds. */
export interface PairedDifference {
  readonly mean: number;
  /** Standard error of the mean, NaN for one seed. */
  readonly error: number;
  /** Seeds. */
  readonly n: number;
}

/** Mean difference a - b over the seeds both have. */
export function pairedDifference(
  a: ReadonlyMap<number, number>,
  b: ReadonlyMap<number, number>,
): PairedDifference | undefined {
  const differences = [...a].flatMap(([seed, value]) => {
    const other = b.get(seed);
    return other === undefined ? [] : [value - other];
  });
  const n = differences.length;
  if (n === 0) return undefined;
  const { mean, sd } = meanAndSd(differences);
  return { mean, error: n < 2 ? NaN : sd / Math.sqrt(n), n };
}

/** Whether a model was told the number of classes. */
export function isGivenK({ params }: CellSpec): boolean {
  const { nClusters, clusterMethod } = params?.model ?? {};
  const findsItself = clusterMethod === 'leiden' || clusterMethod === 'louvain';
  return typeof nClusters === 'number' && !findsItself;
}

/** Genes a model read, as far as its parameters tell. */
export function genesOf({ cell, results }: Series): number {
  const all = results[0]!.dataset.nVars;
  const { nTopGenes, hvg } = (cell.params?.preprocess ?? {}) as Record<string, Json | undefined>;
  if (typeof nTopGenes === 'number') return Math.min(all, nTopGenes);
  return typeof hvg === 'number' ? Math.floor(hvg * all) : all;
}

/** Epochs that were run, in the mean over seeds: pre-training (if any) and training. */
export function epochsOf({ results }: Series): string {
  const mean = (term: string): number =>
    meanAndSd(results.map(({ run }) => run?.history[term]?.length ?? 0)).mean;
  const [pretraining, training] = [mean('pretrainLoss'), mean('loss')].map(Math.round);
  return pretraining === 0 ? String(training) : `${pretraining} + ${training}`;
}

function bySeed(
  results: readonly CellResult[],
  valueOf: (result: CellResult) => number | null | undefined,
): Map<number, number> {
  const found = new Map<number, number>();
  for (const result of results) {
    const value = valueOf(result);
    if (typeof value === 'number') found.set(result.cell.seed, value);
  }
  return found;
}
