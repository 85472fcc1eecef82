import { ParamError } from '@dance-ts/core';
import type { Labels } from './contingency.js';
import {
  adjustedMutualInfo,
  completeness,
  homogeneity,
  normalizedMutualInfo,
} from './information.js';
import { clusteringAccuracy, purity } from './matching.js';
import { adjustedRandIndex, fowlkesMallows } from './pair-counting.js';

/** A score of a partition against the truth. */
export interface ClusteringMetric {
  /** Short name, as in result files. */
  readonly name: string;
  readonly longName: string;
  /** Smallest and largest value. */
  readonly range: readonly [number, number];
  readonly higherIsBetter: boolean;
  /** The score of a prediction. */
  readonly compute: (truth: Labels, prediction: Labels) => number;
}

const unit = { range: [0, 1], higherIsBetter: true } as const;

/** The clustering metrics by their short names. */
export const clusteringMetrics: readonly ClusteringMetric[] = [
  {
    name: 'ari',
    longName: 'adjusted Rand index',
    range: [-0.5, 1],
    higherIsBetter: true,
    compute: adjustedRandIndex,
  },
  {
    ...unit,
    name: 'nmi',
    longName: 'normalized mutual information',
    compute: normalizedMutualInfo,
  },
  {
    ...unit,
    name: 'acc',
    longName: 'clustering accuracy (Hungarian)',
    compute: clusteringAccuracy,
  },
  { ...unit, name: 'fmi', longName: 'Fowlkes-Mallows index', compute: fowlkesMallows },
  {
    name: 'ami',
    longName: 'adjusted mutual information',
    range: [-1, 1],
    higherIsBetter: true,
    compute: adjustedMutualInfo,
  },
  { ...unit, name: 'homogeneity', longName: 'homogeneity', compute: homogeneity },
  { ...unit, name: 'completeness', longName: 'completeness', compute: completeness },
  { ...unit, name: 'purity', longName: 'purity', compute: purity },
];

/**
 * The clustering metric of that name.
 *
 * @throws ParamError naming those there are
 */
export function clusteringMetric(name: string): ClusteringMetric {
  const metric = clusteringMetrics.find((known) => known.name === name);
  if (metric === undefined) {
    throw new ParamError(`there is no clustering metric "${name}"`, {
      expected: `one of ${clusteringMetrics.map((known) => known.name).join(', ')}`,
    });
  }
  return metric;
}
