import { expect, test } from '@jest/globals';
import type { AnnotationCellResult, StoredAnswers } from './cell-result.js';
import { accuracyOf, accuracyWithout, estimateOf, isAsGood, rejectionOf } from './estimates.js';
import { renderAnnotation } from './report.js';

const LABELS = ['a', 'b', 'c'];

function answersOf(truth: number[], prediction: number[], confidence?: number[]): StoredAnswers {
  const sure = confidence ?? truth.map(() => 0.9);
  return { labels: LABELS, truth, prediction, confidence: sure, scores: { ece: 0.1, auroc: 0.7 } };
}

function resultOf(
  kind: 'model' | 'peer' | 'controls',
  seed: number,
  answers: StoredAnswers,
): AnnotationCellResult {
  const model = kind === 'controls' ? null : 'net';
  return {
    schema: 1,
    cell: { schema: 1, kind, model, dataset: 'toy', seed, params: null, leftOut: null },
    command: 'npm run it',
    dataset: { name: 'toy', sha256: null, nObs: 4, nVars: 5 },
    machine: { cpu: 'x', cores: 2, load: 3 },
    backend: 'wasm-baseline',
    peakRssBytes: 2 ** 20,
    seconds: kind === 'model' ? { preprocess: 1, fit: 2, predict: 0.5 } : null,
    answers: { [kind === 'controls' ? 'majority class' : 'net']: answers },
    markers: kind === 'model' ? { a: ['G1', 'G2'] } : null,
  };
}

test('an estimate is the mean over seeds; cells without a true label do not count', async () => {
  const half = answersOf([0, 1, -1, 0], [0, 0, 0, 1]);
  const all = answersOf([0, 1, -1, 0], [0, 1, 2, 0]);
  const found = await estimateOf([half, all], accuracyOf);
  expect(found?.mean).toBeCloseTo((1 / 3 + 1) / 2, 12);
  expect(found?.sd).toBeCloseTo(Math.SQRT2 / 3, 12);
  expect(found?.low).toBeGreaterThanOrEqual(0.5);
  expect(found?.high).toBe(1);
  expect(await estimateOf([], accuracyOf)).toBeUndefined();
});

test('classes that were not taught: accuracy on the others, and the doubt about them', () => {
  const answers = answersOf([0, 1, 2, 2], [0, 0, 0, 1], [0.9, 0.6, 0.5, 0.7]);
  const unseen = new Set(['c']);
  expect(accuracyWithout(unseen)(answers, [0, 1, 2, 3])).toBe(0.5);
  expect(rejectionOf(unseen)(answers, [0, 1, 2, 3])).toBe(0.75);
});

test('a model is as good as its peer if no score is below the interval', () => {
  const estimate = (mean: number, low = mean): never => ({ mean, sd: 0, low, high: 1 }) as never;
  const peer = [estimate(0.9, 0.8), estimate(0.7, 0.6)];
  expect(isAsGood([estimate(0.81), estimate(0.6)], peer)).toBe(true);
  expect(isAsGood([estimate(0.81), estimate(0.59)], peer)).toBe(false);
  expect(isAsGood([estimate(0.81), undefined], peer)).toBeUndefined();
});

test('the report judges by the classes that were taught where others are in the query', async () => {
  const truth = [0, 1, 0, 1];
  const good = answersOf(truth, truth);
  const bad = answersOf(truth, [1, 0, 1, 0]);
  const text = await renderAnnotation([
    resultOf('model', 0, good),
    resultOf('peer', 0, good),
    resultOf('controls', 0, bad),
  ]);
  expect(text).toMatch(/\| \*\*net\*\* +\| 1 +\| 1\.000 \[1\.000, 1\.000\].*\*\*yes\*\*/);
  expect(text).toMatch(/\| majority class +\| 1 +\| 0\.000 \[0\.000, 0\.000\]/);
  expect(text).not.toContain('Classes the reference lacks');
  const unseen = [0, 1, 2, 2];
  const told = answersOf(unseen, [0, 1, 0, 1], [0.9, 0.9, 0.5, 0.5]);
  const other = await renderAnnotation([resultOf('model', 0, told), resultOf('peer', 0, told)]);
  expect(other).toContain('Classes the reference lacks: c.');
  expect(other.match(/as good as the peer/g)).toHaveLength(1);
  expect(other).toMatch(/\| net +\| 1\.000 \[1\.000, 1\.000\] +\| 1\.000/);
});

test('the report says where a peer ran fewer seeds than its model', async () => {
  const answers = answersOf([0, 1], [0, 1]);
  const [first, second] = [resultOf('model', 0, answers), resultOf('model', 1, answers)];
  const peers = [resultOf('peer', 0, answers), resultOf('peer', 1, answers)];
  const text = await renderAnnotation([first, second, ...peers.slice(0, 1)]);
  expect(text).toContain('The peer of net ran 1 of the 2 seeds.');
  expect(await renderAnnotation([first, second, ...peers])).not.toContain('The peer of');
});
