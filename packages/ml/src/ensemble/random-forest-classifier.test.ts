/*
 * Reference values of fixtures/trees.json: scikit-learn 1.2.1, NumPy 1.24.2 on 120 random rows of 6
 * features (rounded to 1/64) in classes of 60, 40 and 20. Trees are kept only where sixty seeds gave
 * the same one (no ties); forests have 2000 trees.
 */
import { describe, expect, test } from '@jest/globals';
import {
  AbortError,
  CsrMatrix,
  DataError,
  DenseMatrix,
  FormatError,
  NotFittedError,
  ParamError,
} from '@dance-ts/core';
import { expectClose } from '../testing/expect-close.js';
import { fixture, named } from '../testing/fixture.js';
import { goldenCases } from '../testing/golden.js';
import { RandomForestClassifier } from './random-forest-classifier.js';

interface ForestReference {
  proba: number[][];
  importances: number[];
}

interface Fixture {
  X: number[][];
  y: number[];
  sampleWeight: number[];
  XTest: number[][];
  yTest: number[];
  trees: (ForestReference & {
    kw: { max_depth?: number; min_samples_leaf?: number; min_samples_split?: number };
    classWeight: 'balanced' | null;
    weighted: boolean;
    nodes: number;
  })[];
  forest: ForestReference & { accuracy: number };
  binaryForest: ForestReference;
}

const REFERENCE = fixture('trees') as Fixture;
const X = DenseMatrix.fromRows(REFERENCE.X);
const Y = Int32Array.from(REFERENCE.y);
const X_TEST = DenseMatrix.fromRows(REFERENCE.XTest);
const asBinary = (matrix: DenseMatrix) => matrix.mapData((value) => (value > 0.3 ? 1 : 0));
const ONE_TREE = { nEstimators: 1, bootstrap: false, maxFeatures: 'all' } as const;

function meanDifference(actual: ArrayLike<number>, expected: readonly number[]): number {
  const sum = expected.reduce((total, value, e) => total + Math.abs(actual[e]! - value), 0);
  return sum / expected.length;
}

describe('RandomForestClassifier', () => {
  test.each(REFERENCE.trees)(
    'one tree on all rows, $kw, $classWeight, sample weights $weighted: as scikit-learn',
    async ({ kw, classWeight, weighted, nodes, proba, importances }) => {
      const model = new RandomForestClassifier({
        ...ONE_TREE,
        classWeight,
        maxDepth: kw.max_depth ?? null,
        minSamplesLeaf: kw.min_samples_leaf ?? 1,
        minSamplesSplit: kw.min_samples_split ?? 2,
      });
      const sampleWeight = weighted ? REFERENCE.sampleWeight : undefined;
      await model.fit(X, Y, { sampleWeight });
      // scikit-learn may split a pure node whose impurity was rounded to something above 0.
      expect(model.trees[0]!.feature.length).toBeLessThanOrEqual(nodes);
      expect(model.trees[0]!.feature.length).toBeGreaterThanOrEqual(nodes - 2);
      expectClose((await model.predictProba(X_TEST)).data, proba.flat(), 1e-6);
      expectClose(model.featureImportances, importances, 1e-6);
    },
  );

  test('the first split is the one of largest Gini gain', async () => {
    const cases = goldenCases('classifiers') as {
      name: string;
      X: number[][];
      y: number[];
      gini_root: number;
      gain: number;
      feature: number;
      threshold_midpoint: number;
    }[];
    const data = named(cases, 'logistic_multinomial_C0.7');
    const best = named(cases, 'best_gini_split');
    const model = new RandomForestClassifier({ ...ONE_TREE, maxDepth: 1 });
    await model.fit(DenseMatrix.fromRows(data.X), Int32Array.from(data.y));
    expect(model.trees[0]!.feature[0]).toBe(best.feature);
    expect(model.trees[0]!.threshold[0]).toBeCloseTo(best.threshold_midpoint, 6);
    const { left, right, shares } = model.trees[0]!;
    const gini = (node: number): number =>
      1 - shares.subarray(3 * node, 3 * node + 3).reduce((sum, share) => sum + share ** 2, 0);
    expect(gini(0)).toBeCloseTo(best.gini_root, 6);
    const below = data.X.filter((row) => row[best.feature]! <= best.threshold_midpoint).length;
    const leftShare = below / data.X.length;
    const after = leftShare * gini(left[0]!) + (1 - leftShare) * gini(right[0]!);
    expect(gini(0) - after).toBeCloseTo(best.gain, 6);
  });

  test('probabilities and importances of a large forest are those of scikit-learn', async () => {
    const model = new RandomForestClassifier({ nEstimators: 600, classWeight: 'balanced' });
    await model.fit(X, Y);
    const { proba, importances, accuracy } = REFERENCE.forest;
    const ours = await model.predictProba(X_TEST);
    // Noise of 600 and 2000 trees: 0.8 x sqrt(p (1 - p) (1/600 + 1/2000)), about 0.011.
    expect(meanDifference(ours.data, proba.flat())).toBeLessThan(0.015);
    expect(meanDifference(model.featureImportances, importances)).toBeLessThan(0.005);
    const predicted = await model.predict(X_TEST);
    const right = predicted.filter((code, i) => code === REFERENCE.yTest[i]).length;
    expect(Math.abs(right / predicted.length - accuracy)).toBeLessThan(0.05);
  });

  test('binary features, dense or sparse', async () => {
    const { proba, importances } = REFERENCE.binaryForest;
    const binary = asBinary(X);
    const model = await new RandomForestClassifier({ nEstimators: 600 }).fit(binary, Y);
    const ours = await model.predictProba(asBinary(X_TEST));
    expect(meanDifference(ours.data, proba.flat())).toBeLessThan(0.01);
    expect(meanDifference(model.featureImportances, importances)).toBeLessThan(0.005);
    const sparse = new RandomForestClassifier({ nEstimators: 600 });
    await sparse.fit(CsrMatrix.fromDense(binary), Y);
    const again = await sparse.predictProba(CsrMatrix.fromDense(asBinary(X_TEST)));
    expect(again).toEqual(ours);
  });

  test('stratified draws take equally many rows of every class', async () => {
    const model = new RandomForestClassifier({ nEstimators: 200, stratified: true });
    await model.fit(X, Y);
    for (const tree of model.trees) {
      expectClose(tree.shares.subarray(0, 3), [1 / 3, 1 / 3, 1 / 3], 1e-6);
    }
  });

  test('the seed decides, whatever else is drawn', async () => {
    const grow = (seed: number, nEstimators: number) =>
      new RandomForestClassifier({ seed, nEstimators }).fit(X, Y);
    const [first, longer, other] = [await grow(5, 3), await grow(5, 6), await grow(6, 3)];
    expect(longer.trees.slice(0, 3)).toEqual(first.trees);
    expect(other.trees).not.toEqual(first.trees);
  });

  test('constant features give leaves with the class shares; absent codes probability 0', async () => {
    const constant = X.mapData(() => 2);
    const gap = Y.map((code) => 2 * code);
    const options = { nEstimators: 2, bootstrap: false };
    const model = await new RandomForestClassifier(options).fit(constant, gap);
    const proba = await model.predictProba(constant.selectRows([0]));
    expectClose(proba.data, [60 / 120, 0, 40 / 120, 0, 20 / 120], 1e-6);
    expect([...(await model.predict(constant.selectRows([0])))]).toEqual([0]);
    expect(model.featureImportances.every((value) => value === 0)).toBe(true);
  });

  test('a saved state predicts the same; a damaged one is refused', async () => {
    const model = await new RandomForestClassifier({ nEstimators: 5, seed: 3 }).fit(X, Y);
    const state = model.toState();
    const copy = RandomForestClassifier.fromState(state);
    expect(copy.options).toEqual(model.options);
    expect(await copy.predictProba(X_TEST)).toEqual(await model.predictProba(X_TEST));
    const cyclic = {
      shape: [1],
      data: new Int32Array(state.tensors.get('left')?.data.length ?? 0),
    };
    const damaged = { ...state, tensors: new Map([...state.tensors, ['left', cyclic] as const]) };
    expect(() => RandomForestClassifier.fromState(damaged)).toThrow(FormatError);
  });

  test('wrong options and data are refused', async () => {
    expect(() => new RandomForestClassifier({ nEstimators: 0 })).toThrow(ParamError);
    expect(() => new RandomForestClassifier({ maxFeatures: 1.5 })).toThrow(ParamError);
    const model = new RandomForestClassifier({ nEstimators: 1 });
    await expect(model.predict(X)).rejects.toThrow(NotFittedError);
    await expect(model.fit(X, new Int32Array(120))).rejects.toThrow(/too few classes/);
    await expect(
      model.fit(
        X.mapData(() => NaN),
        Y,
      ),
    ).rejects.toThrow(DataError);
    await model.fit(X, Y);
    await expect(model.predict(X.selectColumns([0]))).rejects.toThrow(/other columns/);
    const signal = AbortSignal.abort();
    await expect(model.fit(X, Y, { signal })).rejects.toThrow(AbortError);
  });
});
