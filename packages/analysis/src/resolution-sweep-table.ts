import { categoricalColumn, numericColumn, Table, type AnnData } from '@dance-ts/core';
import type { ResolutionStep, ResolutionSweep } from './resolution-sweep.js';

/**
 * A sweep as a table, one row a resolution: `resolution`, `n_clusters`, `modularity`, `silhouette`,
 * `stability`, `stability_error` and, for the resolution suggested, 1 in `suggested`.
 */
export function resolutionSweepTable({ steps, suggested }: ResolutionSweep): Table {
  const numbers = (of: (step: ResolutionStep) => number): Float64Array =>
    Float64Array.from(steps, of);
  return new Table(
    steps.map(({ resolution }) => String(resolution)),
    [
      ['resolution', numericColumn(numbers(({ resolution }) => resolution))],
      ['n_clusters', numericColumn(Int32Array.from(steps, ({ nClusters }) => nClusters))],
      ['modularity', numericColumn(numbers(({ modularity }) => modularity))],
      ['silhouette', numericColumn(numbers(({ silhouette }) => silhouette))],
      ['stability', numericColumn(numbers(({ stability }) => stability))],
      ['stability_error', numericColumn(numbers(({ stabilityError }) => stabilityError))],
      [
        'suggested',
        { kind: 'boolean', values: Uint8Array.from(steps, (s) => Number(s === suggested)) },
      ],
    ],
  );
}

/** Writes the table to `uns[key]` and the suggested clusters, if there are any, to `obs[key]`. */
export function storeSweep(data: AnnData, sweep: ResolutionSweep, key: string): void {
  data.uns.set(key, resolutionSweepTable(sweep));
  if (sweep.suggested === undefined) return;
  const { labels, nClusters } = sweep.suggested;
  const names = Array.from({ length: nClusters }, (_, cluster) => String(cluster));
  data.obs.set(key, categoricalColumn(labels, names));
}
