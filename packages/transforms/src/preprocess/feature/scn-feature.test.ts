import {
  AbortError,
  AnnData,
  categoricalFromStrings,
  CsrMatrix,
  DataError,
  DenseMatrix,
  ParamError,
  Rng,
} from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { bothKinds, randomCounts, rowsOf, snapshot, testContext } from '../../testing/data.js';
import { pairFeatures, pairNames, type GenePairs } from './pair-features.js';
import { SCN_FEATURE_KEY, SCNFeature } from './scn-feature.js';
import { topScoringPairs } from './top-scoring-pairs.js';

const context = testContext();
const listed = ({ first, second }: GenePairs): number[][] =>
  Array.from(first, (gene, p) => [gene, second[p]!]);

/** Pearson's coefficient by its definition. */
function pearson(x: readonly number[], y: readonly number[]): number {
  const mean = (v: readonly number[]): number =>
    v.reduce((sum, value) => sum + value, 0) / v.length;
  const [mx, my] = [mean(x), mean(y)];
  const product = mean(x.map((value, i) => (value - mx) * (y[i]! - my)));
  const spread = mean(x.map((value) => (value - mx) ** 2)) * mean(y.map((v) => (v - my) ** 2));
  return spread === 0 ? 0 : product / Math.sqrt(spread);
}

describe('pairs of genes', () => {
  // Gene 0 above gene 1 in class 0 only; gene 2 above gene 3 in class 1 only; gene 4 constant.
  const ROWS = [
    [3, 1, 1, 2, 1],
    [4, 2, 0, 1, 1],
    [5, 0, 1, 3, 1],
    [1, 3, 3, 2, 1],
    [2, 4, 4, 0, 1],
    [0, 5, 2, 1, 1],
  ];
  const CODES = Int32Array.of(0, 0, 0, 1, 1, 1);

  test.each(bothKinds(ROWS))('a planted pair is found for its class, %s', async (_, { X }) => {
    const pairs = await topScoringPairs(X, CODES, 2, { numTopGenePairs: 1 });
    expect(listed(pairs)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    const features = await pairFeatures(X, pairs);
    expect(rowsOf(features).map((row) => row[0])).toEqual([1, 1, 1, 0, 0, 0]);
    expect(features.shape).toEqual([6, 2]);
    expect(pairNames(pairs, ['A', 'B', 'C', 'D', 'E'])).toEqual(['A&B', 'C&D']);
  });

  test('a gene is used at most maxGenePerCt times', async () => {
    const X = DenseMatrix.fromRows(ROWS);
    const warnings: string[] = [];
    const reporter = {
      progress: () => undefined,
      message: (_: string, text: string) => void warnings.push(text),
    };
    const pairs = await topScoringPairs(X, CODES, 2, { maxGenePerCt: 1, reporter });
    const ofFive = listed(pairs).flat();
    // Two pairs of five genes for either class.
    for (let gene = 0; gene < 5; gene++) {
      expect(ofFive.filter((used) => used === gene).length).toBeLessThanOrEqual(2);
    }
    expect(pairs.first.length).toBeLessThanOrEqual(4);
    expect(warnings).toEqual([
      expect.stringMatching(/fewer than 25 gene pairs for 2 of 2 classes/),
    ]);
  });

  test.each(['dense', 'csr'])(
    'the choice agrees with correlations by definition, %s',
    async (kind) => {
      const counts = randomCounts(60, 24, 3);
      const X = kind === 'csr' ? counts : counts.toDense();
      const rng = Rng.fromSeed(5);
      const codes = Int32Array.from({ length: 60 }, () => rng.int(3));
      const options = { numTopGenes: 4, numTopGenePairs: 6, maxGenePerCt: 2, alpha1: 0.1, mu: 1.5 };
      const columns = rowsOf(counts.transpose());
      const expressed = [...columns.keys()].filter((gene) => {
        const positive = columns[gene]!.filter((value) => value > 0);
        const mean = positive.reduce((sum, value) => sum + value, 0) / positive.length;
        const share = positive.length / 60;
        return share > 0.1 || (share > 0.001 && mean > 1.5);
      });
      const expected = new Set<string>();
      for (let own = 0; own < 3; own++) {
        const member = Array.from(codes, (code) => (code === own ? 1 : 0));
        const scores = columns.map((column) => pearson(column, member));
        const ranked = [...expressed].sort((a, b) => scores[b]! - scores[a]!);
        const genes = [...new Set([...ranked.slice(0, 4), ...ranked.slice(-4)])].sort(
          (a, b) => a - b,
        );
        const pairs = genes.flatMap((a, i) => genes.slice(i + 1).map((b) => [a, b] as const));
        const merit = new Map<string, number>(
          pairs.map(([a, b]) => {
            const above = columns[a]!.map((value, i) => (value > columns[b]![i]! ? 1 : 0));
            return [`${a},${b}`, pearson(above, member)];
          }),
        );
        const meritOf = (pair: readonly number[]): number => merit.get(pair.join()) ?? NaN;
        const taken: (readonly [number, number])[] = [];
        for (const pair of [...pairs].sort((p, q) => meritOf(q) - meritOf(p))) {
          const isFull = (gene: number): boolean =>
            taken.filter((used) => used.includes(gene)).length === 2;
          if (taken.length < 6 && !pair.some(isFull)) taken.push(pair);
        }
        for (const pair of taken) expected.add(pair.join());
      }
      const pairs = listed(await topScoringPairs(X, codes, 3, options)).map((pair) => pair.join());
      expect(new Set(pairs)).toEqual(expected);
      expect(pairs.length).toBe(expected.size);
    },
  );

  test('the order in a cell decides, not its scale', async () => {
    const pairs = { first: Int32Array.of(0, 2, 3), second: Int32Array.of(1, 4, 4) };
    const counts = CsrMatrix.fromDense(DenseMatrix.fromRows(ROWS));
    const logged = counts.scaleRows([1, 10, 3, 0.5, 7, 2]).mapData(Math.log1p);
    expect(await pairFeatures(logged, pairs)).toEqual(await pairFeatures(counts, pairs));
    await expect(pairFeatures(counts.selectColumns([0, 1, 2, 3]), pairs)).rejects.toThrow(
      DataError,
    );
  });

  test('data without expressed genes are refused; stops when asked to', async () => {
    const empty = DenseMatrix.zeros(6, 5);
    await expect(topScoringPairs(empty, CODES, 2)).rejects.toThrow(DataError);
    const signal = AbortSignal.abort();
    const X = DenseMatrix.fromRows(ROWS);
    await expect(topScoringPairs(X, CODES, 2, { signal })).rejects.toThrow(AbortError);
  });
});

describe('SCNFeature', () => {
  function labelled(): AnnData {
    const data = AnnData.fromMatrix(randomCounts(40, 12));
    const names = Array.from({ length: 40 }, (_, i) => (i === 7 ? null : ['b', 'a', 'c'][i % 3]!));
    data.obs.set('cell_type', categoricalFromStrings(names));
    return data;
  }

  test('all cells get features, chosen on the training cells', async () => {
    const data = labelled();
    data.splits = {
      train: Int32Array.from({ length: 30 }, (_, i) => i),
      val: Int32Array.of(),
      test: Int32Array.of(35),
    };
    data.channels = { label: { slot: 'obs', key: 'cell_type' } };
    const before = snapshot(data);
    const result = await new SCNFeature({ numTopGenePairs: 5 }).apply(data, context);
    expect(snapshot(data)).toEqual(before);
    const trained = Int32Array.from({ length: 30 }, (_, i) => i).filter((i) => i !== 7);
    const { codes } = data.labels('cell_type');
    const pairs = await topScoringPairs(
      data.X.selectRows(trained),
      Int32Array.from(trained, (i) => codes[i]!),
      3,
      { numTopGenePairs: 5 },
    );
    const stored = result.uns.get(SCN_FEATURE_KEY);
    expect(stored).toEqual(
      new Map<string, unknown>([
        ['first', pairs.first],
        ['second', pairs.second],
        ['names', pairNames(pairs, data.varNames)],
      ]),
    );
    expect(result.obsm.get(SCN_FEATURE_KEY)).toEqual(await pairFeatures(data.X, pairs));
  });

  test('labels must be named and have two classes', async () => {
    const data = labelled();
    await expect(new SCNFeature().apply(data, context)).rejects.toThrow(ParamError);
    data.obs.set('one', categoricalFromStrings(Array<string>(40).fill('x')));
    await expect(new SCNFeature({ labelKey: 'one' }).apply(data, context)).rejects.toThrow(
      DataError,
    );
    const ok = await new SCNFeature({ labelKey: 'cell_type' }).apply(data, context);
    expect(ok.obsm.has(SCN_FEATURE_KEY)).toBe(true);
    expect(() => new SCNFeature({ numTopGenes: 0 })).toThrow(ParamError);
  });
});
