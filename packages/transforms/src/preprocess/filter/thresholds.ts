import { ParamError } from '@dance-ts/core';
import { z } from 'zod';
import { ascending, quantile } from '../../numeric/quantile.js';

/** Limits on the counts of a cell or gene and on how many non-zero values it has. */
export interface Thresholds {
  readonly minCounts?: number | undefined;
  readonly maxCounts?: number | undefined;
  readonly minNonZero?: number | undefined;
  readonly maxNonZero?: number | undefined;
}

/** What {@link Thresholds} are applied to. */
export interface CountStatistics {
  /** Sum of each cell or gene. */
  readonly counts: Float64Array;
  /** Positive values of each cell or gene. */
  readonly nonZeros: Int32Array;
  /** Number of values of each: all genes of a cell, all cells of a gene. */
  readonly nValues: number;
}

/** Schema of a limit on sums. */
export function countLimit(what: string): z.ZodOptional<z.ZodNumber> {
  const description = `${what}; between 0 and 1: that quantile of the sums`;
  return z.number().min(0).optional().describe(description);
}

/** Schema of a limit on numbers of non-zero values. */
export function nonZeroLimit(what: string): z.ZodOptional<z.ZodNumber> {
  const description = `${what}; between 0 and 1: that share of all, rounded down`;
  return z.number().min(0).optional().describe(description);
}

/** @throws ParamError if there is no limit at all */
export function assertAnyLimit(limits: Readonly<Record<string, unknown>>, owner: string): void {
  if (Object.values(limits).some((limit) => limit !== undefined)) return;
  throw new ParamError(`${owner} has nothing to filter by`, {
    got: 'no threshold',
    remedy: 'Give at least one, for example {minCounts: 1}.',
  });
}

/** 1 for each cell or gene within every limit, 0 for the others. */
export function withinThresholds(statistics: CountStatistics, limits: Thresholds): Uint8Array {
  const { counts, nonZeros, nValues } = statistics;
  const countOf = (limit: number | undefined, otherwise: number): number =>
    limit === undefined ? otherwise : isShare(limit) ? quantileOf(counts, limit) : limit;
  const numberOf = (limit: number | undefined, otherwise: number): number =>
    limit === undefined ? otherwise : isShare(limit) ? Math.floor(limit * nValues) : limit;
  const minCounts = countOf(limits.minCounts, -Infinity);
  const maxCounts = countOf(limits.maxCounts, Infinity);
  const minNonZero = numberOf(limits.minNonZero, 0);
  const maxNonZero = numberOf(limits.maxNonZero, Infinity);
  return Uint8Array.from(counts, (count, i) =>
    count >= minCounts &&
    count <= maxCounts &&
    nonZeros[i]! >= minNonZero &&
    nonZeros[i]! <= maxNonZero
      ? 1
      : 0,
  );
}

/**
 * 1 for each cell or gene that passes all steps, one after the other: a limit that is a quantile is
 * one of those that the earlier steps left.
 */
export function withinSuccessively(
  { counts, nonZeros, nValues }: CountStatistics,
  steps: readonly Thresholds[],
): Uint8Array {
  let left = Int32Array.from(counts.keys());
  for (const limits of steps) {
    const statistics = {
      counts: Float64Array.from(left, (i) => counts[i]!),
      nonZeros: Int32Array.from(left, (i) => nonZeros[i]!),
      nValues,
    };
    const passes = withinThresholds(statistics, limits);
    left = left.filter((_, i) => passes[i] === 1);
  }
  const keep = new Uint8Array(counts.length);
  for (const i of left) keep[i] = 1;
  return keep;
}

/** What the limits of cells and of genes are limits on. */
const FIELDS = {
  minCounts: 'minCounts',
  maxCounts: 'maxCounts',
  minGenes: 'minNonZero',
  maxGenes: 'maxNonZero',
  minCells: 'minNonZero',
  maxCells: 'maxNonZero',
} as const satisfies Record<string, keyof Thresholds>;

/**
 * The limits in the order they are to be applied, one a step.
 *
 * @param limits - by parameter name, undefined where not given
 * @throws ParamError for a limit that the order does not name, or a name twice in it
 */
export function inOrder<K extends keyof typeof FIELDS>(
  limits: Readonly<Record<K, number | undefined>>,
  order: readonly K[],
  owner: string,
): Thresholds[] {
  const expected = 'each limit that is given once';
  if (new Set(order).size !== order.length) {
    throw new ParamError(`${owner}: parameter "order"`, { got: order.join(', '), expected });
  }
  const given = (Object.keys(limits) as K[]).filter((name) => limits[name] !== undefined);
  const forgotten = given.find((name) => !order.includes(name));
  if (forgotten !== undefined) {
    throw new ParamError(`${owner}: parameter "order" lacks "${forgotten}"`, {
      got: order.join(', '),
      expected,
    });
  }
  return order
    .filter((name) => limits[name] !== undefined)
    .map((name) => ({ [FIELDS[name]]: limits[name] }));
}

function isShare(limit: number): boolean {
  return limit > 0 && limit < 1;
}

function quantileOf(counts: Float64Array, fraction: number): number {
  return counts.length === 0 ? 0 : quantile(ascending(counts), fraction);
}
