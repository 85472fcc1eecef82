import {
  AnnData,
  columnValue,
  CsrMatrix,
  DataError,
  DenseMatrix,
  ParamError,
  Rng,
} from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { snapshot, testContext } from '../../testing/data.js';
import { ScrubletTransform } from '../filter/scrublet-transform.js';
import { doubletLikelihood, doubletScores } from './doublet-scores.js';
import { minimumThreshold } from './minimum-threshold.js';

const N_PER_TYPE = 60;
const N_DOUBLETS = 12;
const N_GENES = 80;

/** Cells of three types, then doublets of two cells of different types. */
function cellsAndDoublets(seed: number): CsrMatrix {
  const rng = Rng.fromSeed(seed);
  const rows: Float32Array[] = [];
  const cell = (type: number): Float32Array =>
    Float32Array.from({ length: N_GENES }, (_, g) =>
      rng.poisson(g >= 60 ? 1 : Math.floor(g / 20) === type ? 4 : 0.2),
    );
  for (let i = 0; i < 3 * N_PER_TYPE; i++) rows.push(cell(i % 3));
  for (let i = 0; i < N_DOUBLETS; i++) {
    const other = cell((i + 1) % 3);
    rows.push(cell(i % 3).map((value, g) => value + other[g]!));
  }
  return CsrMatrix.fromDense(DenseMatrix.fromRows(rows));
}

const counts = cellsAndDoublets(4);
const isDoublet = (cell: number): boolean => cell >= 3 * N_PER_TYPE;

describe('doubletScores', () => {
  test('finds the doublets of different types', async () => {
    const { scores, predicted, threshold, simulatedScores } = await doubletScores(counts, {
      rng: Rng.fromSeed(0),
      nComponents: 4,
    });
    expect(simulatedScores).toHaveLength(2 * counts.nRows);
    expect(threshold).toBeGreaterThan(0);
    const hits = predicted.filter((value, i) => value === 1 && isDoublet(i)).length;
    const falseAlarms = predicted.filter((value, i) => value === 1 && !isDoublet(i)).length;
    expect(hits).toBeGreaterThanOrEqual(N_DOUBLETS - 1);
    expect(falseAlarms).toBeLessThanOrEqual(4);
    predicted.forEach((value, i) => {
      expect(value === 1).toBe(scores[i]! > (threshold ?? Infinity));
    });
  });

  test('the same seed gives the same scores, for sparse and dense', async () => {
    const first = await doubletScores(counts, { rng: Rng.fromSeed(7) });
    const again = await doubletScores(counts.toDense(), { rng: Rng.fromSeed(7) });
    expect(again).toEqual(first);
    const other = await doubletScores(counts, { rng: Rng.fromSeed(8) });
    expect(other.scores).not.toEqual(first.scores);
  });

  test('options: ratio, neighbors, logarithm, threshold', async () => {
    const options = { rng: Rng.fromSeed(0), simDoubletRatio: 1, nNeighbors: 5, threshold: 0.3 };
    const found = await doubletScores(counts, { ...options, logTransform: true });
    expect(found.simulatedScores).toHaveLength(counts.nRows);
    expect(found.threshold).toBe(0.3);
    // k = 10 neighbors, so there are 11 possible scores.
    const possible = Array.from({ length: 11 }, (_, d) => doubletLikelihood(d, 10, 1, 0.05));
    for (const score of found.scores) {
      expect(possible.some((value) => Math.abs(value - score) < 1e-12)).toBe(true);
    }
  });

  test('cells with fewer than 3 genes have no score and are no doublets', async () => {
    const rows = counts.toDense();
    rows.row(5).fill(0);
    rows.row(5)[0] = 9;
    const { scores, predicted } = await doubletScores(rows, { rng: Rng.fromSeed(0) });
    expect(scores[5]).toBeNaN();
    expect(predicted[5]).toBe(0);
    expect(scores.filter((score) => Number.isNaN(score))).toHaveLength(1);
  });

  test('too little to compare, values that are no counts, and an abort', async () => {
    const rng = Rng.fromSeed(0);
    const few = doubletScores(counts.selectRows([0, 1, 2]), { rng });
    await expect(few).rejects.toThrow(/3 cells.*at least 4/);
    const negative = doubletScores(DenseMatrix.fromRows([[-1]]), { rng });
    await expect(negative).rejects.toThrow(DataError);
    const aborted = doubletScores(counts, { rng, signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

test('the likelihood is that of Bayes: even odds of neighbors give the expected rate', () => {
  // With as many simulated neighbors as their share r / (1 + r) tells, q = r / (1 + r), so that
  // q rho / r / (1 - rho - q (1 - rho - rho / r)) = rho.
  for (const [ratio, rate] of [
    [2, 0.05],
    [1, 0.2],
    [4, 0.01],
  ] as const) {
    const n = 1e9;
    const nSimulated = (n * ratio) / (1 + ratio);
    expect(doubletLikelihood(nSimulated, n, ratio, rate)).toBeCloseTo(rate, 6);
  }
  expect(doubletLikelihood(1e9, 1e9, 2, 0.05)).toBeCloseTo(1, 6);
});

describe('minimumThreshold', () => {
  test('the minimum between two modes', () => {
    const values = Float64Array.from({ length: 600 }, (_, i) =>
      i % 3 > 0
        ? 0.1 + 0.05 * Math.sin(i * 1.7) + 0.02 * Math.cos(i * 0.31)
        : 0.45 + 0.08 * Math.sin(i * 0.9) + 0.03 * Math.cos(i * 2.3),
    );
    // numpy.histogram(v, 256), scipy.ndimage.uniform_filter1d(h, 3) 464 times, in float64
    expect(minimumThreshold(values)).toBeCloseTo(0.2648317018319288, 10);
  });

  test('one mode, one value, no value: none', () => {
    // Sums of two uniform values have one mode.
    const sums = Float64Array.from({ length: 900 }, (_, i) => (i % 30) + Math.floor(i / 30));
    expect(minimumThreshold(sums)).toBeUndefined();
    expect(minimumThreshold(Float64Array.of(2, 2, 2))).toBeUndefined();
    expect(minimumThreshold(Float64Array.of())).toBeUndefined();
  });
});

describe('ScrubletTransform', () => {
  test('drops the doublets and writes the scores', async () => {
    const data = AnnData.fromMatrix(counts);
    const before = snapshot(data);
    const kept = await new ScrubletTransform({ nComponents: 4 }).apply(data, testContext());
    const kind = (name: string) => isDoublet(data.obsNames.indexOf(name));
    expect(kept.obsNames.filter(kind).length).toBeLessThanOrEqual(1);
    expect(kept.nObs).toBeGreaterThanOrEqual(3 * N_PER_TYPE - 4);
    const scrublet = kept.uns.get('scrublet') as Map<string, unknown>;
    expect(scrublet.get('n_doublets')).toBe(data.nObs - kept.nObs);
    const scores = kept.obsNames.map((_, i) =>
      Number(columnValue(kept.obs.get('doublet_score'), i)),
    );
    expect(Math.max(...scores)).toBeLessThanOrEqual(Number(scrublet.get('threshold')));
    expect(snapshot(data)).toEqual(before);
  });

  test('without two modes nothing is dropped, with a warning', async () => {
    const { messages, ...context } = testContext();
    // With all others as neighbors, all simulated doublets have the same score.
    const data = AnnData.fromMatrix(counts);
    const kept = await new ScrubletTransform({ nNeighbors: 10000 }).apply(data, context);
    expect(kept.nObs).toBe(data.nObs);
    expect(messages).toContainEqual(expect.stringMatching(/^warning: .*no two modes/));
  });

  test('many more doublets than expected are warned of, none left refused', async () => {
    const { messages, ...context } = testContext();
    const data = AnnData.fromMatrix(counts);
    const half = new ScrubletTransform({ threshold: 0.02, nComponents: 4 });
    const kept = await half.apply(data, context);
    expect(kept.nObs).toBeLessThan(0.8 * data.nObs);
    expect(messages).toContainEqual(expect.stringMatching(/^warning: .*far more than expected/));
    const all = new ScrubletTransform({ threshold: -1 });
    await expect(all.apply(data, context)).rejects.toThrow(/leaves no cell/);
    expect(() => new ScrubletTransform({ expectedDoubletRate: 1 })).toThrow(ParamError);
  });
});
