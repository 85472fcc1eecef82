import { describe, expect, test } from '@jest/globals';
import { CsrMatrix, DataError, DenseMatrix, ParamError, Rng } from '@dance-ts/core';
import {
  classificationMetric,
  classificationMetrics,
  clusteringMetric,
  clusteringMetrics,
  deconvolutionMetric,
  deconvolutionMetrics,
  imputationMetric,
  imputationMetrics,
  imputationScore,
  jointEmbeddingMetric,
  jointEmbeddingMetrics,
  jointEmbeddingScores,
  matchingMetric,
  matchingMetrics,
  modalityPredictionMetric,
  modalityPredictionMetrics,
  openProblemsMetrics,
  probabilityMetric,
  probabilityMetrics,
  rmse,
  spatialDomainMetric,
  spatialDomainMetrics,
  type MetricInfo,
} from './index.js';

const LOOKUPS: [string, readonly MetricInfo[], (name: string) => MetricInfo, string][] = [
  ['classification', classificationMetrics, classificationMetric, 'acc'],
  ['class probability', probabilityMetrics, probabilityMetric, 'auroc'],
  ['clustering', clusteringMetrics, clusteringMetric, 'ari'],
  ['imputation', imputationMetrics, imputationMetric, 'rmse'],
  ['modality prediction', modalityPredictionMetrics, modalityPredictionMetric, 'rmse'],
  ['matching', matchingMetrics, matchingMetric, 'match_prob'],
  ['joint embedding', jointEmbeddingMetrics, jointEmbeddingMetric, 'ari'],
  ['spatial domain', spatialDomainMetrics, spatialDomainMetric, 'ari'],
  ['deconvolution', deconvolutionMetrics, deconvolutionMetric, 'mse'],
];

describe('metrics by name', () => {
  test.each(LOOKUPS)('%s', (what, metrics, lookup, first) => {
    expect(metrics[0]?.name).toBe(first);
    expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
    for (const metric of metrics) expect(lookup(metric.name)).toBe(metric);
    expect(() => lookup('nonsense')).toThrow(ParamError);
    expect(() => lookup('nonsense')).toThrow(
      `there is no ${what} metric "nonsense": expected one of ${first}, `,
    );
  });
});

/** Whether a score is the best a metric can be. */
function isBest({ range, higherIsBetter }: MetricInfo, score: number): boolean {
  return Math.abs(score - range[higherIsBetter ? 1 : 0]) < 1e-12;
}

function bests<M extends MetricInfo>(metrics: readonly M[], score: (metric: M) => number) {
  return metrics.filter((metric) => !isBest(metric, score(metric))).map(({ name }) => name);
}

describe('a perfect prediction has the best score, a wrong one has not', () => {
  const labels = ['a', 'b', 'a', 'c'];
  const wrong = ['b', 'b', 'c', 'a'];
  const matrix = DenseMatrix.fromRows([
    [0.5, 0.25, 0.25],
    [0.125, 0.625, 0.25],
    [0.25, 0.0, 0.75],
  ]);
  const other = matrix.transpose().mapData((value) => 0.5 + value);

  test('labels', () => {
    expect(bests(classificationMetrics, ({ compute }) => compute(labels, labels))).toEqual([]);
    expect(bests(classificationMetrics, ({ compute }) => compute(labels, wrong))).toHaveLength(
      classificationMetrics.length,
    );
    expect(bests(spatialDomainMetrics, ({ compute }) => compute(labels, labels))).toEqual([]);
  });

  test('class probabilities', () => {
    const classes = ['a', 'b', 'c', 'd'];
    const sure = (answers: string[]) => ({
      classes,
      probabilities: DenseMatrix.fromRows(
        answers.map((answer) => classes.map((name) => Number(name === answer))),
      ),
    });
    expect(bests(probabilityMetrics, ({ compute }) => compute(labels, sure(labels)))).toEqual([]);
    expect(
      bests(probabilityMetrics, ({ compute }) => compute(['d', 'd', 'd', 'a'], sure(labels))),
    ).toEqual(['auroc', 'top3_acc', 'log_loss', 'ece', 'aurc']);
  });

  test.each([
    ['imputation', imputationMetrics],
    ['modality prediction', modalityPredictionMetrics],
    ['deconvolution', deconvolutionMetrics],
  ])('%s', (_, metrics) => {
    expect(bests(metrics, ({ compute }) => compute(matrix, matrix))).toEqual([]);
    expect(bests(metrics, ({ compute }) => compute(matrix, other))).toHaveLength(metrics.length);
  });

  test('matching', () => {
    const permutation = Rng.fromSeed(1).permutation(12);
    const ones = new Uint8Array(12).fill(1);
    const rows = Int32Array.from(permutation.keys());
    const weights = CsrMatrix.fromTriplets(12, 12, rows, permutation, ones);
    expect(bests(matchingMetrics, ({ compute }) => compute(permutation, weights))).toEqual([]);
    const shifted = permutation.map((target) => (target + 1) % 12);
    expect(bests(matchingMetrics, ({ compute }) => compute(shifted, weights))).toHaveLength(
      matchingMetrics.length,
    );
  });
});

describe('imputation score', () => {
  const truth = DenseMatrix.fromRows([
    [1, 0, 2],
    [0, 3, 0],
  ]);
  const imputed = DenseMatrix.fromRows([
    [2, 9, 2],
    [9, 5, 9],
  ]);
  const mask = { rows: [0, 0, 1], columns: [0, 2, 1] };

  test('the mask names what is evaluated', () => {
    expect(imputationScore(truth, imputed, { mask })).toBeCloseTo(Math.sqrt(5 / 3), 12);
    expect(imputationScore(truth, imputed, { mask, metric: 'mre' })).toBeCloseTo(5 / 9, 12);
  });

  test('diluted squared errors are spread over the matrix', () => {
    const masked = imputationScore(truth, imputed, { mask });
    const diluted = imputationScore(truth, imputed, { mask, diluted: true });
    expect(diluted).toBeCloseTo(masked * Math.sqrt(3 / 6), 12);
    const squared = imputationScore(truth, imputed, { mask, diluted: true, metric: 'mse' });
    expect(squared).toBeCloseTo(5 / 6, 12);
    expect(() => imputationScore(truth, imputed, { mask, diluted: true, metric: 'pcc' })).toThrow(
      ParamError,
    );
  });

  test('log1p is taken of the imputed values only, dense or sparse', () => {
    const logged = Float64Array.from(imputed.data, Math.log1p);
    const expected = rmse(truth.data, logged);
    expect(imputationScore(truth, imputed, { log1p: true })).toBeCloseTo(expected, 12);
    const sparse = CsrMatrix.fromDense(imputed);
    expect(imputationScore(truth, sparse, { log1p: true })).toBeCloseTo(expected, 6);
  });
});

describe('spatial domains', () => {
  test('spots without annotation do not count', () => {
    const { compute } = spatialDomainMetric('ari');
    expect(compute([0, -1, 0, 1, 1, -1], [5, 5, 5, 6, 6, 6])).toBe(1);
    expect(compute(['L1', null, 'L1', 'WM', ''], [5, 6, 5, 6, 6])).toBe(1);
    expect(compute([NaN, 2, 3], [0, 0, 1])).toBe(1);
    expect(() => compute([-1, -1], [0, 1])).toThrow(DataError);
    expect(() => compute([1], [0, 1])).toThrow(DataError);
  });
});

describe('joint embedding', () => {
  const rng = Rng.fromSeed(4);
  const n = 90;
  const cellTypes = Array.from({ length: n }, (_, i) => `type ${i % 3}`);
  const batches = Array.from({ length: n }, () => rng.int(2));
  const phase = [0, 1].map(() => Array.from({ length: n }, () => rng.normal()));
  const embedding = DenseMatrix.fromRows(
    cellTypes.map((_, i) => [12 * (i % 3) + 0.3 * rng.normal(), phase[0]![i]!, phase[1]![i]!]),
  );
  const pseudotime = Array.from({ length: n }, (_, i) => i);
  const full = {
    cellTypes,
    batches,
    expression: embedding,
    phaseScores: phase,
    referencePseudotimes: [pseudotime, pseudotime.map((time) => time * time)],
  };
  const options = { rng, nClusters: 3 };

  test('separate types, mixed batches, the embedding its own reference', async () => {
    const scores = await jointEmbeddingScores(full, { embedding, pseudotime }, options);
    expect(Object.keys(scores)).toEqual([
      ...jointEmbeddingMetrics.map(({ name }) => name),
      'openproblems',
    ]);
    for (const name of ['ari', 'nmi_kmeans', 'nmi', 'graph_conn', 'cc_cons', 'ti_cons']) {
      expect([name, scores[name]]).toEqual([name, expect.closeTo(1, 6)]);
    }
    expect(scores['asw_label']).toBeGreaterThan(0.8);
    expect(scores['asw_batch']).toBeGreaterThan(0.8);
    const six = openProblemsMetrics.map((name) => scores[name]!);
    const mean = six.reduce((sum, score) => sum + score, 0) / 6;
    expect(scores['openproblems']).toBeCloseTo(mean, 12);
  });

  test('types torn apart score low where they should', async () => {
    const scores = await jointEmbeddingScores(
      { cellTypes: cellTypes.map((_, i) => (i < 45 ? 'x' : 'y')), batches: cellTypes },
      { embedding },
      options,
    );
    expect(Object.keys(scores)).toEqual([
      'ari',
      'nmi_kmeans',
      'nmi',
      'asw_label',
      'asw_batch',
      'graph_conn',
    ]);
    expect(scores['ari']).toBeLessThan(0.1);
    expect(scores['graph_conn']).toBeLessThan(0.5);
    expect(scores['asw_batch']).toBeLessThan(0.3);
  });

  test('a given graph is used', async () => {
    const graph = new CsrMatrix(
      n,
      n,
      new Int32Array(n + 1),
      new Int32Array(0),
      new Float32Array(0),
    );
    const { compute } = jointEmbeddingMetric('graph_conn');
    expect(await compute({ cellTypes }, { embedding, graph }, options)).toBeCloseTo(1 / 30, 12);
  });

  test('what a metric needs and lacks is named', async () => {
    for (const { compute, needs } of jointEmbeddingMetrics) {
      const failed = Promise.resolve().then(() => compute({}, { embedding }, options));
      await expect(failed).rejects.toThrow(DataError);
      await expect(failed).rejects.toThrow(`needs ${needs[0]!}`);
    }
  });
});
