import { metricNamed, SHARE, type MetricInfo } from '../metric.js';
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
export interface ClusteringMetric extends MetricInfo {
  /** The score of a prediction. */
  readonly compute: (truth: Labels, prediction: Labels) => number;
}

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
    ...SHARE,
    name: 'nmi',
    longName: 'normalized mutual information',
    compute: normalizedMutualInfo,
  },
  {
    ...SHARE,
    name: 'acc',
    longName: 'clustering accuracy (Hungarian)',
    compute: clusteringAccuracy,
  },
  { ...SHARE, name: 'fmi', longName: 'Fowlkes-Mallows index', compute: fowlkesMallows },
  {
    name: 'ami',
    longName: 'adjusted mutual information',
    range: [-1, 1],
    higherIsBetter: true,
    compute: adjustedMutualInfo,
  },
  { ...SHARE, name: 'homogeneity', longName: 'homogeneity', compute: homogeneity },
  { ...SHARE, name: 'completeness', longName: 'completeness', compute: completeness },
  { ...SHARE, name: 'purity', longName: 'purity', compute: purity },
];

/**
 * The clustering metric of that name.
 *
 * @throws ParamError naming those there are
 */
export function clusteringMetric(name: string): ClusteringMetric {
  return metricNamed(clusteringMetrics, name, 'clustering');
}
