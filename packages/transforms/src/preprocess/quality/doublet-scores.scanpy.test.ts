import { CsrMatrix, Rng } from '@dance-ts/core';
import { expect, test } from '@jest/globals';
import { readGolden } from '../../testing/golden.js';
import { expectClose } from '../../testing/matchers.js';
import { doubletLikelihood, doubletScoresOfPairs } from './doublet-scores.js';

/*
 * Expected: sc.pp.scrublet(n_prin_comps=8, expected_doublet_rate=0.1) of scanpy 1.10.4, from
 * tests/golden/scanpy_tools.json, with the pairs it drew; the header of packages/analysis/scripts/
 * make-scanpy-reference.py tells how the values were made. scanpy counts a cell among its own k neighbors;
 * the authors' Scrublet does not, and neither does the second set of values, in which the neighbors come
 * from scikit-learn as they do there.
 */
interface Scores {
  readonly score: readonly number[];
  readonly simulated: readonly number[];
  readonly threshold: number;
  readonly predicted: readonly number[];
}
const reference = readGolden('scanpy_tools') as {
  counts: { shape: [number, number]; indptr: number[]; indices: number[]; data: number[] };
  doublets: {
    n_components: number;
    expected_rate: number;
    parents: [number, number][];
    scanpy: Scores;
    without_self: Scores;
  };
};
const { counts, doublets } = reference;
const X = new CsrMatrix(
  ...counts.shape,
  Int32Array.from(counts.indptr),
  Int32Array.from(counts.indices),
  Float32Array.from(counts.data),
);
const found = await doubletScoresOfPairs(
  X,
  {
    rng: Rng.fromSeed(0),
    nComponents: doublets.n_components,
    expectedDoubletRate: doublets.expected_rate,
  },
  () => ({
    first: Int32Array.from(doublets.parents, ([first]) => first),
    second: Int32Array.from(doublets.parents, ([, second]) => second),
  }),
);

test('scores, threshold and calls equal those of Scrublet', () => {
  const { score, simulated, threshold, predicted } = doublets.without_self;
  expectClose(found.scores, score, 1e-12);
  expectClose(found.simulatedScores, simulated, 1e-12);
  expect(found.threshold).toBeCloseTo(threshold, 12);
  expect(Array.from(found.predicted)).toEqual(predicted);
  expect(predicted).toContain(1);
});

test("scanpy's own differ by the cell itself, which takes the place of the last neighbor", () => {
  const nCells = counts.shape[0];
  const ratio = doublets.parents.length / nCells;
  const k = Math.round(Math.round(0.5 * Math.sqrt(nCells)) * (1 + ratio));
  const likelihoods = Array.from({ length: k + 1 }, (_, d) =>
    doubletLikelihood(d, k, ratio, doublets.expected_rate),
  );
  const nSimulated = (score: number): number => {
    const d = likelihoods.findIndex((likelihood) => Math.abs(likelihood - score) < 1e-12);
    expect(d).toBeGreaterThanOrEqual(0);
    return d;
  };
  const { scanpy } = doublets;
  const gained = (theirs: number, ours: number): number => nSimulated(theirs) - nSimulated(ours);
  // A cell is none of the simulated; it may displace one. A simulated doublet may displace a cell.
  scanpy.score.forEach((score, i) => {
    expect([-1, 0]).toContain(gained(score, found.scores[i]!));
  });
  scanpy.simulated.forEach((score, i) => {
    expect([0, 1]).toContain(gained(score, found.simulatedScores[i]!));
  });
});
