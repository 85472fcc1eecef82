import { AnnData, DataError, DenseMatrix, ParamError } from '@dance-ts/core';
import { describe, expect, test } from '@jest/globals';
import { Compose } from '../../compose.js';
import { bothKinds, randomCounts, rowsOf, snapshot, testContext } from '../../testing/data.js';
import { goldenCase, readGolden, type GoldenRows } from '../../testing/golden.js';
import { expectMatrixClose } from '../../testing/matchers.js';
import { CLR } from './clr.js';
import { Log1P } from './log1p.js';
import { NormalizePlaceHolder } from './normalize-placeholder.js';
import { NormalizeTotalLog1P } from './normalize-total-log1p.js';
import { NormalizeTotal } from './normalize-total.js';
import { logTfidf, smoothTfidf } from './tfidf.js';
import { TfidfTransform } from './tfidf-transform.js';

interface CountsCase {
  readonly name: string;
  readonly X: readonly number[][];
  readonly clr_seurat_log1p: GoldenRows;
  readonly log1p_of_median_normalised: GoldenRows;
  readonly log2_1p_of_1e4: GoldenRows;
}

interface TfidfCase {
  readonly name: string;
  readonly X: readonly number[][];
  readonly tfidf: GoldenRows;
  readonly l1_log1p_1e4: GoldenRows;
}

const counts = goldenCase((readGolden('preprocess') as { cases: CountsCase[] }).cases, 'counts');
const lsi = goldenCase(
  (readGolden('tfidf_lsi') as { cases: TfidfCase[] }).cases,
  'lsi_neurips_style',
);
const context = testContext();
const FLOAT32 = 1e-6;

test.each(bothKinds(lsi.X))('golden tf-idf, %s', async (kind, data) => {
  const { X } = await new TfidfTransform().apply(data, context);
  expectMatrixClose(X, lsi.tfidf, FLOAT32);
  expect(X.kind).toBe(kind === 'sparse' ? 'csr' : 'dense');
});

test.each(bothKinds(lsi.X))('golden tf-idf of Signac and of scikit-learn, %s', (_, { X }) => {
  const { cases } = readGolden('tfidf_lsi') as { cases: { name: string; value: GoldenRows }[] };
  const [ofSignac, ofSklearn] = [logTfidf(X), smoothTfidf(X)];
  expectMatrixClose(ofSignac, goldenCase(cases, 'signac_log_tf_idf').value, FLOAT32);
  expectMatrixClose(ofSklearn, goldenCase(cases, 'sklearn_smooth_l2').value, FLOAT32);
  expect([ofSignac.kind, ofSklearn.kind]).toEqual([X.kind, X.kind]);
});

test('tf-idf leaves rows and columns without counts at zero, and refuses what are no counts', () => {
  for (const [, { X }] of bothKinds([
    [0, 0, 0],
    [2, 0, 1],
  ])) {
    for (const found of [logTfidf(X), smoothTfidf(X)]) {
      expect(rowsOf(found).map((row) => row.map((value) => value > 0))).toEqual([
        [false, false, false],
        [true, false, true],
      ]);
    }
  }
  const negative = DenseMatrix.fromRows([[1, -1]]);
  expect(() => logTfidf(negative)).toThrow(DataError);
  expect(() => smoothTfidf(negative)).toThrow(DataError);
});

test.each(bothKinds(lsi.X))('golden logarithms of normalized tf-idf, %s', async (_, data) => {
  const normalize = new NormalizeTotal({ targetSum: 1e4 });
  const steps = new Compose([new TfidfTransform(), normalize, new Log1P()]);
  const { X } = await steps.apply(data, context);
  expectMatrixClose(X, lsi.l1_log1p_1e4, FLOAT32);
});

describe.each(bothKinds(counts.X))('centered log ratios, %s', (kind, data) => {
  test('golden values per cell', async () => {
    const { X } = await new CLR().apply(data, context);
    expectMatrixClose(X, counts.clr_seurat_log1p, FLOAT32);
    expect(X.kind).toBe(kind === 'sparse' ? 'csr' : 'dense');
  });

  test('per feature: those per cell of the transpose', async () => {
    const { X } = await new CLR({ per: 'feature' }).apply(data, context);
    const turned = AnnData.fromMatrix(data.X.transpose());
    const expected = (await new CLR().apply(turned, context)).X.transpose();
    expectMatrixClose(X, rowsOf(expected), FLOAT32);
    expect(X.kind).toBe(kind === 'sparse' ? 'csr' : 'dense');
  });
});

test.each(
  bothKinds([
    [1, 4, 0],
    [0, 0, 0],
  ]),
)('ratios to counts above 0, %s', async (_, data) => {
  const { X } = await new CLR({ variant: 'nonzero' }).apply(data, context);
  // The geometric mean of 1 and 4 is 2.
  expectMatrixClose(
    X,
    [
      [Math.log(1.5), Math.log(3), 0],
      [0, 0, 0],
    ],
    FLOAT32,
  );
});

describe('highly expressed genes', () => {
  // Gene 0 is 80 of the 100 counts of cell 0; without it, cells have 20 and 30 counts.
  const rows = [
    [80, 10, 10],
    [0, 10, 20],
  ];

  test.each(bothKinds(rows))('do not count in the sums but are scaled, %s', async (kind, data) => {
    const step = new NormalizeTotal({
      excludeHighlyExpressed: true,
      maxFraction: 0.7,
      targetSum: 60,
    });
    const { X } = await step.apply(data, context);
    expectMatrixClose(
      X,
      [
        [240, 30, 30],
        [0, 20, 40],
      ],
      FLOAT32,
    );
    expect(X.kind).toBe(kind === 'sparse' ? 'csr' : 'dense');
    const toMedian = new NormalizeTotal({ maxFraction: 0.7 });
    expectMatrixClose(
      (await toMedian.apply(data, context)).X,
      [
        [100, 12.5, 12.5],
        [0, 25 / 3, 50 / 3],
      ],
      FLOAT32,
    );
  });

  test('a cell that has nothing else is left as it is', async () => {
    const data = AnnData.fromMatrix(
      DenseMatrix.fromRows([
        [5, 0],
        [1, 9],
      ]),
    );
    const step = new NormalizeTotal({
      excludeHighlyExpressed: true,
      maxFraction: 0.95,
      targetSum: 3,
    });
    expectMatrixClose(
      (await step.apply(data, context)).X,
      [
        [5, 0],
        [1 / 3, 3],
      ],
      FLOAT32,
    );
  });

  test('5 % is the share if none is given, and none are excluded if nothing is said', async () => {
    const data = AnnData.fromMatrix(DenseMatrix.fromRows(rows));
    const step = new NormalizeTotal({ excludeHighlyExpressed: true, targetSum: 60 });
    expect((await step.apply(data, context)).X).toEqual(data.X);
    const plain = await new NormalizeTotal({ targetSum: 60 }).apply(data, context);
    const off = new NormalizeTotal({
      excludeHighlyExpressed: false,
      maxFraction: 0.7,
      targetSum: 60,
    });
    expect((await off.apply(data, context)).X).toEqual(plain.X);
  });

  test('nothing is excluded at a share of 1: golden logarithms', async () => {
    const data = AnnData.fromMatrix(DenseMatrix.fromRows(counts.X));
    const natural = await new NormalizeTotalLog1P({ maxFraction: 1 }).apply(data, context);
    expectMatrixClose(natural.X, counts.log1p_of_median_normalised, FLOAT32);
    const step = new NormalizeTotalLog1P({ maxFraction: 1, targetSum: 1e4, base: 2 });
    const binary = await step.apply(data, context);
    expectMatrixClose(binary.X, counts.log2_1p_of_1e4, FLOAT32);
    expect(binary.uns.get('log1p')).toEqual(new Map([['base', 2]]));
  });

  test('NormalizeTotalLog1P is its two steps', async () => {
    const data = AnnData.fromMatrix(randomCounts(20, 10));
    const total = new NormalizeTotal({ excludeHighlyExpressed: true, maxFraction: 0.2 });
    const steps = await new Log1P().apply(await total.apply(data, context), context);
    const both = await new NormalizeTotalLog1P({ maxFraction: 0.2 }).apply(data, context);
    expect(both.X).toEqual(steps.X);
    const plain = await new NormalizeTotalLog1P({ maxFraction: 1 }).apply(data, context);
    expect(both.X).not.toEqual(plain.X);
  });
});

describe.each([
  new TfidfTransform(),
  new CLR(),
  new CLR({ per: 'feature' }),
  new CLR({ variant: 'nonzero' }),
  new NormalizeTotalLog1P(),
  new NormalizePlaceHolder(),
])('$name $params', (transform) => {
  test('leaves its input as it was, and cells and genes without counts at zero', async () => {
    const rows = [
      [0, 0, 0],
      [3, 0, 1],
    ];
    const data = AnnData.fromMatrix(DenseMatrix.fromRows(rows));
    const before = snapshot(data);
    const { X } = await transform.apply(data, context);
    expect(snapshot(data)).toEqual(before);
    expect(rowsOf(X)[0]).toEqual([0, 0, 0]);
    expect(rowsOf(X)[1]![1]).toBe(0);
    expect(rowsOf(X)[1]![0]).toBeGreaterThan(0);
  });
});

test('values that are no counts and parameters that do not fit are refused', async () => {
  const negative = AnnData.fromMatrix(DenseMatrix.fromRows([[-1]]));
  for (const step of [new TfidfTransform(), new CLR(), new NormalizeTotalLog1P()]) {
    await expect(step.apply(negative, context)).rejects.toThrow(DataError);
  }
  expect(() => new CLR({ per: 'feature', variant: 'nonzero' })).toThrow(ParamError);
  expect(() => new TfidfTransform({ log: true })).toThrow(ParamError);
});
