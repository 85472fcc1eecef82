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

function isShare(limit: number): boolean {
  return limit > 0 && limit < 1;
}

function quantileOf(counts: Float64Array, fraction: number): number {
  return counts.length === 0 ? 0 : quantile(ascending(counts), fraction);
}
