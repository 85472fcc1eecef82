import { compareText } from '@dance-ts/core';
import { pairedDifference } from '../clustering-bench/series.js';
import { meanAndSd } from '../result.js';
import type { ImputationCellResult } from './cell-result.js';
import type { ImputationKind, Protocol } from './cells.js';

/** Results of one method on one data set by one protocol that differ in their seed only. */
export interface MethodSeries {
  readonly name: string;
  readonly kind: ImputationKind;
  readonly dataset: string;
  readonly protocol: Protocol;
  /** In order of the seeds. */
  readonly results: readonly ImputationCellResult[];
}

/**
 * Results by data set, protocol and method: controls in the order in which they were run, then
 * models, then peers, each by name. Of two results of one seed the later one in the list counts.
 */
export function methodSeries(results: readonly ImputationCellResult[]): MethodSeries[] {
  const groups = new Map<string, MethodSeries>();
  for (const result of results) {
    const { kind, dataset, protocol, seed } = result.cell;
    for (const name of Object.keys(result.scores)) {
      const key = JSON.stringify([dataset, protocol, kind, name]);
      const before = groups.get(key)?.results ?? [];
      const others = before.filter(({ cell }) => cell.seed !== seed);
      const own = [...others, result].sort((a, b) => a.cell.seed - b.cell.seed);
      groups.set(key, { name, kind, dataset, protocol, results: own });
    }
  }
  const order = (kind: ImputationKind): number => ['controls', 'model', 'peer'].indexOf(kind);
  return [...groups.values()].sort(
    (a, b) =>
      compareText(a.dataset, b.dataset) ||
      compareText(a.protocol, b.protocol) ||
      order(a.kind) - order(b.kind) ||
      (a.kind === 'controls' ? 0 : compareText(a.name, b.name)),
  );
}

/** A score of a series by seed; seeds without a value are left out. */
export function scoreBySeed({ results, name }: MethodSeries, score: string): Map<number, number> {
  const found = new Map<number, number>();
  for (const { cell, scores } of results) {
    const value = scores[name]?.[score];
    if (typeof value === 'number') found.set(cell.seed, value);
  }
  return found;
}

/** Mean and standard deviation of a score over seeds as text; a dash without values. */
export function spreadText(series: MethodSeries, score: string): string {
  const values = [...scoreBySeed(series, score).values()];
  if (values.length === 0) return NONE;
  const { mean, sd } = meanAndSd(values);
  return values.length < 2 ? decimal(mean) : `${decimal(mean)} ± ${decimal(sd)}`;
}

/** Mean difference of a score within a seed and its standard error as text; a dash without any. */
export function differenceText(
  series: MethodSeries,
  reference: MethodSeries | undefined,
  score: string,
): string {
  if (reference === undefined || reference === series) return NONE;
  const found = pairedDifference(scoreBySeed(series, score), scoreBySeed(reference, score));
  if (found === undefined) return NONE;
  const sign = found.mean < 0 ? '−' : '+';
  const error = Number.isNaN(found.error) ? '' : ` ± ${decimal(found.error)}`;
  return `${sign}${decimal(Math.abs(found.mean))}${error}`;
}

/** What stands where there is no value. */
export const NONE = '–';

/** Three decimals, with a minus sign that is as wide as a plus. */
export function decimal(value: number): string {
  return value
    .toFixed(3)
    .replace(/^-(?!0\.000$)/, '−')
    .replace(/^-/, '');
}
