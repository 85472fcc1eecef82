import { describe, expect, test } from '@jest/globals';
import { jsonScores, meanAndSd, summarizeRuns, type RunResult } from './result.js';

describe('meanAndSd', () => {
  test('sample standard deviation', () => {
    expect(meanAndSd([1, 2, 3, 4])).toEqual({ mean: 2.5, sd: Math.sqrt(5 / 3) });
  });

  test('a single value has no spread', () => {
    expect(meanAndSd([0.7])).toEqual({ mean: 0.7, sd: 0 });
  });
});

test('NaN becomes null', () => {
  expect(jsonScores({ ari: 0.5, silhouette: NaN })).toEqual({ ari: 0.5, silhouette: null });
});

test('a series summarizes every score of the runs and of their controls; null is left out', () => {
  const run = (ari: number, silhouette: number | null): RunResult =>
    ({ metrics: { ari, silhouette }, controls: { untrained: { ari: ari / 2 } } }) as never;
  const series = summarizeRuns([run(0.4, null), run(0.6, 0.1)]);
  expect(series.summary['ari']?.mean).toBeCloseTo(0.5);
  expect(series.summary['silhouette']).toEqual({ mean: 0.1, sd: 0 });
  expect(series.controls['untrained']?.['ari']?.mean).toBeCloseTo(0.25);
});
