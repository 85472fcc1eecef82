import { describe, expect, test } from '@jest/globals';
import { DataError, DenseMatrix, ParamError } from '@dance-ts/core';
import {
  adjustedMutualInfo,
  adjustedRandIndex,
  calinskiHarabasz,
  clusteringAccuracy,
  clusteringMetric,
  clusteringMetrics,
  completeness,
  daviesBouldin,
  fowlkesMallows,
  homogeneity,
  mutualInfo,
  normalizedMutualInfo,
  purity,
  randIndex,
  silhouetteSamples,
  silhouetteScore,
  vMeasure,
} from '../index.js';
import { golden, isClose } from '../testing/golden.js';

interface PartitionCase extends Record<string, unknown> {
  name: string;
  labels_true: number[];
  labels_pred: number[];
}

const SCORES = {
  ari: adjustedRandIndex,
  rand: randIndex,
  nmi_arithmetic: normalizedMutualInfo,
  nmi_geometric: (t: number[], p: number[]) => normalizedMutualInfo(t, p, { average: 'geometric' }),
  nmi_max: (t: number[], p: number[]) => normalizedMutualInfo(t, p, { average: 'max' }),
  mutual_info_nats: mutualInfo,
  homogeneity,
  completeness,
  v_measure: vMeasure,
  fowlkes_mallows: fowlkesMallows,
  purity,
  acc_hungarian: clusteringAccuracy,
};

describe('external scores equal scikit-learn', () => {
  const cases = (golden('clustering_metrics') as { cases: PartitionCase[] }).cases;
  test.each(cases.map((c) => [c.name, c] as const))('%s', (_, c) => {
    for (const [name, score] of Object.entries(SCORES)) {
      expect([name, score(c.labels_true, c.labels_pred)]).toEqual([
        name,
        expect.closeTo(c[name] as number, 11),
      ]);
    }
    const ami = adjustedMutualInfo(c.labels_true, c.labels_pred);
    expect(ami).toBeCloseTo(c['ami_arithmetic'] as number, 8);
  });
});

describe('label names mean nothing', () => {
  test('texts, negative numbers and permuted codes', () => {
    const truth = ['a', 'a', 'b', 'b', 'c'];
    const prediction = [-1, -1, 7, 7, 7];
    const renamed = [3, 3, 0, 0, 0];
    for (const { compute } of clusteringMetrics) {
      expect(compute(truth, prediction)).toBe(compute([0, 0, 1, 1, 2], renamed));
    }
  });

  test.each([
    [[0, 1], [0]],
    [[], []],
  ])('lengths %p and %p are refused', (truth, prediction) => {
    for (const { compute } of clusteringMetrics) {
      expect(() => compute(truth, prediction)).toThrow(DataError);
    }
  });

  test('metrics are found by name; an unknown one names the others', () => {
    expect(clusteringMetric('nmi').compute([0, 0, 1], [1, 1, 0])).toBe(1);
    expect(() => clusteringMetric('f1')).toThrow(ParamError);
    expect(() => clusteringMetric('f1')).toThrow(/ari, nmi/);
  });
});

interface InternalCase {
  name: string;
  X: number[][];
  labels: number[];
  metric: 'euclidean' | 'cosine';
  silhouette_mean: number;
  silhouette_samples: number[];
  calinski_harabasz?: number;
  davies_bouldin?: number;
}

describe('internal scores equal scikit-learn', () => {
  const cases = (golden('internal_metrics') as { cases: InternalCase[] }).cases;
  test.each(cases.map((c) => [c.name, c] as const))('%s', async (_, c) => {
    const X = DenseMatrix.fromRows(c.X);
    const { metric } = c;
    expect(await silhouetteScore(X, c.labels, { metric })).toBeCloseTo(c.silhouette_mean, 6);
    const samples = await silhouetteSamples(X, c.labels, { metric });
    c.silhouette_samples.forEach((expected, i) => {
      expect(samples[i]).toBeCloseTo(expected, 5);
    });
    if (c.calinski_harabasz !== undefined) {
      const ratio = calinskiHarabasz(X, c.labels) / c.calinski_harabasz;
      expect(ratio).toBeCloseTo(1, 5);
    }
    if (c.davies_bouldin !== undefined) {
      expect(daviesBouldin(X, c.labels)).toBeCloseTo(c.davies_bouldin, 5);
    }
  });

  test.each(cases.map((c) => [c.name, c] as const))('%s in float64', async (_, c) => {
    const { metric } = c;
    // scikit-learn's expanded distances are not quite 0 between equal points: 5e-8 of these two.
    const hasEqualPoints = ['with_singleton', 'duplicate_points_split'].includes(c.name);
    const bound = hasEqualPoints ? 1e-7 : 1e-10;
    const nCols = c.X[0]?.length ?? 0;
    const X = { kind: 'dense', nRows: c.X.length, nCols, data: c.X.flat() } as const;
    const samples = await silhouetteSamples(X, c.labels, { metric });
    c.silhouette_samples.forEach((expected, i) => {
      expect(isClose(samples[i]!, expected, bound)).toBe(true);
    });
    if (c.calinski_harabasz !== undefined) {
      expect(isClose(calinskiHarabasz(X, c.labels), c.calinski_harabasz, bound)).toBe(true);
    }
    if (c.davies_bouldin !== undefined) {
      expect(isClose(daviesBouldin(X, c.labels), c.davies_bouldin, bound)).toBe(true);
    }
  });

  test('one cluster, or one for each sample, is refused', async () => {
    const X = DenseMatrix.fromRows([[0], [1], [2]]);
    await expect(silhouetteScore(X, [0, 0, 0])).rejects.toThrow(/2 to 2 clusters/);
    await expect(silhouetteScore(X, [0, 1, 2])).rejects.toThrow(DataError);
    expect(() => daviesBouldin(X, [0, 1])).toThrow(DataError);
  });
});
