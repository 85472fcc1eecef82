import { DataError } from '@dance-ts/core';
import { metricNamed, type MetricInfo } from '../metric.js';
import type { Labels } from './contingency.js';
import { clusteringMetrics } from './registry.js';

/** Annotated domains; null, -1, NaN and '' stand for a spot without annotation. */
export type DomainLabels = ArrayLike<number | string | null>;

/** A score of spatial domains. */
export interface SpatialDomainMetric extends MetricInfo {
  /** The score on the annotated spots. */
  readonly compute: (truth: DomainLabels, prediction: Labels) => number;
}

/** Labels of the annotated spots. */
export interface AnnotatedSpots {
  readonly truth: (number | string)[];
  readonly prediction: (number | string)[];
}

/**
 * Leaves out the spots without annotation.
 *
 * @throws DataError if the lengths differ or no spot is annotated
 */
export function annotatedSpots(truth: DomainLabels, prediction: Labels): AnnotatedSpots {
  if (truth.length !== prediction.length) {
    throw new DataError('annotated and predicted domains differ in length', {
      got: `${truth.length} and ${prediction.length}`,
    });
  }
  const kept: AnnotatedSpots = { truth: [], prediction: [] };
  for (let s = 0; s < truth.length; s++) {
    const label = truth[s] ?? null;
    if (label === null || label === -1 || label === '' || Number.isNaN(label)) continue;
    kept.truth.push(label);
    kept.prediction.push(prediction[s]!);
  }
  if (kept.truth.length === 0) {
    throw new DataError('no spot is annotated', { got: `${truth.length} spots without a label` });
  }
  return kept;
}

/**
 * The metrics of spatial domains by their short names: those of clustering, on the annotated spots.
 * The first is the task's default.
 */
export const spatialDomainMetrics: readonly SpatialDomainMetric[] = clusteringMetrics.map(
  ({ compute, ...info }) => ({
    ...info,
    compute: (truth, prediction) => {
      const spots = annotatedSpots(truth, prediction);
      return compute(spots.truth, spots.prediction);
    },
  }),
);

/**
 * The spatial domain metric of that name.
 *
 * @throws ParamError naming those there are
 */
export function spatialDomainMetric(name: string): SpatialDomainMetric {
  return metricNamed(spatialDomainMetrics, name, 'spatial domain');
}
