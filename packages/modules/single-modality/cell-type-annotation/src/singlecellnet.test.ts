import {
  AbortError,
  AnnData,
  categoricalFromStrings,
  CsrMatrix,
  DenseMatrix,
  MemoryStore,
  NotFittedError,
  ParamError,
  Rng,
  silentReporter,
} from '@dance-ts/core';
import { simulateSingleCell } from '@dance-ts/datasets';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { SingleCellNet } from './singlecellnet.js';

const RUN = { reporter: silentReporter };
const LABELS = { labelKey: 'cell_type', ...RUN };

/** Genes A, B, C, D: type x has A > B, type y has B > A; C and D tell nothing. */
function planted(nCells: number, seed: number): AnnData {
  const rng = Rng.fromSeed(seed);
  const X = DenseMatrix.zeros(nCells, 4);
  const names = Array.from({ length: nCells }, (_, i) => {
    const isX = i % 3 === 0;
    X.row(i).set([
      rng.poisson(isX ? 9 : 1),
      rng.poisson(isX ? 1 : 9),
      rng.poisson(3),
      rng.poisson(3),
    ]);
    return isX ? 'x' : 'y';
  });
  const data = AnnData.fromMatrix(CsrMatrix.fromDense(X), { varNames: ['A', 'B', 'C', 'D'] });
  data.obs.set('cell_type', categoricalFromStrings(names));
  return data;
}

let reference: AnnData;
let query: AnnData;
let model: SingleCellNet;

beforeAll(async () => {
  const data = await simulateSingleCell({
    nCells: 240,
    nGenes: 120,
    groupProbabilities: [0.4, 0.35, 0.25],
    deProbability: 0.3,
    deFacLoc: 1,
    libLoc: 7,
    seed: 4,
  });
  const rows = Int32Array.from({ length: 240 }, (_, i) => i);
  reference = data.subset({ obs: rows.filter((i) => i < 160) });
  query = data.subset({ obs: rows.filter((i) => i >= 160) });
  model = new SingleCellNet({ numTrees: 40, seed: 1 });
  await model.preprocess(reference, RUN);
  await model.fit(reference, LABELS);
});

describe('SingleCellNet', () => {
  test('tells simulated types apart', async () => {
    expect(await model.score(query, { truth: 'cell_type', ...RUN })).toBeGreaterThan(0.9);
    const probabilities = await model.predictProba(query, RUN);
    expect(probabilities.shape).toEqual([80, 3]);
    for (const sum of probabilities.rowSums()) {
      expect(sum).toBeGreaterThan(0);
      expect(sum).toBeLessThanOrEqual(1 + 1e-6);
    }
  });

  test('depth and normalization of the query do not matter', async () => {
    const expected = await model.predict(query, RUN);
    const rng = Rng.fromSeed(1);
    const factors = Float32Array.from({ length: 80 }, () => 1 + rng.int(50));
    const deeper = query.view();
    deeper.X = query.X.scaleRows(factors);
    expect(await model.predict(deeper, RUN)).toEqual(expected);
  });

  test('the pair that decides is the most important one', async () => {
    const data = planted(90, 2);
    const small = new SingleCellNet({ numTrees: 60 });
    await small.preprocess(data, RUN);
    await small.fit(data, LABELS);
    const [first] = small.genePairs;
    expect(first?.name).toBe('A&B');
    expect(small.genePairs.reduce((sum, pair) => sum + pair.importance, 0)).toBeCloseTo(1, 10);
    expect(await small.score(planted(60, 3), { truth: 'cell_type', ...RUN })).toBeGreaterThan(0.9);
  });

  test('cells without structure are left unassigned', async () => {
    // Every gene at the same level: each pair is a coin toss, which no type shows.
    const rng = Rng.fromSeed(9);
    const X = DenseMatrix.zeros(60, 120).mapData(() => rng.poisson(20));
    const noise = AnnData.fromMatrix(X, { varNames: reference.varNames });
    const declined = (labels: (string | null)[]): number =>
      labels.filter((label) => label === null).length / labels.length;
    expect(declined(await model.predict(noise, RUN))).toBeGreaterThan(0.5);
    expect(declined(await model.predict(query, RUN))).toBeLessThan(0.05);
  });

  test('classes can be drawn alike, weighed alike, or taken as they come', async () => {
    // A rare type in a noisy reference: recall of it under each rule.
    const rare = Int32Array.from({ length: 160 }, (_, i) => i).filter((i) => {
      return reference.labels('cell_type').codes[i] !== 2 || i % 8 === 0;
    });
    const few = reference.subset({ obs: rare });
    const recall: number[] = [];
    for (const stratify of ['draw', 'weigh', 'none'] as const) {
      const own = new SingleCellNet({ numTrees: 40 });
      await own.preprocess(few, RUN);
      await own.fit(few, { stratify, ...LABELS });
      const { classes } = await own.report(query, { truth: 'cell_type', ...RUN });
      recall.push(classes.find(({ label }) => label === 'Group3')?.recall ?? NaN);
    }
    const [drawn = NaN, weighed = NaN, asTheyCome = NaN] = recall;
    expect(drawn).toBeGreaterThan(asTheyCome);
    expect(drawn).toBeGreaterThan(0.8);
    expect(weighed).toBeGreaterThan(0);
  });

  test('without shuffled profiles nothing is declined', async () => {
    const plain = new SingleCellNet({ numTrees: 10 });
    await plain.preprocess(reference, RUN);
    await plain.fit(reference, { numRand: 0, ...LABELS });
    expect(await plain.predict(query, RUN)).not.toContain(null);
    for (const sum of (await plain.predictProba(query, RUN)).rowSums()) {
      expect(sum).toBeCloseTo(1, 5);
    }
  });

  test('saved, loaded and seeded alike', async () => {
    const store = new MemoryStore();
    await model.save(store);
    const loaded = await SingleCellNet.load(store);
    const expected = await model.predictProba(query, RUN);
    expect(await loaded.predictProba(query, RUN)).toEqual(expected);
    expect(loaded.genePairs).toEqual(model.genePairs);
    const other = new SingleCellNet({ numTrees: 40, seed: 2 });
    await other.preprocess(reference, RUN);
    await other.fit(reference, LABELS);
    expect(await other.predictProba(query, RUN)).not.toEqual(expected);
  });

  test('refuses wrong parameters, stops when asked to, needs fit', async () => {
    expect(() => new SingleCellNet({ numTrees: 0 })).toThrow(ParamError);
    const fresh = new SingleCellNet();
    expect(() => fresh.genePairs).toThrow(NotFittedError);
    await fresh.preprocess(reference, RUN);
    const signal = AbortSignal.abort();
    await expect(fresh.fit(reference, { ...LABELS, signal })).rejects.toThrow(AbortError);
    const { labelKey } = LABELS;
    await expect(fresh.fit(reference, { labelKey, numRand: -1 })).rejects.toThrow(ParamError);
  });
});
